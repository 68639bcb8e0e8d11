/* SPDX-License-Identifier: BSD-2-Clause */
/* site_holders: which processes of a site are named in its file, and how many. */
#include "stacks_file_fixture.h"

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
	expect(bytes,
	       "\"processes\":[{\"pid\":12,\"comm\":\"MainThread\",\"name\":\"node\","
	       "\"unit\":\"a.service\",\"machine\":null,\"container\":null,\"pod\":null,\"open\":3,"
	       "\"oldest\":\"2023-11-14T22:29:48.000Z\"},{\"pid\":11,");
	expect(bytes, "{\"pid\":13,\"comm\":\"child\",\"name\":\"child\",\"unit\":null,"
		      "\"machine\":null,\"container\":null,\"pod\":null,\"open\":1,");
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

static void no_command_line_is_reported(void **state)
{
	char *bytes;

	(void)state;
	leak_at(7, "worker", "app.service", 5);
	bytes = content();
	assert_null(strstr(bytes, "hunter2"));
	assert_null(strstr(bytes, "/usr/bin/secret"));
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(who_holds_how_many),
		test(holders_are_bounded),
		test(no_command_line_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
