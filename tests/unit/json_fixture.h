/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_fixture: the story's leak and its stack, and JSON that is valid; for the tests of
 * json_report.h.
 */
#ifndef JSON_FIXTURE_H
#define JSON_FIXTURE_H

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

#define _unused_ __attribute__((unused))

#define SECOND 1000000000ULL
#define BOOT_TO_WALL (1790000000LL * 1000000000LL) /* 2026-09-21T14:13:20Z, in ns */

_unused_ static struct owner story_owner = {
	.refs = 1,
	.exe = (char[]){ "/usr/bin/ruby" },
	.command = (char[]){ "ruby bin/delayed_job run" },
	.cgroup = (char[]){ "/system.slice/delayed_job.service" },
	.unit = (char[]){ "delayed_job.service" },
};

_unused_ static struct holder story_holder = {
	.tgid = 4242, .fd = 35, .uid = 1000, .comm = "delayed_job"
};

_unused_ static struct summary at(__u64 now_ns)
{
	return (struct summary){ .now_ns = now_ns, .wall_offset_ns = BOOT_TO_WALL };
}

_unused_ static struct leak story_leak(void)
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

_unused_ static struct stack *story_stack(void)
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

/* All that the tests of a program have made, for all_lines_pass_the_schema(), its last one. */
static struct text all_lines;

_unused_ static void assert_valid(const struct text *lines)
{
	assert_int_equal(text_error(lines), 0);
	text_add_bytes(&all_lines, lines->data, lines->len);
}

/* One start of python for all: it takes longer than any test. */
_unused_ static void all_lines_pass_the_schema(void **state)
{
	char command[1024];
	const char *slash = strrchr(__FILE__, '/');
	FILE *pipe;

	(void)state;
	snprintf(command, sizeof(command), "python3 %.*s/../schema/validate.py",
		 slash ? (int)(slash - __FILE__) : 1, slash ? __FILE__ : ".");
	if (access(strrchr(command, ' ') + 1, R_OK) || system("python3 -c ''")) {
		print_message("no python3, or not run from the top: schema not checked\n");
		skip();
	}
	assert_true(all_lines.len > 0);
	pipe = popen(command, "w");
	assert_non_null(pipe);
	fwrite(all_lines.data, 1, all_lines.len, pipe);
	if (pclose(pipe))
		fail_msg("%s", text_str(&all_lines));
	text_free(&all_lines);
}

_unused_ static void assert_has(const struct text *line, const char *part)
{
	if (!strstr(text_str(line), part))
		fail_msg("no %s in %s", part, text_str(line));
}

_unused_ static void ignore(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)leak, (void)change, (void)ctx;
}

#endif /* JSON_FIXTURE_H */
