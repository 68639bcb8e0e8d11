/* SPDX-License-Identifier: BSD-2-Clause */
/* json_report: leaks as JSON Lines, byte for byte and against the schema. */
#include "json_fixture.h"

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
		"\"unit\":\"delayed_job.service\",\"machine\":null,\"container\":null,\"pod\":null,"
		"\"evidence\":{\"getpeername_enotconn\":1,\"first_enotconn_after_s\":0.012,"
		"\"disconnected\":null,"
		"\"connect_tries\":0,\"connect_errno\":null,\"destination\":null,"
		"\"bind_tries\":0,\"bind_errno\":null,\"bound\":false},"
		"\"site\":\"00ab54a98ceb1f0a\","
		"\"culprit\":{\"function\":\"__socket\",\"module\":\"/usr/lib/libc.so.6\","
		"\"file\":\"socket.c\",\"line\":120,\"language\":null,\"emulator\":null,"
		"\"interpreted\":true,\"caller\":null},"
		"\"package\":null,"
		"\"stack\":[{\"kind\":\"native\",\"language\":null,\"pc\":\"0x7f3a5c10ab17\","
		"\"function\":\"__socket\","
		"\"module\":\"/usr/lib/libc.so.6\",\"build_id\":\"8d1f\",\"offset\":1092375,"
		"\"file\":\"socket.c\",\"line\":120,\"inlined\":false,"
		"\"unwound\":\"register\"},"
		"{\"kind\":\"native\",\"language\":null,\"pc\":\"0xdeadbeef\",\"function\":null,"
		"\"module\":null,\"build_id\":null,"
		"\"offset\":null,\"file\":null,\"line\":null,\"inlined\":false,"
		"\"unwound\":null}],\"stack_source\":\"fp\",\"stack_truncated\":false,"
		"\"stack_end\":null,\"unnamed_jit\":null,\"tried\":null}\n");
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
	stack_set_end(leak.stack, STACK_END_COPY);
	leak.stack->frames[0].inlined = true;
	leak.stack->frames[0].source = FRAME_CFI;
	leak.stack->frames[1].source = FRAME_FP;
	leak.stack->frames[1].module = strdup(FRAME_JIT); /* has no offset */
	json_leak(&out, &leak, LEAKS_OPENED, &now, NULL);
	stack_unref(leak.stack);
	assert_has(&out, "\"line\":120,\"inlined\":true,\"unwound\":\"cfi\"}");
	assert_has(&out, "\"module\":\"[jit]\",\"build_id\":null,\"offset\":null,");
	assert_has(&out, "\"inlined\":false,\"unwound\":\"fp\"}],\"stack_source\":\"snapshot\","
			 "\"stack_truncated\":true,\"stack_end\":\"copy\",\"unnamed_jit\":null,"
			 "\"tried\":null}");
	assert_valid(&out);
}

/* The bytes of the code are kept from leak to leak: only those of that stack and executable. */
static void the_stack_before(void **state)
{
	struct owner owners[] = {
		{ .refs = 1, .exe = (char[]){ "/usr/bin/python3.11" } },
		{ .refs = 1, .exe = (char[]){ "/srv/app" } },
	};
	_cleanup_text_ struct text out = TEXT_INIT, anew = TEXT_INIT;
	struct stack *stacks[] = { story_stack(), story_stack(), NULL };
	struct json_last_code last = { 0 };
	struct leak leak = story_leak();
	struct summary now = at(100 * SECOND);
	static const struct {
		int stack, owner;
	} order[] = { { 0, 0 }, { 0, 0 }, { 0, 1 }, { 0, 1 }, { 0, 0 }, { 2, 0 }, { 0, 0 },
		      { 1, 0 }, { 1, 0 }, { 1, 1 }, { 2, 1 }, { 2, 0 }, { 0, 0 } };
	static const size_t resolved_at = 6;

	(void)state;
	leak.event.reason = END_CLOSED;
	stack_set_end(stacks[1], STACK_END_RULES);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		enum leaks_change change = i == resolved_at ? LEAKS_RESOLVED : LEAKS_OPENED;

		leak.stack = stacks[order[i].stack];
		leak.owner = &owners[order[i].owner];
		json_leak(&out, &leak, change, &now, &last);
		json_leak(&anew, &leak, change, &now, NULL);
	}
	assert_has(&out, "\"interpreted\":true");
	assert_has(&out, "\"interpreted\":false");
	assert_string_equal(text_str(&out), text_str(&anew));
	assert_valid(&out);
	json_last_code_clear(&last);
	assert_int_equal(stacks[0]->refs, 1);
	assert_int_equal(owners[0].refs, 1);
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
			 "\"stack_truncated\":null,\"stack_end\":null,\"unnamed_jit\":null,"
			 "\"tried\":null}");
	assert_valid(&out);
}

/* connect() answered EINPROGRESS, and the connection failed afterwards. */
/* Beside the stack of socket(), and not in the line that says that the leak has ended. */
static void where_a_call_failed(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct leak leak = story_leak();
	struct summary now = at(107 * SECOND);

	(void)state;
	leak.tried = (struct tried){ story_stack(), CALL_GETPEERNAME };
	leak.tried.stack->source = STACK_SNAPSHOT;
	json_leak(&out, &leak, LEAKS_OPENED, &now, NULL);
	assert_has(&out, "\"tried\":{\"call\":\"getpeername\",\"stack\":[{\"kind\":\"native\","
			 "\"language\":null,\"pc\":\"0x7f3a5c10ab17\"");
	assert_has(&out, "\"stack_source\":\"snapshot\",");
	assert_valid(&out);
	text_clear(&out);
	leak.event.reason = END_CLOSED;
	json_leak(&out, &leak, LEAKS_RESOLVED, &now, NULL);
	assert_null(strstr(text_str(&out), "tried\":{"));
	stack_unref(leak.tried.stack);
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leak_byte_for_byte),
		cmocka_unit_test(an_unwound_stack),
		cmocka_unit_test(the_stack_before),
		cmocka_unit_test(a_failed_connection),
		cmocka_unit_test(where_a_call_failed),
		cmocka_unit_test(an_error_of_the_socket),
		cmocka_unit_test(of_unknown_origin),
		cmocka_unit_test(made_by_io_uring),
		cmocka_unit_test(resolved),
		cmocka_unit_test(hostile),
		cmocka_unit_test(any_event),
		cmocka_unit_test(a_clock_that_runs_backwards),
		cmocka_unit_test(all_lines_pass_the_schema),
	};

	return cmocka_run_group_tests_name("json_report", tests, NULL, NULL);
}
