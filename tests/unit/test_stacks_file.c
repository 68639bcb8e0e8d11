/* SPDX-License-Identifier: BSD-2-Clause */
/* stacks_file and explain: what is kept, what is written, and how it is read again. */
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

static struct leaks *leaks;
static struct stacks_file *file;
static struct summary summary;
static __u64 next_inode;

static int begin(void **state)
{
	(void)state;
	leaks = leaks__new(~0U, SECOND, ignore, NULL);
	file = stacks_file__new(3);
	summary = (struct summary){ .now_ns = NOW, .wall_offset_ns = WALL };
	next_inode = 1;
	return leaks && file ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	leaks__free(leaks);
	stacks_file__free(file);
	return 0;
}

/* A site of this id leaks; the inode of its first socket. */
static __u64 leak_at(__u64 site, const char *comm, const char *unit, unsigned int count)
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

static void all_end_as(__u64 first, unsigned int count, enum end_reason reason)
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

static void all_end(__u64 first, unsigned int count)
{
	all_end_as(first, count, END_CLOSED);
}

/* The file as it is now, freed by the caller. */
static char *content(void)
{
	struct text out = TEXT_INIT;

	assert_int_equal(stacks_file__update(file, leaks, &summary), 0);
	stacks_file__add_json(file, &summary, &out);
	assert_int_equal(text_error(&out), 0);
	return out.data;
}

/* As if it had been written in this moment. */
static char *written_now(const char *bytes)
{
	static const char key[] = "\"written\":\"";
	char *fresh = strdup(bytes), *at = strstr(fresh, key);
	char date[DATE_SIZE];

	assert_true(date_format((__s64)clock_now(CLOCK_REALTIME), date));
	if (at)
		memcpy(at + strlen(key), date, strlen(date));
	return fresh;
}

static int explained(const char *bytes, const char *site, bool as_json, struct text *out,
		     struct text *error)
{
	char *fresh = written_now(bytes);
	int err;

	text_clear(out);
	text_clear(error);
	err = explain_bytes(fresh, strlen(fresh), site, as_json, out, error);
	free(fresh);
	return err;
}

static void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected\n%s\nin\n%s", part, text);
}

/* The same of a text whose lines are broken where the day's length of an age has it. */
static void expect_words(const char *text, const char *part)
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

static void a_site_reads_back(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	char *bytes;

	(void)state;
	leak_at(0xeea983d044a886c5, "worker", "app.service", 5);
	bytes = content();
	assert_int_equal(explained(bytes, "eea983d044a886c5", false, &out, &error), 0);
	expect(text_str(&out), "worker leaks sockets: 5 open\n"
			       "in messaging::Transport::Transport(int) (libtransport.so.2)\n"
			       "at src/transport.cpp:42\nof the package transport 1.2-3\n");
	expect(text_str(&out), "  Site       eea983d044a886c5\n");
	expect(text_str(&out), "5 only asked for its peer (probed)\n");
	expect(text_str(&out), "  Since      2023-11-14T22:29:00.000Z, ");
	expect(text_str(&out), "  Last seen  2023-11-14T22:30:00.000Z, ");
	expect(text_str(&out), "  Held by    worker[1151895237]: 5 open, oldest ");
	expect(text_str(&out), ", unit app.service\n");
	expect(text_str(&out), "\nWhere they are created, stack by fp:\n  #0  socket (libc.so.6)\n"
			       "  #1  messaging::Transport::Transport(int) (libtransport.so.2) at "
			       "src/transport.cpp:42\n");
	expect(text_str(&out), "\n[site eea983d044a886c5]\ncomm = worker\n"
			       "function = messaging::Transport::Transport(int)\n");
	/* By its beginning, in capitals; and as it is in the file. */
	assert_int_equal(explained(bytes, "EEA9", true, &out, &error), 0);
	expect(text_str(&out), "{\"site\":\"eea983d044a886c5\",\"function\":");
	assert_int_equal(out.data[out.len - 1], '\n');
	free(bytes);
}

/* One more socket of the site 0xaaaa, in this process. */
static struct event hold(__u32 tgid, const char *unit)
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

/* Nobody has written the file for long: what it says of then is not said of now. */
static void what_an_agent_left_is_told_of_then(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	char *bytes;

	(void)state;
	leak_at(0xaaaa, "a", "a.service", 6);
	bytes = content();
	assert_int_equal(explain_bytes(bytes, strlen(bytes), "0000", false, &out, &error), 0);
	expect(text_str(&out), "a leaked sockets: 6 were open then\n");
	expect_words(text_str(&out), "Written 2023-11-14T22:30:00.000Z, ");
	expect_words(text_str(&out), " ago: this was the state then ");
	free(bytes);

	all_end(1, 6);
	bytes = content();
	text_clear(&out);
	assert_int_equal(explain_bytes(bytes, strlen(bytes), "0000", false, &out, &error), 0);
	expect(text_str(&out), "a held sockets that were never connected; none was open then\n");
	free(bytes);
}

/* All the processes that hold some, the most first; one that shares a socket counts it, too. */
static void who_holds_how_many(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	struct event shared;
	char *bytes;

	(void)state;
	hold(11, "b.service");
	for (int i = 0; i < 3; i++)
		shared = hold(12, "a.service");
	shared.kind = EVENT_HELD;
	shared.tgid = 13;
	strcpy(shared.comm, "child");
	assert_int_equal(leaks__apply(leaks, &shared, NULL, NULL), 0);
	leaks__tick(leaks, NOW);
	bytes = content();
	expect(bytes, "\"processes\":[{\"pid\":12,\"comm\":\"MainThread\",\"name\":\"node\","
		      "\"unit\":\"a.service\",\"container\":null,\"pod\":null,\"open\":3,"
		      "\"oldest\":\"2023-11-14T22:29:48.000Z\"},{\"pid\":11,");
	expect(bytes, "{\"pid\":13,\"comm\":\"child\",\"name\":\"child\",\"unit\":null,"
		      "\"container\":null,\"pod\":null,\"open\":1,");
	expect(bytes, "],\"more_processes\":0,\"more_open\":0,");
	assert_int_equal(explained(bytes, "0000", false, &out, &error), 0);
	assert_true(!strncmp(text_str(&out), "node holds sockets that are not connected: 4", 44));
	expect(text_str(&out), "  Held by    node[12]: 3 open, oldest ");
	expect(text_str(&out), "             node[11]: 1 open, oldest ");
	expect(text_str(&out), "             child[13]: 1 open, oldest ");
	assert_null(strstr(text_str(&out), "more process"));
	free(bytes);
}

/* How many were left out is said. */
static void holders_are_bounded(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	char *bytes;

	(void)state;
	for (__u32 tgid = 1; tgid <= SITE_HOLDERS_MAX + 3; tgid++)
		for (int i = 0; i < (tgid > 3 ? 3 : 2); i++)
			hold(tgid, "a.service");
	leaks__tick(leaks, NOW);
	bytes = content();
	expect(bytes, "\"more_processes\":3,\"more_open\":6,");
	assert_int_equal(explained(bytes, "0000", false, &out, &error), 0);
	expect(text_str(&out), "             and 3 more processes: 6 open\n");
	assert_null(strstr(text_str(&out), "node[3]:"));
	expect(text_str(&out), "node[35]:");
	free(bytes);
}

static void no_command_line_is_told(void **state)
{
	char *bytes;

	(void)state;
	leak_at(7, "worker", "app.service", 5);
	bytes = content();
	assert_null(strstr(bytes, "hunter2"));
	assert_null(strstr(bytes, "/usr/bin/secret"));
	free(bytes);
}

static void what_is_no_site_is_said(void **state)
{
	static const struct {
		const char *site;
		int err;
		const char *why;
	} cases[] = {
		{ "abc", -EINVAL, "'abc' is not a site id: give its 16 hex digits" },
		{ "xyzw\033", -EINVAL, "'xyzw\\x1b' is not a site id" },
		{ "00000000000000001", -EINVAL, "is not a site id" },
		{ "other", -EINVAL, "beyond --max-sites" },
		{ "unknown", -EINVAL, "without a stack" },
		{ "ffff", -ENOENT,
		  "none of the 2 known sites begins with ffff (written "
		  "20" },
		{ "0000", -ENOTUNIQ, "2 sites begin with 0000: give more digits" },
	};
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	char *bytes;

	(void)state;
	leak_at(0xaaaa, "a", "a.service", 5);
	leak_at(0xbbbb, "b", "b.service", 5);
	bytes = content();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(explained(bytes, cases[i].site, false, &out, &error),
				 cases[i].err);
		expect(text_str(&error), cases[i].why);
	}
	/* The last one lists them. */
	expect(text_str(&out), "000000000000aaaa  messaging::Transport::Transport(int)");
	expect(text_str(&out), "000000000000bbbb  messaging::");
	free(bytes);
}

static void a_bad_file_is_refused(void **state)
{
	static const char *const files[] = { "",
					     "{",
					     "[]",
					     "{\"sites\":[],\"sites\":[]}",
					     "{\"sites\":{},\"version\":1}",
					     "{\"sites\":[],\"version\":2}",
					     "{\"sites\":[]}" };
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(explained(files[i], "abcd", false, &out, &error), -EPROTO);
		assert_true(error.len > 0);
	}
	/* What is of another type, or missing, is passed over. null is what libjansson makes. */
	assert_int_equal(
		explained("{\"version\":1,\"sites\":[7,null,{\"site\":null},"
			  "{\"site\":\"abcd000000000000\",\"open\":\"x\",\"stack\":[1,null,"
			  "\"f\\u001b\"],\"programs\":{},\"classes\":[],\"install\":[null]}]}",
			  "abcd", false, &out, &error),
		0);
	expect(text_str(&out),
	       "A program held sockets that were never connected; none is open now\n"
	       "in code without a name\n");
	expect(text_str(&out), "  #2  f\\x1b\n");
}

/* libjansson leaves DEL as it is. */
static void the_object_is_ascii(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;

	(void)state;
	assert_int_equal(explained("{\"version\":1,\"sites\":[{\"site\":\"abcd000000000000\","
				   "\"function\":\"\x7f\xc3\xa4\\u001b\"}]}",
				   "abcd", true, &out, &error),
			 0);
	assert_string_equal(text_str(&out), "{\"site\":\"abcd000000000000\",\"function\":\"\\u007f"
					    "\\u00E4\\u001B\"}\n");
}

static void a_site_is_kept_for_a_while(void **state)
{
	__u64 first = leak_at(0xaaaa, "a", "a.service", 5);
	char *bytes = content();

	(void)state;
	free(bytes);
	all_end(first, 5);
	summary.now_ns = NOW + DAY;
	bytes = content();
	expect(bytes, "\"site\":\"000000000000aaaa\"");
	expect(bytes, "\"leaking\":false,\"open\":0,\"classes\":{\"probed\":5}");
	expect(bytes, "\"last_seen\":\"2023-11-14T22:30:00.000Z\",\"ended\":null,"
		      "\"programs\":[{\"comm\":\"a\"");
	free(bytes);
	summary.now_ns = NOW + DAY + SECOND;
	bytes = content();
	assert_null(strstr(bytes, "aaaa"));
	free(bytes);
}

/* A process that leaked, and exited with its sockets. */
static void what_ended_says_so_for_a_day(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	__u64 first = leak_at(0xaaaa, "a", "a.service", 5);
	char *bytes = content();

	(void)state;
	expect(bytes, "\"ended\":null,");
	free(bytes);
	summary.now_ns = NOW + 60 * SECOND;
	all_end_as(first, 5, END_EXITED);
	summary.now_ns += 2 * SECOND;
	bytes = content();
	expect(bytes, "\"leaking\":false,\"open\":0,\"classes\":{\"probed\":5}");
	expect(bytes, "\"last_seen\":\"2023-11-14T22:31:00.000Z\","
		      "\"ended\":{\"time\":\"2023-11-14T22:31:00.000Z\",\"sockets\":5,"
		      "\"processes\":1,\"pid\":43690},\"programs\":[{\"comm\":\"a\"");
	assert_int_equal(explained(bytes, "0000", false, &out, &error), 0);
	expect(text_str(&out), "a leaked sockets and exited; none is open now\nin ");
	expect(text_str(&out), "  Ended      2023-11-14T22:31:00.000Z, ");
	expect_words(text_str(&out), ": 5 sockets, when 43690 exited ");
	free(bytes);
	/* Another process of it. */
	summary.now_ns += 60 * SECOND;
	all_end_as(leak_at(0xaaaa, "a", "a.service", 6), 6, END_EXITED);
	bytes = content();
	expect(bytes, "\"sockets\":11,\"processes\":2,");
	assert_int_equal(explained(bytes, "0000", false, &out, &error), 0);
	expect(text_str(&out), ": 11 sockets of 2");
	free(bytes);
	summary.now_ns += DAY + SECOND;
	bytes = content();
	expect(bytes, "\"sites\":[]");
	free(bytes);
}

/* Two programs that make their sockets at one site, as scripts of one interpreter do. */
static void the_ends_of_two_programs_are_added(void **state)
{
	__u64 first = leak_at(0xaaaa, "a", "a.service", 10);
	__u64 second = leak_at(0xaaaa, "b", "b.service", 4);
	char *bytes;

	(void)state;
	all_end_as(first, 10, END_EXITED);
	bytes = content();
	expect(bytes, "\"sockets\":10,\"processes\":1,");
	free(bytes);
	summary.now_ns += 2 * SECOND;
	all_end_as(second, 4, END_EXITED);
	bytes = content();
	expect(bytes, "\"sockets\":14,\"processes\":2,");
	free(bytes);
}

/* It came and went between two updates; and one that did not leak does not come at all. */
static void what_ended_unseen_is_there(void **state)
{
	char *bytes;

	(void)state;
	all_end_as(leak_at(0xaaaa, "a", "a.service", 5), 5, END_EXITED);
	all_end_as(leak_at(0xbbbb, "b", "b.service", 1), 1, END_EXITED);
	bytes = content();
	expect(bytes,
	       "\"open\":0,\"classes\":{\"probed\":5},\"first_created\":\"2023-11-14T22:29:00");
	expect(bytes, "\"ended\":{\"time\":");
	expect(bytes, "\"programs\":[{\"comm\":\"a\",\"name\":\"a\",\"unit\":\"a.service\"");
	assert_null(strstr(bytes, "bbbb"));
	free(bytes);
}

/* What `bytes` hold is the file of the run before, which ended just now. */
static int recall(const char *bytes)
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

/* After a restart of the agent, and of the host, whose clock begins anew. */
static void a_restart_keeps_the_sites(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	__u64 first = leak_at(0xaaaa, "a", "a.service", 5);
	char *bytes;

	(void)state;
	leak_at(0xbbbb, "b", "b.service", 6);
	free(content());
	all_end_as(first, 5, END_EXITED);
	bytes = content();
	summary.wall_offset_ns += 7 * 3600 * (__s64)SECOND;
	assert_int_equal(recall(bytes), 0);
	free(bytes);
	bytes = content();
	expect(bytes, "\"site\":\"000000000000aaaa\",\"function\":\"messaging::Transport");
	expect(bytes, "\"leaking\":false,\"open\":0,\"classes\":{\"probed\":5},\"first_created\":"
		      "\"2023-11-14T22:29:00.000Z\",\"last_seen\":\"2023-11-14T22:30:00.000Z\","
		      "\"ended\":{\"time\":\"2023-11-14T22:30:00.000Z\",\"sockets\":5,");
	expect(bytes, "\"leaking\":false,\"open\":null,\"classes\":{\"probed\":6}");
	assert_int_equal(explained(bytes, "000000000000aaaa", false, &out, &error), 0);
	expect(text_str(&out), "a leaked sockets and exited; none is open now\n");
	expect(text_str(&out), "  #1  messaging::Transport::Transport(int) (libtransport.so.2)");
	assert_int_equal(explained(bytes, "000000000000bbbb", false, &out, &error), 0);
	expect(text_str(&out),
	       "b held sockets that were never connected; not seen since the agent was "
	       "restarted\n");
	free(bytes);
	/* They leak again: their history goes on. */
	leak_at(0xbbbb, "b", "b.service", 2);
	all_end_as(leak_at(0xaaaa, "a", "a.service", 4), 4, END_EXITED);
	bytes = content();
	expect(bytes,
	       "\"open\":2,\"classes\":{\"probed\":2},\"first_created\":\"2023-11-14T22:29:00");
	expect(bytes, "\"sockets\":9,\"processes\":2,");
	free(bytes);
	summary.now_ns += DAY + SECOND;
	all_end(3, 0);
	free(content());
	assert_int_equal(stacks_file__dropped(file), 0);
}

static void what_is_too_old_is_not_recalled(void **state)
{
	char *bytes;

	(void)state;
	leak_at(0xaaaa, "a", "a.service", 5);
	bytes = content();
	summary.wall_offset_ns += DAY + SECOND;
	assert_int_equal(recall(bytes), 0);
	free(bytes);
	bytes = content();
	expect(bytes, "\"sites\":[]");
	free(bytes);
}

static void a_bad_file_is_not_recalled(void **state)
{
	char path[] = "/tmp/sockleak-stacks-XXXXXX", link[] = "/tmp/sockleak-stacks-XXXXXX";
	static const char *const files[] = { "", "{", "[]", "{\"sites\":[],\"version\":2}",
					     "{\"sites\":{},\"version\":1}" };
	char *bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_int_equal(recall(files[i]), -EPROTO);
	/* What is not as it should be is passed over, and what is there twice is there once. */
	assert_int_equal(recall("{\"version\":1,\"sites\":[7,null,{},{\"site\":null},"
				"{\"site\":\"abcd000000000000\"},"
				"{\"site\":\"abcd\",\"last_seen\":\"2023-11-14T22:30:00.000Z\"},"
				"{\"site\":\"abcd000000000000\",\"last_seen\":\"soon\"},"
				"{\"site\":\"abcd000000000001\",\"last_seen\":"
				"\"2023-11-14T22:30:00.000Z\",\"function\":\"\x7f\",\"ended\":[]},"
				"{\"site\":\"abcd000000000001\",\"last_seen\":"
				"\"2023-11-14T22:30:00.000Z\"}]}"),
			 0);
	bytes = content();
	expect(bytes, "\"sites\":[{\"site\":\"abcd000000000001\",\"last_seen\":"
		      "\"2023-11-14T22:30:00.000Z\",\"function\":\"\\u007f\",\"ended\":[],"
		      "\"leaking\":false}]}");
	free(bytes);
	assert_int_equal(stacks_file__recall(file, "/no/such/file", &summary), 0);
	assert_int_equal(stacks_file__recall(file, "/tmp", &summary), -EPERM);
	close(mkstemp(path));
	close(mkstemp(link));
	unlink(link);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(stacks_file__recall(file, link, &summary), -EPERM);
	assert_int_equal(truncate(path, (off_t)RECALL_MAX_BYTES + 1), 0);
	assert_int_equal(stacks_file__recall(file, path, &summary), -EFBIG);
	if (!geteuid()) {
		assert_int_equal(truncate(path, 0), 0);
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(stacks_file__recall(file, path, &summary), -EPERM);
	}
	unlink(path);
	unlink(link);
}

/* What is larger than any site that was written is left out, and what has no room is counted. */
static void what_is_recalled_is_bounded(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	char *bytes;

	(void)state;
	text_add(&text, "{\"version\":1,\"sites\":[");
	for (int i = 0; i < 6; i++) {
		text_addf(&text,
			  "%s{\"site\":\"abcd00000000000%d\",\"last_seen\":\"2023-11-14T22:"
			  "30:00.000Z\",\"function\":\"",
			  i ? "," : "", i);
		for (int n = 0; n < (i ? 1 : RECALL_MAX_SITE_BYTES); n++)
			text_add(&text, "x");
		text_add(&text, "\"}");
	}
	text_add(&text, "]}");
	assert_int_equal(recall(text_str(&text)), 0);
	bytes = content();
	assert_null(strstr(bytes, "abcd000000000000"));
	expect(bytes, "abcd000000000001");
	expect(bytes, "abcd000000000003");
	assert_null(strstr(bytes, "abcd000000000004"));
	free(bytes);
	assert_int_equal(stacks_file__dropped(file), 2);
}

/* With long stacks the file ends before the number does: the least recent are left out. */
static void the_bytes_are_bounded(void **state)
{
	size_t frame = 1024, frames = 127, sites = STACKS_FILE_BYTES / (frame * frames) + 20;
	char *bytes, *function = malloc(frame + 1);

	(void)state;
	memset(function, 'f', frame);
	function[frame] = '\0';
	stacks_file__free(file);
	file = stacks_file__new((unsigned int)sites);
	for (size_t i = 0; i < sites; i++) {
		struct owner *owner = owner_new(NULL, NULL, NULL);
		struct event event = a_event(i + 1, "long");
		struct stack *stack = stack_new((unsigned int)frames);

		stack->site = i + 1;
		for (size_t n = 0; n < frames; n++)
			stack->frames[n].function = strdup(function);
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
		owner_unref(owner);
		stack_unref(stack);
	}
	leaks__tick(leaks, NOW);
	bytes = content();
	assert_true(strlen(bytes) < STACKS_FILE_BYTES + 64);
	assert_true(strlen(bytes) > STACKS_FILE_BYTES - frame * frames * 2);
	assert_true(stacks_file__dropped(file) > 10);
	assert_string_equal(bytes + strlen(bytes) - 4, "}]}\n");
	free(bytes);
	free(function);
}

/* There is room for three: the one not seen for the longest gives way, an open one never. */
static void the_number_is_bounded(void **state)
{
	__u64 first;
	char *bytes;

	(void)state;
	first = leak_at(0xaaaa, "a", "a.service", 5);
	leak_at(0xbbbb, "b", "b.service", 6);
	leak_at(0xcccc, "c", "c.service", 7);
	free(content());
	all_end(first, 5);
	leak_at(0xdddd, "d", "d.service", 8);
	bytes = content();
	assert_null(strstr(bytes, "aaaa"));
	expect(bytes, "000000000000bbbb");
	expect(bytes, "000000000000dddd");
	free(bytes);
	leak_at(0xeeee, "e", "e.service", 4);
	bytes = content();
	assert_null(strstr(bytes, "eeee"));
	expect(bytes, "000000000000bbbb");
	free(bytes);
}

/* A cron job's socket that never leaked gives way before a leak that ended before it. */
static void what_leaked_outlives_what_did_not(void **state)
{
	__u64 first;
	char *bytes;

	(void)state;
	all_end_as(leak_at(0xaaaa, "a", "a.service", 5), 5, END_EXITED);
	free(content());
	summary.now_ns += 10 * SECOND;
	first = leak_at(0xbbbb, "b", "b.service", 1);
	free(content());
	all_end(first, 1);
	leak_at(0xcccc, "c", "c.service", 5);
	leak_at(0xdddd, "d", "d.service", 5);
	bytes = content();
	expect(bytes, "000000000000aaaa");
	assert_null(strstr(bytes, "bbbb"));
	assert_int_equal(stacks_file__dropped(file), 1);
	free(bytes);
}

static int find_package(void *ctx, pid_t tgid, const char *path, const char *build_id,
			struct package *ret_package)
{
	(void)ctx, (void)tgid, (void)build_id;
	*ret_package = (struct package){ .kind = PACKAGE_DEB };
	strcpy(ret_package->name, "x");
	strcpy(ret_package->debug,
	       strstr(path, "transport") ? "transport-dbgsym" : "elsewhere-dbgsym");
	return 0;
}

/* For the modules of this stack, and no others. */
static void what_to_install_is_told(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	struct hints *hints;
	char *bytes;

	(void)state;
	assert_int_equal(hints__new(find_package, NULL, &hints), 0);
	hints__begin(hints);
	hints__add(hints, getpid(), "/usr/lib/libtransport.so.2", NULL);
	hints__add(hints, getpid(), "/usr/lib/libelsewhere.so", NULL);
	assert_int_equal(hints__finish(hints), 0);
	assert_int_equal(hints__count(hints), 2);
	summary.hints = hints;
	leak_at(0xaaaa, "a", "a.service", 5);
	bytes = content();
	expect(bytes, "\"install\":[\"apt install transport-dbgsym\"]");
	assert_int_equal(explained(bytes, "0000", false, &out, &error), 0);
	expect(text_str(&out),
	       "install debug information:\n  apt install transport-dbgsym\n\nTo suppress");
	free(bytes);
	hints__free(hints);
}

static void it_is_written_when_there_is_news(void **state)
{
	char path[] = "/tmp/sockleak-stacks-XXXXXX";
	_cleanup_text_ struct text error = TEXT_INIT;
	struct stat stat;
	bool written;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(stacks_file__write(file, path, &summary, &written), 0);
	assert_false(written);
	leak_at(0xaaaa, "a", "a.service", 1);
	assert_int_equal(stacks_file__update(file, leaks, &summary), 0);
	assert_int_equal(stacks_file__write(file, path, &summary, &written), 0);
	assert_true(written);
	assert_int_equal(stacks_file__update(file, leaks, &summary), 0);
	assert_int_equal(stacks_file__write(file, path, &summary, &written), 0);
	assert_false(written);
	leak_at(0xaaaa, "a", "a.service", 5); /* the same stack, and now it leaks */
	assert_int_equal(stacks_file__update(file, leaks, &summary), 0);
	assert_int_equal(stacks_file__write(file, "/no/such/file", &summary, &written), -ENOENT);
	assert_false(written);
	assert_int_equal(stacks_file__write(file, path, &summary, &written), 0);
	assert_true(written);
	assert_int_equal(lstat(path, &stat), 0);
	assert_int_equal(stat.st_mode & 07777, 0644);
	assert_int_equal(explain_site(path, "000000000000aaaa", false, stderr, &error), 0);
	summary.now_ns += STACKS_FILE_PAUSE_NS;
	assert_int_equal(stacks_file__write(file, path, &summary, &written), 0);
	assert_true(written);
	unlink(path);
}

static void a_file_that_is_none_is_said(void **state)
{
	char path[] = "/tmp/sockleak-stacks-XXXXXX";
	_cleanup_text_ struct text error = TEXT_INIT;

	(void)state;
	assert_int_equal(explain_site("/no/such/file", "abcd", false, stderr, &error), -ENOENT);
	expect(text_str(&error),
	       "cannot read /no/such/file: No such file or directory (a 'sockleak "
	       "agent' with --textfile writes it when it finds a leak)");
	text_clear(&error);
	assert_int_equal(explain_site("/tmp", "abcd", false, stderr, &error), -EISDIR);
	close(mkstemp(path));
	assert_int_equal(truncate(path, (off_t)EXPLAIN_MAX_BYTES + 1), 0);
	text_clear(&error);
	assert_int_equal(explain_site(path, "abcd", false, stderr, &error), -EFBIG);
	unlink(path);
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_site_reads_back),
		test(what_an_agent_left_is_told_of_then),
		test(who_holds_how_many),
		test(holders_are_bounded),
		test(no_command_line_is_told),
		test(what_is_no_site_is_said),
		test(a_bad_file_is_refused),
		test(the_object_is_ascii),
		test(a_site_is_kept_for_a_while),
		test(what_ended_says_so_for_a_day),
		test(the_ends_of_two_programs_are_added),
		test(what_ended_unseen_is_there),
		test(a_restart_keeps_the_sites),
		test(what_is_too_old_is_not_recalled),
		test(a_bad_file_is_not_recalled),
		test(what_is_recalled_is_bounded),
		test(the_bytes_are_bounded),
		test(what_leaked_outlives_what_did_not),
		test(the_number_is_bounded),
		test(what_to_install_is_told),
		test(it_is_written_when_there_is_news),
		test(a_file_that_is_none_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
