/* SPDX-License-Identifier: BSD-2-Clause */
/* report_fixture: leaks to report on, and the report; for the tests of text_report.h. */
#ifndef REPORT_FIXTURE_H
#define REPORT_FIXTURE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/evidence.h"
#include "report/text/text_report.h"

#define _unused_ __attribute__((unused))
#define SECOND 1000000000ULL
#define NOW (1000 * SECOND)

_unused_ static void ignore(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)leak, (void)change, (void)ctx;
}

_unused_ static struct stack *a_stack(const char *function)
{
	struct stack *stack = stack_new(2);

	stack->source = STACK_FP;
	stack->site = 0xabcdef;
	stack->frames[0].function = strdup("socket");
	stack->frames[0].module = strdup("/lib/x86_64-linux-gnu/libc.so.6");
	stack->frames[0].kind = FRAME_OF_LIBC;
	if (function) {
		stack->frames[1].function = strdup(function);
		stack->frames[1].file = strdup("src/transport.cpp");
		stack->frames[1].line = 42;
	}
	stack->frames[1].module = strdup("/usr/lib/libtransport.so.2");
	stack->frames[1].offset = 0x1234;
	return stack;
}

_unused_ static struct event a_event(__u64 inode, const char *comm)
{
	struct event event = { .kind = EVENT_LEAK, .class = CLASS_PROBED, .tgid = 4242 };

	event.socket.inode = inode;
	event.socket.tgid = 4242;
	event.socket.since_ns = NOW - 65 * SECOND;
	event.socket.family = AF_INET;
	event.socket.type = SOCK_STREAM;
	event.socket.protocol = IPPROTO_TCP;
	event.socket.evidence.enotconn = 1;
	event.socket.evidence.first_enotconn_ns = event.socket.since_ns + 14000;
	strncpy(event.comm, comm, sizeof(event.comm) - 1);
	strncpy(event.socket.comm, "creator", sizeof(event.socket.comm) - 1);
	return event;
}

/* Events on the socket of inode 1 that come behind the others. */
_unused_ static const struct event *more;
_unused_ static unsigned int n_more;

/* The path of the executable in it, or NULL. */
_unused_ static const char *report_exe;

/* A report on `count` sockets, each seen by a sweep of its own. */
_unused_ static char *report_on(int count, const char *comm, struct stack *stack,
				const struct text_layout *layout, struct summary *summary)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(report_exe ? strdup(report_exe) : NULL, NULL, NULL);
	struct text out = TEXT_INIT;

	owner->command = strdup("ruby worker.rb --all");
	for (int i = 0; i < count; i++) {
		struct event event = a_event((__u64)i + 1, comm);

		event.socket.since_ns += (__u64)i * 10 * SECOND;
		event.socket.evidence.first_enotconn_ns += (__u64)i * 10 * SECOND;
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
		leaks__tick(leaks, NOW - (__u64)(count - 1 - i) * SECOND);
	}
	for (unsigned int i = 0; i < n_more; i++)
		assert_int_equal(leaks__apply(leaks, &more[i], NULL, NULL), 0);
	summary->now_ns = NOW;
	summary->started_ns = NOW - 100 * SECOND;
	summary->older_than_ns = 5 * SECOND;
	summary->hooks = "tracepoint";
	summary->leaks = leaks__totals(leaks);
	text_report(&out, leaks, summary, layout);
	assert_int_equal(text_error(&out), 0);
	leaks__free(leaks);
	owner_unref(owner);
	stack_unref(stack);
	return out.data;
}

_unused_ static const struct text_layout whole = { .top = 10, .stacks = 3 };

_unused_ static char *report_of(struct leaks *leaks, struct summary *summary)
{
	struct text out = TEXT_INIT;

	summary->now_ns = NOW;
	summary->started_ns = NOW - 100 * SECOND;
	summary->older_than_ns = 5 * SECOND;
	summary->hooks = "tracepoint";
	summary->leaks = leaks__totals(leaks);
	text_report(&out, leaks, summary, &whole);
	leaks__free(leaks);
	return out.data;
}

#endif /* REPORT_FIXTURE_H */
