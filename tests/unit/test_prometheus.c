/* SPDX-License-Identifier: BSD-2-Clause */
/* prometheus: the families, their labels under hostile names, what counts, and the bounds. */
#include "report_fixture.h"

#include "../fuzz/check_metrics.h"
#include "lib/names.h"
#include "report/losses.h"
#include "report/metrics/exposition.h"
#include "report/metrics/limit_series.h"
#include "report/metrics/prometheus.h"

#define WALL (1700000000LL * (__s64)SECOND)

/* A host, as it is filled by a test, and the metrics of it. */
static struct leaks *leaks;
static struct summary summary;
static struct health health;
static struct series_limits limits;
static __u64 next_inode;
static struct text out;

static int begin(void **state)
{
	(void)state;
	leaks = leaks__new(~0U, SECOND, ignore, NULL);
	summary = (struct summary){ .now_ns = NOW,
				    .wall_offset_ns = WALL,
				    .older_than_ns = 5 * SECOND,
				    .hooks = "tracepoint" };
	health = (struct health){ .started_ns = NOW - 100 * SECOND };
	limits = SERIES_DEFAULTS;
	next_inode = 1;
	return leaks ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	leaks__free(leaks);
	text_free(&out);
	return 0;
}

static struct owner *an_owner(const char *unit, const char *pod, const char *container)
{
	struct owner *owner = owner_new(NULL, NULL, unit ? strdup(unit) : NULL);

	snprintf(owner->workload.pod, sizeof(owner->workload.pod), "%s", pod);
	snprintf(owner->workload.container, sizeof(owner->workload.container), "%s", container);
	return owner;
}

/* Takes the reference to the owner. */
static void leak_of(struct owner *owner, __u32 tgid, const char *comm, struct stack *stack,
		    unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct event event = a_event(next_inode++, comm);

		event.tgid = tgid;
		event.socket.since_ns = NOW - 60 * SECOND + i * 2 * SECOND;
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	}
	owner_unref(owner);
}

static const char *metrics(void)
{
	leaks__tick(leaks, NOW);
	summary.leaks = leaks__totals(leaks);
	text_clear(&out);
	assert_int_equal(prometheus_add(&out, leaks, &summary, &health, &limits), 0);
	check_metrics(text_str(&out), out.len);
	return text_str(&out);
}

static void expect(const char *text, const char *line)
{
	_cleanup_text_ struct text wanted = TEXT_INIT;

	text_addf(&wanted, "\n%s\n", line);
	if (!strstr(text, text_str(&wanted)))
		fail_msg("expected the line\n%s\nin\n%s", line, text);
}

static void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected %s", part);
}

static void expect_none(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("did not expect %s in\n%s", part, text);
}

static unsigned int count_of(const char *text, const char *part)
{
	unsigned int count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

static void a_healthy_host_has_no_workload(void **state)
{
	const char *text;

	(void)state;
	leak_of(an_owner("ntpd.service", "", ""), 7, "ntpd", NULL, 1);
	text = metrics();
	expect_none(text, "ntpd");
	expect_none(text, "\nsockleak_leaked_sockets");
	expect_none(text, "\nsockleak_site_");
	expect(text, "sockleak_idle_sockets 1");
	expect(text, "sockleak_tracked_sockets{state=\"leaked\"} 1");
	expect(text, "sockleak_leaks_detected_total 1");
}

static void all_reasons_are_there_from_the_start(void **state)
{
	const char *text = metrics();

	(void)state;
	expect(text, "sockleak_leaks_resolved_total{reason=\"closed\"} 0");
	expect(text, "sockleak_leaks_resolved_total{reason=\"reclassified\"} 0");
	expect(text, "sockleak_dropped_total{reason=\"map_full\"} 0");
	expect(text, "sockleak_dropped_total{reason=\"leaks_not_accounted\"} 0");
	expect(text, "sockleak_stack_errors_total{reason=\"stack_collision\"} 0");
	expect(text, "sockleak_symbolize_errors_total{reason=\"resolver_crashed\"} 0");
	expect(text, "sockleak_sweeps_total{result=\"failed\"} 0");
	expect(text, "sockleak_textfile_writes_total{result=\"failed\"} 0");
	expect(text, "sockleak_last_sweep_timestamp_seconds 0");
	expect(text,
	       "sockleak_build_info{version=\"" SOCKLEAK_VERSION "\",hooks=\"tracepoint\"} 1");
}

/* Each counter and loss is told once, in one family or another. */
static void no_loss_is_left_out(void **state)
{
	const char *text;
	unsigned int n = 0, expected = 0;

	(void)state;
	for (int i = 0; i < COUNTER_COUNT; i++)
		summary.counters[i] = 1000 + i;
	text = metrics();
	for (int i = 0; i < COUNTER_COUNT; i++) {
		_cleanup_text_ struct text value = TEXT_INIT;

		text_addf(&value, "} %d\n", 1000 + i);
		assert_int_equal(count_of(text, text_str(&value)), 1);
	}
	n += count_of(text, "\nsockleak_dropped_total{");
	n += count_of(text, "\nsockleak_stack_errors_total{");
	n += count_of(text, "\nsockleak_symbolize_errors_total{");
	n += count_of(text, "\nsockleak_counters_total{");
	for (int i = 0; i < COUNTER_COUNT; i++)
		expected += !counter_is_loss((enum counter)i);
	for (const struct loss *loss = loss_next(NULL); loss; loss = loss_next(loss))
		expected += loss->kind != LOSS_APART;
	assert_int_equal(n, expected);
}

static void a_leak_is_told_of_its_workload_and_its_site(void **state)
{
	struct stack *stack = a_stack("T::T(int)");
	const char *text;

	(void)state;
	stack->package = strdup("transport 1.2-3");
	leak_of(an_owner("app.service", "", ""), 7, "worker", stack, 5);
	stack_unref(stack);
	text = metrics();
	expect(text, "sockleak_leaked_sockets{scope=\"unit\",unit=\"app.service\",pod_uid=\"\","
		     "container_id=\"\",comm=\"worker\",class=\"probed\"} 5");
	expect(text, "sockleak_oldest_leak_created_timestamp_seconds{scope=\"unit\","
		     "unit=\"app.service\",pod_uid=\"\",container_id=\"\",comm=\"worker\"} "
		     "1700000940");
	expect(text,
	       "sockleak_site_leaked_sockets{site=\"0000000000abcdef\",unit=\"app.service\"} 5");
	expect(text, "sockleak_site_info{site=\"0000000000abcdef\",module=\"libtransport.so.2\","
		     "function=\"T::T(int)\",package=\"transport 1.2-3\"} 1");
	expect(text, "sockleak_idle_sockets 0");
	expect_none(text, "\nsockleak_process_open_fds");
}

/* A leak that makes a pause is still there. */
static void a_pause_is_no_end(void **state)
{
	const char *text;

	(void)state;
	leak_of(an_owner("app.service", "", ""), 7, "worker", NULL, 5);
	leaks__tick(leaks, NOW + 3600 * SECOND);
	assert_int_equal(leaks__totals(leaks).leaking, 0);
	text_clear(&out);
	assert_int_equal(prometheus_add(&out, leaks, &summary, &health, &limits), 0);
	text = text_str(&out);
	expect(text, "sockleak_site_leaked_sockets{site=\"unknown\",unit=\"app.service\"} 5");
	expect(text, "sockleak_idle_sockets 0");
}

static void scopes_are_told_apart(void **state)
{
	static const char pod[] = "0f5c2ba1-0000-4000-8000-00000000000a";
	static const char container[] =
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	const char *text;

	(void)state;
	leak_of(an_owner(NULL, "", ""), 7, "a", NULL, 5);
	leak_of(an_owner("b.service", "", ""), 8, "b", NULL, 5);
	leak_of(an_owner("c.scope", "", container), 9, "c", NULL, 5);
	leak_of(an_owner(NULL, pod, container), 10, "d", NULL, 5);
	text = metrics();
	assert_int_equal(count_of(text, "\nsockleak_leaked_sockets{"), 4);
	expect_none(text, "scope=\"other\"");
	assert_non_null(
		strstr(text, "scope=\"host\",unit=\"\",pod_uid=\"\",container_id=\"\",comm=\"a\""));
	assert_non_null(strstr(text, "scope=\"unit\",unit=\"b.service\",pod_uid=\"\""));
	assert_non_null(strstr(
		text, "scope=\"container\",unit=\"c.scope\",pod_uid=\"\",container_id=\"0011"));
	assert_non_null(strstr(text, "scope=\"pod\",unit=\"\",pod_uid=\"0f5c2ba1-0000"));
}

/* Two cgroups of one path, two processes of one name: one series. */
static void equal_labels_are_one_workload(void **state)
{
	const char *text;

	(void)state;
	leak_of(an_owner("app.service", "", ""), 7, "worker", NULL, 5);
	leak_of(an_owner("app.service", "", ""), 8, "worker", NULL, 6);
	/* What is written alike is alike: an invalid byte is as good as the other. */
	leak_of(an_owner("x\xff", "", ""), 9, "bad\xfe", NULL, 4);
	leak_of(an_owner("x\xfe", "", ""), 10, "bad\xff", NULL, 4);
	text = metrics();
	assert_int_equal(count_of(text, "\nsockleak_leaked_sockets{"), 2);
	assert_non_null(strstr(text, "comm=\"worker\",class=\"probed\"} 11\n"));
	assert_non_null(strstr(text, "unit=\"x\xef\xbf\xbd\",pod_uid=\"\",container_id=\"\","
				     "comm=\"bad\xef\xbf\xbd\",class=\"probed\"} 8\n"));
}

static void hostile_names_break_nothing(void **state)
{
	static const char *const names[] = {
		"\"} 1\nfake 2", "a\\nb\\",	 "tab\there", "\xc3\x28\xa0\xff",
		"\033[2J",	 "\xe2\x80\xae", "{}=,#",     "back\\\"slash",
	};
	char longest[256];
	const char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		leak_of(an_owner(names[i], "", ""), 7 + (__u32)i, names[i], NULL, 4);
	memset(longest, '\xff', 255);
	longest[255] = '\0';
	leak_of(an_owner(longest, "", ""), 100,
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", NULL, 4);
	memset(longest, '"', 255);
	leak_of(an_owner(longest, "", ""), 101, "\"\"\"", NULL, 4);
	text = metrics(); /* is checked there, strictly */
	assert_int_equal(count_of(text, "\nsockleak_leaked_sockets{"), 10);
	expect_none(text, "\nfake");
	assert_non_null(strstr(text, "unit=\"\\\"} 1\\\\x0afake 2\""));
}

static void set_forecast(__u32 tgid, __u64 open, __u64 limit)
{
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	for (long i = 0; i < count; i++)
		for (struct site_process *p = sites[i]->processes; p; p = p->hh.next)
			if (p->tgid == tgid)
				p->forecast = (struct forecast){ .looked_ns = NOW,
								 .fds_open = open,
								 .fds_limit = limit };
}

#define OTHER "{scope=\"other\",unit=\"\",pod_uid=\"\",container_id=\"\",comm=\"\"}"

static void the_largest_keep_their_series(void **state)
{
	const char *text;

	(void)state;
	limits = (struct series_limits){ 2, 1 };
	for (unsigned int i = 0; i < 5; i++) {
		char unit[] = "0.service", comm[] = "w0";
		struct stack *stack = a_stack("f");

		unit[0] += (char)i;
		comm[1] += (char)i;
		stack->site = i + 1;
		leak_of(an_owner(unit, "", ""), 7 + i, comm, stack, 4 + i);
		stack_unref(stack);
	}
	set_forecast(7, 100, 1024); /* of the others: the fullest of them is told */
	set_forecast(8, 200, 1024);
	text = metrics();
	expect(text, "sockleak_process_open_fds" OTHER " 200");
	expect(text, "sockleak_oldest_leak_created_timestamp_seconds" OTHER " 1700000940");
	assert_int_equal(count_of(text, "\nsockleak_leaked_sockets{"), 3);
	assert_non_null(strstr(text, "comm=\"w4\",class=\"probed\"} 8\n"));
	assert_non_null(strstr(text, "comm=\"w3\",class=\"probed\"} 7\n"));
	expect(text, "sockleak_leaked_sockets{scope=\"other\",unit=\"\",pod_uid=\"\","
		     "container_id=\"\",comm=\"\",class=\"probed\"} 15");
	expect(text,
	       "sockleak_site_leaked_sockets{site=\"0000000000000005\",unit=\"4.service\"} 8");
	expect(text, "sockleak_site_leaked_sockets{site=\"other\",unit=\"\"} 22");
	expect(text, "sockleak_site_info{site=\"other\",module=\"\",function=\"\",package=\"\"} 1");
	assert_int_equal(count_of(text, "\nsockleak_site_info{"), 2);
	expect(text, "sockleak_suppressed_series 7");
}

/* A join by site loses nothing: each site that has sockets has one info. */
static void a_site_has_one_info(void **state)
{
	struct stack *stack = a_stack("f");
	const char *text;

	(void)state;
	leak_of(an_owner("a.service", "", ""), 7, "one", stack, 5);
	leak_of(an_owner("b.service", "", ""), 8, "two", stack, 5);
	leak_of(an_owner("b.service", "", ""), 9, "none", NULL, 5);
	stack_unref(stack);
	text = metrics();
	assert_int_equal(count_of(text, "\nsockleak_site_leaked_sockets{site=\"0000000000abcdef\""),
			 2);
	assert_int_equal(count_of(text, "\nsockleak_site_info{site=\"0000000000abcdef\""), 1);
	expect(text,
	       "sockleak_site_info{site=\"unknown\",module=\"\",function=\"\",package=\"\"} 1");
}

static void the_worst_process_is_told(void **state)
{
	const char *text;

	(void)state;
	leak_of(an_owner("a.service", "", ""), 7, "a", NULL, 5);
	leak_of(an_owner("a.service", "", ""), 8, "a", NULL, 5);
	leak_of(an_owner("b.service", "", ""), 9, "b", NULL, 5);
	set_forecast(7, 900, 1024);
	set_forecast(8, 5000, 65536);
	set_forecast(9, 300, FDS_UNLIMITED);
	text = metrics();
	assert_int_equal(count_of(text, "\nsockleak_process_open_fds{"), 2);
	assert_non_null(strstr(text, "comm=\"a\"} 900\n"));
	assert_non_null(strstr(text, "comm=\"a\"} 1024\n"));
	assert_non_null(strstr(text, "comm=\"b\"} 300\n"));
	assert_non_null(strstr(text, "comm=\"b\"} +Inf\n"));
}

static void the_agent_says_what_it_costs(void **state)
{
	const char *text;

	(void)state;
	health = (struct health){
		.started_ns = NOW - 100 * SECOND,
		.swept_ns = NOW + SECOND / 4,
		.user_ns = 1500000000,
		.system_ns = 1,
		.rss_bytes = 4096,
		.bpf_bytes = 8192,
		.n_programs = 2,
		.programs = { { "sys_exit_socket", 12345, 6 }, { "sweep_files", 0, 0 } },
		.n_maps = 2,
		.maps = { { "pending", 32768, 17, true }, { "pending_by_inode", 32768, 0, false } },
		.textfile_written = 3,
		.textfile_failed = 2,
	};
	text = metrics();
	expect(text, "sockleak_agent_start_time_seconds 1700000900");
	expect(text, "sockleak_last_sweep_timestamp_seconds 1700001000.25");
	expect(text, "sockleak_agent_cpu_seconds_total{mode=\"user\"} 1.5");
	expect(text, "sockleak_agent_cpu_seconds_total{mode=\"system\"} 0.000000001");
	expect(text, "sockleak_bpf_run_seconds_total{program=\"sys_exit_socket\"} 0.000012345");
	expect(text, "sockleak_bpf_runs_total{program=\"sweep_files\"} 0");
	expect(text, "sockleak_map_entries{map=\"pending\"} 17");
	expect(text, "sockleak_map_max_entries{map=\"pending_by_inode\"} 32768");
	assert_int_equal(count_of(text, "\nsockleak_map_entries{"), 1);
	expect(text, "sockleak_textfile_writes_total{result=\"failed\"} 2");
	expect(text, "sockleak_bpf_memory_bytes 8192");
}

static void a_label_is_cut_at_a_character(void **state)
{
	_cleanup_text_ struct text label = TEXT_INIT, twice = TEXT_INIT;
	char value[600] = "";

	(void)state;
	for (int i = 0; i < 255; i++)
		strcat(value, "\xc3\xa4");
	label_add(&label, "a", value);
	assert_int_equal(label.len, 256 + 4);
	memmove(value + 1, value, strlen(value) + 1);
	value[0] = 'x';
	label_add(&twice, "a", value);
	assert_int_equal(twice.len, 255 + 4);
}

/* And the document has no others. */
static void the_document_has_all_families(void **state)
{
	FILE *file = fopen("docs/metrics.md", "r");
	static char document[64 * 1024];
	const char *text = metrics();
	unsigned int families = 0, rows = 0;

	(void)state;
	if (!file)
		fail_msg("docs/metrics.md: run this from the top of the source");
	document[fread(document, 1, sizeof(document) - 1, file)] = '\0';
	fclose(file);
	for (; (text = strstr(text, "# TYPE sockleak_")); families++) {
		_cleanup_text_ struct text row = TEXT_INIT;
		int name;

		text += strlen("# TYPE sockleak_");
		name = (int)strcspn(text, " ");
		text_addf(&row, "\n| `%.*s` | %.*s |", name, text,
			  (int)strcspn(text + name + 1, "\n"), text + name + 1);
		expect_part(document, text_str(&row));
	}
	rows = count_of(document, "` | gauge |") + count_of(document, "` | counter |");
	assert_int_equal(families, rows);
}

/* What Prometheus itself has to say about it, where it is installed. */
static void promtool_has_nothing_to_say(void **state)
{
	char path[] = "/tmp/sockleak-metrics-XXXXXX", command[128];
	const char *text;
	int fd;

	(void)state;
	if (system("command -v promtool >/dev/null 2>&1")) {
		print_message("promtool is not installed: not asked\n");
		return;
	}
	hostile_names_break_nothing(NULL);
	leak_of(an_owner("a.service", "", ""), 700, "a", NULL, 5);
	set_forecast(700, 900, 1024);
	text = metrics();
	fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, text, out.len) == (ssize_t)out.len);
	close(fd);
	snprintf(command, sizeof(command), "promtool check metrics <%s 1>&2", path);
	assert_int_equal(system(command), 0);
	unlink(path);
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin, end)

/* ---- At the limit of descriptors ---- */

static void a_workload_at_its_limit(void **state)
{
	struct limit_series series = { 0 };
	struct limited limited = { .refusal = { .count = 3, .last_ns = NOW, .comm = "job" } };
	const char *labels = "scope=\"unit\",unit=\"jobs.service\",pod_uid=\"\","
			     "container_id=\"\",comm=\"job\"";
	_cleanup_text_ struct text line = TEXT_INIT;
	const char *text = metrics();

	(void)state;
	/* A healthy host has no series of it; that it is counted is told from the start. */
	assert_null(strstr(text, "sockleak_process_fd_limit_failures_total{"));
	expect(text, "sockleak_counters_total{counter=\"socket_emfile\"} 0");
	expect(text, "sockleak_counters_total{counter=\"socket_enfile\"} 0");
	limited.owner = an_owner("jobs.service", "", "");
	assert_int_equal(limit_series_add(&series, &limited, 3, 10), 0);
	summary.limit_series = &series;
	summary.counters[COUNTER_SOCKET_ENFILE] = 4;
	text = metrics();
	text_addf(&line, "sockleak_process_fd_limit_failures_total{%s} 3", labels);
	expect(text, text_str(&line));
	text_clear(&line);
	text_addf(&line, "sockleak_process_fd_limit_last_failure_timestamp_seconds{%s} 1700001000",
		  labels);
	expect(text, text_str(&line));
	expect(text, "sockleak_counters_total{counter=\"socket_enfile\"} 4");
	limit_series_clear(&series);
	owner_unref(limited.owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_healthy_host_has_no_workload),
		test(all_reasons_are_there_from_the_start),
		test(no_loss_is_left_out),
		test(a_leak_is_told_of_its_workload_and_its_site),
		test(a_pause_is_no_end),
		test(scopes_are_told_apart),
		test(equal_labels_are_one_workload),
		test(hostile_names_break_nothing),
		test(the_largest_keep_their_series),
		test(a_site_has_one_info),
		test(the_worst_process_is_told),
		test(the_agent_says_what_it_costs),
		test(a_label_is_cut_at_a_character),
		test(the_document_has_all_families),
		test(promtool_has_nothing_to_say),
		cmocka_unit_test_setup_teardown(a_workload_at_its_limit, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
