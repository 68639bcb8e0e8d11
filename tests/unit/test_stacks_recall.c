/* SPDX-License-Identifier: BSD-2-Clause */
/* stacks_recall: what a run takes over from the file of the one before, and what it refuses. */
#include "stacks_file_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_restart_keeps_the_sites),
		test(what_is_too_old_is_not_recalled),
		test(a_bad_file_is_not_recalled),
		test(what_is_recalled_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
