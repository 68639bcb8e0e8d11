/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaks and summaries as JSON Lines, byte for byte and against the schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"
#include "report/json/json_report.h"

#define SECOND 1000000000ULL
#define BOOT_TO_WALL (1790000000LL * 1000000000LL) /* 2026-09-21T14:13:20Z, in ns */

/* ---- The story's leak ---- */

static struct owner story_owner = {
	.refs = 1,
	.exe = (char[]){ "/usr/bin/ruby" },
	.command = (char[]){ "ruby bin/delayed_job run" },
	.cgroup = (char[]){ "/system.slice/delayed_job.service" },
	.unit = (char[]){ "delayed_job.service" },
};

static struct holder story_holder = { .tgid = 4242, .fd = 35, .uid = 1000, .comm = "delayed_job" };

static struct summary at(__u64 now_ns)
{
	return (struct summary){ .now_ns = now_ns, .wall_offset_ns = BOOT_TO_WALL };
}

static struct leak story_leak(void)
{
	struct leak leak = {
		.event = {
			.now_ns = 106 * SECOND,
			.socket = {
				.inode = 81234,
				.since_ns = 100 * SECOND + 500000000,
				.cgroup_id = 4711,
				.evidence = { .first_enotconn_ns = 100 * SECOND + 512000000,
					      .enotconn = 1 },
				.tgid = 4242, .tid = 4250, .fd = 35, .uid = 1000,
				.family = AF_INET, .type = SOCK_STREAM, .protocol = IPPROTO_TCP,
				.comm = "worker-1",
			},
			.tgid = 4242, .fd = 35, .uid = 1000,
			.kind = EVENT_LEAK, .class = CLASS_PROBED,
			.comm = "delayed_job",
		},
		.owner = &story_owner,
		.holders = { .named = &story_holder, .count = 1 },
	};

	return leak;
}

static struct stack *story_stack(void)
{
	struct stack *stack = stack_new(2);

	assert_non_null(stack);
	stack->source = STACK_FP;
	stack->site = 0x00ab54a98ceb1f0a;
	stack->frames[0] = (struct frame){
		.pc = 0x7f3a5c10ab17,
		.offset = 0x10ab17,
		.module = strdup("/usr/lib/libc.so.6"),
		.build_id = strdup("8d1f"),
		.function = strdup("__socket"),
		.file = strdup("socket.c"),
		.line = 120,
		.source = FRAME_REGISTER,
	};
	stack->frames[1] = (struct frame){ .pc = 0xdeadbeef };
	return stack;
}

/* ---- Checks ---- */

/* Does every line pass tests/schema/? */
static void assert_valid(const struct text *lines)
{
	char command[1024];
	const char *slash = strrchr(__FILE__, '/');
	FILE *pipe;

	assert_int_equal(text_error(lines), 0);
	snprintf(command, sizeof(command), "python3 %.*s/../schema/validate.py",
		 slash ? (int)(slash - __FILE__) : 1, slash ? __FILE__ : ".");
	if (access(strrchr(command, ' ') + 1, R_OK) || system("python3 -c ''")) {
		print_message("no python3, or not run from the top: schema not checked\n");
		skip();
	}
	pipe = popen(command, "w");
	assert_non_null(pipe);
	fwrite(lines->data, 1, lines->len, pipe);
	if (pclose(pipe))
		fail_msg("%s", text_str(lines));
}

static void assert_has(const struct text *line, const char *part)
{
	if (!strstr(text_str(line), part))
		fail_msg("no %s in %s", part, text_str(line));
}

/* ---- Tests ---- */

static void a_leak_byte_for_byte(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct leak leak = story_leak();
	struct summary now = at(106 * SECOND + 250000000);

	(void)state;
	leak.stack = story_stack();
	json_leak(&out, &leak, LEAKS_OPENED, &now, NULL);
	stack_unref(leak.stack);
	assert_string_equal(
		text_str(&out),
		"{\"type\":\"leak\",\"time\":\"2026-09-21T14:15:06.250Z\",\"change\":\"opened\","
		"\"pid\":4242,\"creator_pid\":4242,\"tid\":4250,\"comm\":\"delayed_job\","
		"\"name\":\"delayed_job\","
		"\"thread\":\"worker-1\","
		"\"exe\":\"/usr/bin/ruby\",\"command\":\"ruby bin/delayed_job run\","
		"\"uid\":1000,\"fd\":35,\"inode\":81234,"
		"\"family\":\"AF_INET\",\"socket_type\":\"SOCK_STREAM\","
		"\"protocol\":\"IPPROTO_TCP\",\"class\":\"probed\",\"may_be_in_use\":false,"
		"\"holders\":[{\"pid\":4242,\"fd\":35,\"uid\":1000,\"comm\":\"delayed_job\"}],"
		"\"other_holders\":0,"
		"\"created\":\"2026-09-21T14:15:00.500Z\",\"created_by\":\"socket\","
		"\"first_seen\":null,\"age_s\":5.75,"
		"\"cgroup_id\":4711,\"cgroup\":\"/system.slice/delayed_job.service\","
		"\"unit\":\"delayed_job.service\",\"container\":null,\"pod\":null,"
		"\"evidence\":{\"getpeername_enotconn\":1,\"first_enotconn_after_s\":0.012,"
		"\"connect_tries\":0,\"connect_errno\":null,\"destination\":null,"
		"\"bind_tries\":0,\"bind_errno\":null,\"bound\":false},"
		"\"site\":\"00ab54a98ceb1f0a\","
		"\"culprit\":{\"function\":\"__socket\",\"module\":\"/usr/lib/libc.so.6\","
		"\"file\":\"socket.c\",\"line\":120},"
		"\"package\":null,"
		"\"stack\":[{\"pc\":\"0x7f3a5c10ab17\",\"function\":\"__socket\","
		"\"module\":\"/usr/lib/libc.so.6\",\"build_id\":\"8d1f\",\"offset\":1092375,"
		"\"file\":\"socket.c\",\"line\":120,\"inlined\":false,"
		"\"unwound\":\"register\"},"
		"{\"pc\":\"0xdeadbeef\",\"function\":null,\"module\":null,\"build_id\":null,"
		"\"offset\":null,\"file\":null,\"line\":null,\"inlined\":false,"
		"\"unwound\":null}],\"stack_source\":\"fp\",\"stack_truncated\":false}\n");
	assert_valid(&out);
}

static void an_unwound_stack(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct leak leak = story_leak();
	struct summary now = at(106 * SECOND);

	(void)state;
	leak.stack = story_stack();
	leak.stack->source = STACK_SNAPSHOT;
	leak.stack->truncated = true;
	leak.stack->frames[0].inlined = true;
	leak.stack->frames[0].source = FRAME_CFI;
	leak.stack->frames[1].source = FRAME_FP;
	leak.stack->frames[1].module = strdup(FRAME_JIT); /* has no offset */
	json_leak(&out, &leak, LEAKS_OPENED, &now, NULL);
	stack_unref(leak.stack);
	assert_has(&out, "\"line\":120,\"inlined\":true,\"unwound\":\"cfi\"}");
	assert_has(&out, "\"module\":\"[jit]\",\"build_id\":null,\"offset\":null,");
	assert_has(&out, "\"inlined\":false,\"unwound\":\"fp\"}],\"stack_source\":\"snapshot\","
			 "\"stack_truncated\":true}");
	assert_valid(&out);
}

/* The bytes of a stack are kept from leak to leak, and only those of that stack. */
static void the_stack_before(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, anew = TEXT_INIT;
	struct stack *stacks[] = { story_stack(), story_stack(), NULL };
	struct json_last_stack last = { 0 };
	struct leak leak = story_leak();
	struct summary now = at(100 * SECOND);
	static const int order[] = { 0, 0, 2, 0, 1, 1, 2, 2, 0 };

	(void)state;
	leak.event.reason = END_CLOSED;
	stacks[1]->truncated = true;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		leak.stack = stacks[order[i]];
		json_leak(&out, &leak, i == 3 ? LEAKS_RESOLVED : LEAKS_OPENED, &now, &last);
		json_leak(&anew, &leak, i == 3 ? LEAKS_RESOLVED : LEAKS_OPENED, &now, NULL);
	}
	assert_string_equal(text_str(&out), text_str(&anew));
	assert_valid(&out);
	json_last_stack_clear(&last);
	assert_int_equal(stacks[0]->refs, 1);
	stack_unref(stacks[0]);
	stack_unref(stacks[1]);
}

static void a_failed_connection(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(5672) };
	struct leak leak = story_leak();
	struct evidence *evidence = &leak.event.socket.evidence;
	struct summary now = at(107 * SECOND);

	(void)state;
	inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
	memcpy(evidence->dest, &in, sizeof(in));
	evidence->dest_len = sizeof(in);
	evidence->connect_tries = 3;
	evidence->connect_errno = ECONNREFUSED;
	evidence->bind_tries = 1;
	evidence->bind_errno = EADDRINUSE;
	leak.event.class = CLASS_CONNECT_FAILED;
	leak.event.error = ETIMEDOUT; /* connect's own word goes first */
	json_leak(&out, &leak, LEAKS_CHANGED, &now, NULL);
	assert_has(&out, "\"type\":\"leak\"");
	assert_has(&out, "\"change\":\"changed\"");
	assert_has(&out, "\"connect_tries\":3,\"connect_errno\":\"ECONNREFUSED\","
			 "\"destination\":\"192.0.2.1:5672\",\"bind_tries\":1,"
			 "\"bind_errno\":\"EADDRINUSE\",\"bound\":false}");
	assert_has(&out, "\"site\":null,\"culprit\":null,\"package\":null,"
			 "\"stack\":null,\"stack_source\":null,"
			 "\"stack_truncated\":null}");
	assert_valid(&out);
}

/* connect() answered EINPROGRESS, and the connection failed afterwards. */
static void an_error_of_the_socket(void **state)
{
	_cleanup_text_ struct text tried = TEXT_INIT, not_tried = TEXT_INIT;
	struct leak leak = story_leak();
	struct summary now = at(107 * SECOND);

	(void)state;
	leak.event.error = ETIMEDOUT;
	json_leak(&not_tried, &leak, LEAKS_OPENED, &now, NULL);
	assert_has(&not_tried, "\"connect_errno\":null");
	leak.event.socket.evidence.connect_tries = 1;
	json_leak(&tried, &leak, LEAKS_OPENED, &now, NULL);
	assert_has(&tried, "\"connect_errno\":\"ETIMEDOUT\"");
}

static void of_unknown_origin(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct owner nobody = { .refs = 1 };
	struct leak leak = story_leak();
	struct summary now = at(107 * SECOND);

	(void)state;
	leak.owner = &nobody;
	leak.event.class = CLASS_UNKNOWN_ORIGIN;
	leak.event.socket.flags = PENDING_ORIGIN_UNKNOWN;
	leak.event.socket.cgroup_id = 0;
	leak.event.socket.family = AF_UNIX;
	leak.event.socket.protocol = 0;
	json_leak(&out, &leak, LEAKS_OPENED, &now, NULL);
	assert_has(&out, "\"tid\":null,\"comm\":\"delayed_job\",\"name\":\"delayed_job\","
			 "\"thread\":null,\"exe\":null,");
	assert_has(&out, "\"protocol\":null,\"class\":\"unknown_origin\",");
	assert_has(&out, "\"creator_pid\":null,");
	assert_has(&out, "\"created\":null,\"created_by\":null,"
			 "\"first_seen\":\"2026-09-21T14:15:00.500Z\",\"age_s\":null,"
			 "\"cgroup_id\":null,\"cgroup\":null,\"unit\":null,");
	assert_has(&out, "\"getpeername_enotconn\":1,\"first_enotconn_after_s\":null,");
	assert_valid(&out);
}

static void made_by_io_uring(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct leak leak = story_leak();
	struct summary now = at(107 * SECOND);

	(void)state;
	leak.event.socket.flags |= PENDING_URING;
	json_leak(&out, &leak, LEAKS_OPENED, &now, NULL);
	assert_has(&out, "\"created_by\":\"io_uring\",");
	assert_valid(&out);
}

static void resolved(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct leak leak = story_leak();
	struct summary now = at(200 * SECOND);

	(void)state;
	leak.event.kind = EVENT_ENDED;
	leak.event.reason = END_EXITED;
	leak.event.now_ns = 130 * SECOND + 500000000;
	leak.stack = story_stack();
	json_leak(&out, &leak, LEAKS_RESOLVED, &now, NULL);
	stack_unref(leak.stack);
	assert_has(&out, "{\"type\":\"resolved\",\"time\":\"2026-09-21T14:16:40.000Z\","
			 "\"pid\":4242,\"creator_pid\":4242,");
	assert_has(&out, "\"site\":\"00ab54a98ceb1f0a\",\"culprit\":{");
	assert_has(&out, "\"reason\":\"exited\",\"lived_s\":30}\n");
	assert_null(strstr(text_str(&out), "\"stack\""));
	assert_null(strstr(text_str(&out), "\"change\""));
	assert_valid(&out);
}

/* What other processes may choose: comms, paths, symbol names, addresses. */
static void hostile(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct owner owner = {
		.refs = 1,
		.exe = (char[]){ "/tmp/\",\"pid\":1,\"x\":\"\n\x1b]0;owned\x07\xff (deleted)" },
		.cgroup = (char[]){ "/a\\\"\xc2\x9b\xe2\x80\xae" },
		.unit = (char[]){ "" },
	};
	struct leak leak = story_leak();
	struct summary now = at(107 * SECOND);

	(void)state;
	leak.owner = &owner;
	leak.stack = story_stack();
	free(leak.stack->frames[0].function);
	leak.stack->frames[0].function = strdup("f<\"\\\">(\xed\xa0\x80\t)");
	memcpy(leak.event.comm, "\"}\n{\"type\":1}\xe6\x97\xa5", SOCKLEAK_COMM_LEN);
	memcpy(leak.event.socket.comm, "\x1b[2J\0secret rest", SOCKLEAK_COMM_LEN);
	memcpy(leak.event.socket.evidence.dest, "\1\0/x\"\n\xff", 7);
	leak.event.socket.evidence.dest_len = 7;
	json_leak(&out, &leak, LEAKS_OPENED, &now, NULL);
	stack_unref(leak.stack);
	assert_ptr_equal(strchr(text_str(&out), '\n'), out.data + out.len - 1);
	assert_has(&out, "\"comm\":\"\\\"}\\u000a{\\\"type\\\":1}\xe6\x97\xa5\"");
	assert_has(&out, "\"thread\":\"\\u001b[2J\"");
	assert_has(&out, "\"exe\":\"/tmp/\\\",\\\"pid\\\":1,\\\"x\\\":\\\"\\u000a\\u001b]0;owned"
			 "\\u0007\\ufffd (deleted)\"");
	assert_has(&out, "\"cgroup\":\"/a\\\\\\\"\\u009b\\u202e\",\"unit\":null,");
	assert_has(&out, "\"function\":\"f<\\\"\\\\\\\">(\\ufffd\\ufffd\\ufffd\\u0009)\"");
	assert_valid(&out);
}

/* Bytes from the ring buffer are the kernel's, but nothing here may crash on them. */
static void any_event(void **state)
{
	char path[SOCKLEAK_DEST_LEN] = "", destination[SOCKLEAK_DEST_LEN + 32];
	_cleanup_text_ struct text out = TEXT_INIT;
	struct leak leak = story_leak();
	struct summary now = at(107 * SECOND);

	(void)state;
	memset(&leak.event, 0xff, sizeof(leak.event));
	memset(leak.event.socket.evidence.dest, 'a', SOCKLEAK_DEST_LEN);
	memcpy(leak.event.socket.evidence.dest, &(sa_family_t){ AF_UNIX }, sizeof(sa_family_t));
	memset(path, 'a', SOCKLEAK_DEST_LEN - sizeof(sa_family_t));
	json_leak(&out, &leak, LEAKS_OPENED, &now, NULL);
	snprintf(destination, sizeof(destination), "\"destination\":\"unix:%s\"", path);
	memset(&leak.event, 0, sizeof(leak.event));
	json_leak(&out, &leak, LEAKS_RESOLVED, &now, NULL);
	assert_has(&out, "\"inode\":18446744073709551615,\"family\":\"AF_65535\"");
	assert_has(&out, destination); /* dest_len said 65535 */
	assert_has(&out, "\"comm\":null,\"name\":null,");
	assert_has(&out, "\"class\":null,");
}

/* Creation is noted before now_ns is read, on another CPU; an age is never negative. */
static void a_clock_that_runs_backwards(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct leak leak = story_leak();
	struct summary now = at(100 * SECOND);

	(void)state;
	json_leak(&out, &leak, LEAKS_OPENED, &now, NULL);
	assert_has(&out, "\"age_s\":0,");
	assert_valid(&out);
}

static void ignore(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)leak, (void)change, (void)ctx;
}

static void a_summary(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct summary summary = {
		.now_ns = 160 * SECOND,
		.started_ns = 100 * SECOND,
		.wall_offset_ns = BOOT_TO_WALL,
		.sweeps = 60,
		.sweep_counts = { .full_sweeps = 2, .looks = 7 },
		.sweep_ns = 12345678,
		.kernel_bytes = 40890368,
		.pending = 40,
		.max_sockets = 32768,
		.leaks = { .sites = 2, .leaking = 1, .open = 31, .total = 40, .held_back = 3 },
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
	assert_has(&out, "{\"type\":\"summary\",\"mode\":\"trace\",\"history_pid\":null,"
			 "\"nothing_watched\":false,"
			 "\"time\":\"2026-09-21T14:16:00.000Z\","
			 "\"duration_s\":60,\"sites\":2,\"leaking_sites\":1,\"open\":31,"
			 "\"total\":40,\"resolved\":{\"closed\":6,\"used\":0,\"exited\":3,"
			 "\"reclassified\":0},"
			 "\"held_back\":3,\"leaking\":[],\"holding\":[],\"at_limit\":[],"
			 "\"host_files\":null,\"processes\":null,"
			 "\"ended_sites\":0,\"ended\":[],\"suppressed\":null,"
			 "\"sweeps\":60,\"sweeps_failed\":0,"
			 "\"full_sweeps\":2,\"processes_swept\":7,"
			 "\"last_sweep_s\":0.012,\"pending\":40,\"max_sockets\":32768,"
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
	assert_has(&out, "\"leaking\":[],\"holding\":[],\"at_limit\":[],\"host_files\":null,"
			 "\"processes\":null,\"ended_sites\":1,\"ended\":[{\"comm\":"
			 "\"delayed_job\",\"name\":\"delayed_job\","
			 "\"site\":\"00ab54a98ceb1f0a\",\"sockets\":3,\"processes\":1,"
			 "\"pid\":4242,\"class\":\"probed\","
			 "\"first_created\":\"2026-09-21T14:15:00.000Z\","
			 "\"ended\":\"2026-09-21T14:15:08.000Z\","
			 "\"unit\":\"delayed_job.service\",\"container\":null,\"pod\":null,"
			 "\"culprit\":{\"function\":\"__socket\",");
	assert_has(&out, "\"stack\":[{\"pc\":\"0x7f3a5c10ab17\",");
	assert_has(&out, "\"stack_source\":\"fp\",\"stack_truncated\":false}],\"suppressed\":");
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

/* ---- At the limit ---- */

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
			  "\"container\":null,\"pod\":null,\"family\":\"AF_INET\","
			  "\"socket_type\":\"SOCK_STREAM\",\"stack\":null,"
			  "\"stack_source\":null,\"stack_truncated\":null}");
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
		cmocka_unit_test(a_leak_byte_for_byte),
		cmocka_unit_test(an_unwound_stack),
		cmocka_unit_test(the_stack_before),
		cmocka_unit_test(a_failed_connection),
		cmocka_unit_test(an_error_of_the_socket),
		cmocka_unit_test(of_unknown_origin),
		cmocka_unit_test(made_by_io_uring),
		cmocka_unit_test(resolved),
		cmocka_unit_test(hostile),
		cmocka_unit_test(any_event),
		cmocka_unit_test(a_clock_that_runs_backwards),
		cmocka_unit_test(a_summary),
		cmocka_unit_test(a_forecast),
		cmocka_unit_test(what_has_ended),
		cmocka_unit_test(what_is_only_held),
		cmocka_unit_test(a_process_at_its_limit),
		cmocka_unit_test(a_host_at_its_limit),
		cmocka_unit_test(a_summary_before_the_first_sweep),
	};

	return cmocka_run_group_tests_name("json_report", tests, NULL, NULL);
}
