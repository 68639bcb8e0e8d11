/* SPDX-License-Identifier: BSD-2-Clause */
/* stacks_file: which sites are kept, for how long, how many, and when they are written. */
#include "stacks_file_fixture.h"

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

/* With long stacks the file ends before the number does: the least recent are left out. */
static void the_bytes_are_bounded(void **state)
{
	size_t frame = 1024, frames = 127, sites = STACKS_FILE_BYTES / (frame * frames) + 20;
	char *bytes, *module = malloc(frame + 1);

	(void)state;
	memset(module, 'm', frame);
	module[frame] = '\0';
	stacks_file__free(file);
	file = stacks_file__new((unsigned int)sites);
	for (size_t i = 0; i < sites; i++) {
		struct owner *owner = owner_new(NULL, NULL, NULL);
		struct event event = a_event(i + 1, "long");
		struct stack *stack = stack_new((unsigned int)frames);

		stack->site = i + 1;
		for (size_t n = 0; n < frames; n++)
			stack->frames[n].module = strdup(module);
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
	free(module);
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

static void it_is_written_when_there_is_news(void **state)
{
	char path[] = "/tmp/sockleak-stacks-XXXXXX";
	_cleanup_text_ struct text error = TEXT_INIT;
	struct stat stat;
	bool written;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(stacks_file__write(file, path, &summary, 0644, &written), 0);
	assert_false(written);
	leak_at(0xaaaa, "a", "a.service", 1);
	assert_int_equal(stacks_file__update(file, leaks, &summary), 0);
	assert_int_equal(stacks_file__write(file, path, &summary, 0644, &written), 0);
	assert_true(written);
	assert_int_equal(stacks_file__update(file, leaks, &summary), 0);
	assert_int_equal(stacks_file__write(file, path, &summary, 0644, &written), 0);
	assert_false(written);
	leak_at(0xaaaa, "a", "a.service", 5); /* the same stack, and now it leaks */
	assert_int_equal(stacks_file__update(file, leaks, &summary), 0);
	assert_int_equal(stacks_file__write(file, "/no/such/file", &summary, 0644, &written),
			 -ENOENT);
	assert_false(written);
	assert_int_equal(stacks_file__write(file, path, &summary, 0644, &written), 0);
	assert_true(written);
	assert_int_equal(lstat(path, &stat), 0);
	assert_int_equal(stat.st_mode & 07777, 0644);
	assert_int_equal(
		explain_site(path, &(struct options){ .site = "000000000000aaaa" }, stderr, &error),
		0);
	leak_at(0xaaaa, "a", "a.service", 1); /* one more: the metrics say so as well */
	assert_int_equal(stacks_file__update(file, leaks, &summary), 0);
	assert_int_equal(stacks_file__write(file, path, &summary, 0644, &written), 0);
	assert_true(written);
	summary.now_ns += STACKS_FILE_PAUSE_NS / 2; /* only time has passed */
	assert_int_equal(stacks_file__update(file, leaks, &summary), 0);
	assert_int_equal(stacks_file__write(file, path, &summary, 0644, &written), 0);
	assert_false(written);
	summary.now_ns += STACKS_FILE_PAUSE_NS;
	assert_int_equal(stacks_file__write(file, path, &summary, 0644, &written), 0);
	assert_true(written);
	unlink(path);
}

/* A socket of a script that a perf map names, at the site. */
static void script_leaks(__u64 site, const char *name)
{
	struct owner *owner = owner_new(strdup("/usr/bin/node"), NULL, NULL);
	struct event event = a_event(next_inode++, "node");
	struct stack *stack = stack_new(1);

	stack->site = site;
	stack->frames[0].module = strdup(FRAME_JIT);
	stack->frames[0].function = strdup(name);
	event.tgid = (__u32)site;
	assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	owner_unref(owner);
	stack_unref(stack);
}

/* A second script leaks at the site, and the entry for the first does not hide it. */
static void an_entry_follows_what_is_known(void **state)
{
	char *bytes;

	(void)state;
	script_leaks(0xabc, "LazyCompile:*dial /srv/app.js:3:12");
	bytes = content();
	assert_null(strstr(bytes, "culprit = "));
	free(bytes);
	script_leaks(0xabc, "LazyCompile:*poll /srv/app.js:9:1");
	bytes = content();
	assert_non_null(strstr(bytes, "culprit = *[*~^+]dial /srv/app.js:3:12"));
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_object_is_ascii),
		test(a_site_is_kept_for_a_while),
		test(what_ended_says_so_for_a_day),
		test(the_ends_of_two_programs_are_added),
		test(what_ended_unseen_is_there),
		test(the_bytes_are_bounded),
		test(the_number_is_bounded),
		test(what_leaked_outlives_what_did_not),
		test(an_entry_follows_what_is_known),
		test(it_is_written_when_there_is_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
