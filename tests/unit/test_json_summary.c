/* SPDX-License-Identifier: BSD-2-Clause */
/* json_report: summaries and what is at its limit as JSON Lines, against the schema. */
#include "json_fixture.h"

static void a_summary(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct summary summary = {
		.now_ns = 160 * SECOND,
		.started_ns = 100 * SECOND,
		.wall_offset_ns = BOOT_TO_WALL,
		.sweeps = 60,
		.sweep_counts = { .full_sweeps = 2,
				  .looks = 7,
				  .half_closed = 1,
				  .was_connected = 2 },
		.sweep_ns = 12345678,
		.kernel_bytes = 40890368,
		.pending = 40,
		.max_sockets = 32768,
		.leaks = { .sites = 2, .leaking = 1, .open = 31, .total = 40, .held_back = 3 },
		.unwanted = 1U << CLASS_WAS_CONNECTED,
		.leaks_not_accounted = 5,
		.hooks = "tracepoint",
	};
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);

	(void)state;
	summary.leaks.resolved[END_CLOSED] = 6;
	summary.leaks.resolved[END_EXITED] = 3;
	summary.counters[COUNTER_SOCKET_EXIT] = 1234;
	summary.counters[COUNTER_MAP_FULL] = 7;
	json_summary(&out, leaks, &summary, 10);
	leaks__free(leaks);
	assert_has(&out,
		   "{\"type\":\"summary\",\"mode\":\"trace\",\"run\":null,\"history_pid\":null,"
		   "\"nothing_watched\":false,"
		   "\"time\":\"2026-09-21T14:16:00.000Z\","
		   "\"duration_s\":60,\"sites\":2,\"leaking_sites\":1,\"open\":31,"
		   "\"total\":40,\"resolved\":{\"closed\":6,\"used\":0,\"exited\":3,"
		   "\"reclassified\":0},"
		   "\"held_back\":3,\"half_closed\":null,\"was_connected\":2,"
		   "\"leaking\":[],\"holding\":[],\"ways\":[],"
		   "\"at_limit\":[],"
		   "\"host_files\":null,\"climbing\":[],\"processes\":null,"
		   "\"ended_sites\":0,\"ended\":[],\"suppressed\":null,"
		   "\"sweeps\":60,\"sweeps_failed\":0,"
		   "\"full_sweeps\":2,\"processes_swept\":7,"
		   "\"last_sweep_s\":0.012,\"pending\":40,\"max_sockets\":32768,\"tables\":[],"
		   "\"kernel_memory_bytes\":40890368,"
		   "\"hooks\":\"tracepoint\",\"hooks_why\":null,"
		   "\"hints\":null,\"debuginfod\":null,"
		   "\"counters\":{");
	assert_has(&out, "\"socket\":1234,");
	assert_has(&out, "\"dropped\":{\"map_full\":7,");
	assert_has(&out, "\"leaks_not_accounted\":5,\"events_waiting\":0,");
	assert_valid(&out);
}

/* A process that leaks, and when it will have no descriptor left. */
static void a_forecast(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, unknown = TEXT_INIT, later = TEXT_INIT;
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct summary summary = { .wall_offset_ns = BOOT_TO_WALL };
	struct event event = story_leak().event;
	struct site *const *sites;
	double per_minute = 0;

	(void)state;
	for (__u64 second = 100; second < 110; second++) {
		event.socket.inode = event.socket.since_ns = second * SECOND;
		assert_int_equal(leaks__apply(leaks, &event, owner, NULL), 0);
		leaks__tick(leaks, second * SECOND);
	}
	summary.now_ns = 110 * SECOND;
	summary.leaks = leaks__totals(leaks);
	assert_int_equal(leaks__sites(leaks, &sites), 1);
	json_summary(&out, leaks, &summary, 10);
	assert_has(&out, "\"leaking\":[],"); /* nobody has looked at its descriptors */
	sites[0]->processes->forecast = (struct forecast){
		.looked_ns = 110 * SECOND,
		.fds_open = 24,
		.fds_limit = 1024,
	};
	json_summary(&unknown, leaks, &summary, 10);
	assert_has(&unknown, "\"open\":10,\"per_minute\":null,\"fds_open\":24,"
			     "\"fds_limit\":1024,\"emfile_in_s\":null}],");
	assert_valid(&unknown);
	assert_true(leaks__process_rate(leaks, 4242, &per_minute));
	sites[0]->processes->forecast.rate_known = true;
	sites[0]->processes->forecast.per_minute = per_minute;
	json_summary(&later, leaks, &summary, 10);
	assert_has(&later, "\"leaking\":[{\"pid\":4242,\"comm\":\"delayed_job\","
			   "\"name\":\"delayed_job\",\"site\":null,"
			   "\"open\":10,\"per_minute\":60,\"fds_open\":24,\"fds_limit\":1024,"
			   "\"emfile_in_s\":1000}],");
	assert_valid(&later);
	leaks__free(leaks);
	owner_unref(owner);
}

/* A process that leaked, and crashed with its sockets. */
static void what_has_ended(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, strdup("delayed_job.service"));
	struct summary summary = { .now_ns = 110 * SECOND, .wall_offset_ns = BOOT_TO_WALL };
	struct event event = story_leak().event;
	struct stack *stack = story_stack();

	(void)state;
	for (__u64 second = 100; second < 103; second++) {
		event.socket.inode = event.socket.since_ns = second * SECOND;
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	}
	event.kind = EVENT_ENDED;
	event.reason = END_EXITED;
	event.now_ns = 108 * SECOND;
	for (__u64 second = 100; second < 103; second++) {
		event.socket.inode = event.socket.since_ns = second * SECOND;
		assert_int_equal(leaks__apply(leaks, &event, NULL, NULL), 0);
	}
	summary.leaks = leaks__totals(leaks);
	json_summary(&out, leaks, &summary, 10);
	assert_has(&out,
		   "\"open\":0,\"total\":3,\"resolved\":{\"closed\":0,\"used\":0,\"exited\":3,");
	assert_has(
		&out,
		"\"leaking\":[],\"holding\":[],\"ways\":[],\"at_limit\":[],\"host_files\":null,"
		"\"climbing\":[],\"processes\":null,\"ended_sites\":1,\"ended\":[{\"comm\":"
		"\"delayed_job\",\"name\":\"delayed_job\","
		"\"site\":\"00ab54a98ceb1f0a\",\"sockets\":3,\"processes\":1,"
		"\"pid\":4242,\"class\":\"probed\","
		"\"first_created\":\"2026-09-21T14:15:00.000Z\","
		"\"ended\":\"2026-09-21T14:15:08.000Z\","
		"\"unit\":\"delayed_job.service\",\"machine\":null,\"container\":null,\"pod\":null,"
		"\"culprit\":{\"function\":\"__socket\",");
	assert_has(&out,
		   "\"stack\":[{\"kind\":\"native\",\"language\":null,\"pc\":\"0x7f3a5c10ab17\",");
	assert_has(&out, "\"stack_source\":\"fp\",\"stack_truncated\":false,"
			 "\"stack_end\":null,\"unnamed_jit\":null}],\"suppressed\":");
	assert_valid(&out);
	text_clear(&out);
	json_summary(&out, leaks, &summary, 0); /* --top bounds it */
	assert_has(&out, "\"ended_sites\":1,\"ended\":[],");
	leaks__free(leaks);
	owner_unref(owner);
	stack_unref(stack);
}

/* A process that does not leak has its descriptors reported, too. */
static void what_is_only_held(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct summary summary = { .now_ns = 110 * SECOND, .wall_offset_ns = BOOT_TO_WALL };
	struct event event = story_leak().event;
	struct site *const *sites;

	(void)state;
	assert_int_equal(leaks__apply(leaks, &event, owner, NULL), 0);
	leaks__tick(leaks, 110 * SECOND);
	assert_int_equal(leaks__sites(leaks, &sites), 1);
	sites[0]->processes->forecast = (struct forecast){ .looked_ns = 110 * SECOND,
							   .fds_open = 24,
							   .fds_limit = FDS_UNLIMITED };
	json_summary(&out, leaks, &summary, 10);
	assert_has(&out, "\"leaking\":[],\"holding\":[{\"pid\":4242,\"comm\":\"delayed_job\","
			 "\"name\":\"delayed_job\",\"site\":null,\"class\":\"probed\",\"open\":1,"
			 "\"fds_open\":24,"
			 "\"fds_limit\":null}],");
	assert_valid(&out);
	leaks__free(leaks);
	owner_unref(owner);
}

static struct limited *limited_of(struct refusals *refusals, __s32 error, struct stack *stack)
{
	const struct refusal refusal = { .count = 193,
					 .first_ns = 100 * SECOND,
					 .last_ns = 112 * SECOND,
					 .uid = 1000,
					 .family = AF_INET,
					 .type = SOCK_STREAM,
					 .comm = "delayed_job" };
	const struct refusal_key key = { 4242, error };
	struct limited *limited;
	__u64 reported;
	bool is_new;

	limited = refusals__apply(refusals, &key, &refusal, &reported, &is_new);
	assert_non_null(limited);
	limited_describe(limited, owner_new(strdup("/usr/bin/ruby"), NULL, strdup("jobs.service")),
			 stack);
	return limited;
}

static void a_process_at_its_limit(void **state)
{
	_cleanup_text_ struct text line = TEXT_INIT, out = TEXT_INIT;
	struct refusals *refusals = refusals__new(2 * SECOND);
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct summary summary = { .now_ns = 113 * SECOND,
				   .wall_offset_ns = BOOT_TO_WALL,
				   .refusals = refusals };
	struct limited *limited = limited_of(refusals, EMFILE, NULL);
	const char *common = "\"pid\":4242,\"comm\":\"delayed_job\","
			     "\"name\":\"delayed_job\",\"errno\":\"EMFILE\","
			     "\"failures\":193,\"first\":\"2026-09-21T14:15:00.000Z\","
			     "\"last\":\"2026-09-21T14:15:12.000Z\",\"now\":true,"
			     "\"ended\":false,\"fds_open\":64,\"fds_limit\":64,\"site\":null,"
			     "\"culprit\":null,\"package\":null";

	(void)state;
	limited->fds =
		(struct forecast){ .looked_ns = 113 * SECOND, .fds_open = 64, .fds_limit = 64 };
	json_limit(&line, limited, &summary);
	assert_has(&line, "{\"type\":\"at_limit\",\"time\":\"2026-09-21T14:15:13.000Z\",");
	assert_has(&line, common);
	assert_has(&line, ",\"exe\":\"/usr/bin/ruby\",\"command\":null,\"uid\":1000,"
			  "\"cgroup_id\":null,\"cgroup\":null,\"unit\":\"jobs.service\","
			  "\"machine\":null,\"container\":null,\"pod\":null,\"family\":\"AF_INET\","
			  "\"socket_type\":\"SOCK_STREAM\",\"stack\":null,"
			  "\"stack_source\":null,\"stack_truncated\":null,"
			  "\"stack_end\":null,\"unnamed_jit\":null}");
	json_summary(&out, leaks, &summary, 10);
	assert_has(&out, "\"at_limit\":[{");
	assert_has(&out, common);
	assert_has(&out, "}],\"host_files\":null,");
	assert_valid(&line);
	assert_valid(&out);
	leaks__free(leaks);
	refusals__free(refusals);
}

static void a_host_at_its_limit(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct refusals *refusals = refusals__new(2 * SECOND);
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct summary summary = { .now_ns = 113 * SECOND,
				   .wall_offset_ns = BOOT_TO_WALL,
				   .refusals = refusals };

	(void)state;
	limited_of(refusals, ENFILE, NULL);
	refusals__note_host(refusals, 113 * SECOND, 9000, 9000);
	json_summary(&out, leaks, &summary, 10);
	assert_has(&out, "\"errno\":\"ENFILE\",");
	assert_has(&out, "\"fds_open\":null,\"fds_limit\":null,");
	assert_has(&out, "\"host_files\":{\"open\":9000,\"max\":9000},");
	assert_valid(&out);
	leaks__free(leaks);
	refusals__free(refusals);
}

static void a_summary_before_the_first_sweep(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct summary summary = { .now_ns = SECOND, .wall_offset_ns = BOOT_TO_WALL };
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);

	(void)state;
	json_summary(&out, leaks, &summary, 10);
	leaks__free(leaks);
	assert_has(&out, "\"last_sweep_s\":null,\"pending\":null,");
	assert_has(&out, "\"hooks\":null,");
	assert_valid(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_summary),
		cmocka_unit_test(a_forecast),
		cmocka_unit_test(what_has_ended),
		cmocka_unit_test(what_is_only_held),
		cmocka_unit_test(a_process_at_its_limit),
		cmocka_unit_test(a_host_at_its_limit),
		cmocka_unit_test(a_summary_before_the_first_sweep),
		cmocka_unit_test(all_lines_pass_the_schema),
	};

	return cmocka_run_group_tests_name("json_summary", tests, NULL, NULL);
}
