/* SPDX-License-Identifier: BSD-2-Clause */
/* stacks_file_fixture: sites that are kept, the file of them, and what explain says of it. */
#ifndef STACKS_FILE_FIXTURE_H
#define STACKS_FILE_FIXTURE_H

#include "report_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "commands/explain.h"
#include "lib/time.h"
#include "packages/hints.h"
#include "report/explain/site_holders.h"
#include "report/explain/stacks_file.h"
#include "report/explain/stacks_recall.h"

#define WALL (1700000000LL * (__s64)SECOND)
#define DAY (86400 * SECOND)

_unused_ static struct leaks *leaks;
static struct stacks_file *file;
static struct summary summary;
static __u64 next_inode;

_unused_ static int begin(void **state)
{
	(void)state;
	leaks = leaks__new(~0U, SECOND, ignore, NULL);
	file = stacks_file__new(3);
	summary = (struct summary){ .now_ns = NOW, .wall_offset_ns = WALL };
	next_inode = 1;
	return leaks && file ? 0 : -1;
}

_unused_ static int end(void **state)
{
	(void)state;
	leaks__free(leaks);
	stacks_file__free(file);
	return 0;
}

/* A site of this id leaks; the inode of its first socket. */
_unused_ static __u64 leak_at(__u64 site, const char *comm, const char *unit, unsigned int count)
{
	struct owner *owner = owner_new(strdup("/usr/bin/secret"), NULL, strdup(unit));
	struct stack *stack = a_stack("messaging::Transport::Transport(int)");
	__u64 first = next_inode;

	owner->command = strdup("worker --password=hunter2");
	stack->site = site;
	stack->package = strdup("transport 1.2-3");
	for (unsigned int i = 0; i < count; i++) {
		struct event event = a_event(next_inode++, comm);

		event.tgid = (__u32)site;
		event.socket.since_ns = NOW - 60 * SECOND + i * 2 * SECOND;
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	}
	leaks__tick(leaks, NOW);
	owner_unref(owner);
	stack_unref(stack);
	return first;
}

_unused_ static void all_end_as(__u64 first, unsigned int count, enum end_reason reason)
{
	for (unsigned int i = 0; i < count; i++) {
		struct event event = a_event(first + i, "");

		event.kind = EVENT_ENDED;
		event.reason = reason;
		event.now_ns = summary.now_ns;
		event.socket.since_ns = NOW - 60 * SECOND + i * 2 * SECOND;
		assert_int_equal(leaks__apply(leaks, &event, NULL, NULL), 0);
	}
	leaks__tick(leaks, summary.now_ns);
}

_unused_ static void all_end(__u64 first, unsigned int count)
{
	all_end_as(first, count, END_CLOSED);
}

/* The file as it is now, freed by the caller. */
_unused_ static char *content(void)
{
	struct text out = TEXT_INIT;

	assert_int_equal(stacks_file__update(file, leaks, &summary), 0);
	stacks_file__add_json(file, &summary, &out);
	assert_int_equal(text_error(&out), 0);
	return out.data;
}

/* As if it had been written in this moment. */
_unused_ static char *written_now(const char *bytes)
{
	static const char key[] = "\"written\":\"";
	char *fresh = strdup(bytes), *at = strstr(fresh, key);
	char date[DATE_SIZE];

	assert_true(date_format((__s64)clock_now(CLOCK_REALTIME), date));
	if (at)
		memcpy(at + strlen(key), date, strlen(date));
	return fresh;
}

_unused_ static int explained(const char *bytes, const char *site, bool as_json, struct text *out,
			      struct text *error)
{
	char *fresh = written_now(bytes);
	int err;

	text_clear(out);
	text_clear(error);
	err = explain_bytes(fresh, strlen(fresh), site, as_json, /* is_trusted= */ true, out,
			    /* ret_profile= */ NULL, error);
	free(fresh);
	return err;
}

_unused_ static void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected\n%s\nin\n%s", part, text);
}

/* The same of a text whose lines are broken where the day's length of an age has it. */
_unused_ static void expect_words(const char *text, const char *part)
{
	char *words = strdup(text), *to = words;

	assert_non_null(words);
	for (const char *from = words; *from; from++)
		if (!strchr(" \n", *from) || (to > words && to[-1] != ' '))
			*to++ = *from == '\n' ? ' ' : *from;
	*to = '\0';
	expect(words, part);
	free(words);
}

/* One more socket of the site 0xaaaa, in this process. */
_unused_ static struct event hold(__u32 tgid, const char *unit)
{
	struct owner *owner = owner_new(strdup("/usr/bin/node"), NULL, strdup(unit));
	struct stack *stack = a_stack("make");
	struct event event = a_event(next_inode++, "MainThread");

	stack->site = 0xaaaa;
	strcpy(owner->renamed, "node");
	event.tgid = event.socket.tgid = tgid;
	event.socket.since_ns = NOW - tgid * SECOND;
	assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	owner_unref(owner);
	stack_unref(stack);
	return event;
}

/* What `bytes` hold is the file of the run before, which ended just now. */
_unused_ static int recall(const char *bytes)
{
	char path[] = "/tmp/sockleak-stacks-XXXXXX";
	int fd = mkstemp(path), err;

	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	close(fd);
	leaks__free(leaks);
	stacks_file__free(file);
	leaks = leaks__new(~0U, SECOND, ignore, NULL);
	file = stacks_file__new(3);
	err = stacks_file__recall(file, path, &summary);
	unlink(path);
	return err;
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif /* STACKS_FILE_FIXTURE_H */
