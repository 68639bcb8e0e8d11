/* SPDX-License-Identifier: BSD-2-Clause */
/* diff: what came, grew, shrank and went, read from JSON, and said as text and as JSON. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "commands/diff.h"
#include "commands/diff_input.h"
#include "lib/text.h"

#define LEAK(inode, site, function)                                                 \
	"{\"type\":\"leak\",\"inode\":" #inode ",\"comm\":\"app\",\"site\":\"" site \
	"\",\"may_be_in_use\":false,\"culprit\":{\"function\":\"" function          \
	"\",\"module\":\"/lib/libx.so\",\"file\":\"a.c\",\"line\":7,\"language\":null}}\n"
#define A "aaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbb"
#define C "cccccccccccccccc"

static int read_text(const char *json, enum diff_side side, struct diff_sites *sites,
		     struct text *error)
{
	FILE *file = fmemopen((void *)json, strlen(json), "r");
	int err;

	assert_non_null(file);
	err = diff_read(file, side, sites, error);
	fclose(file);
	return err;
}

static void expect_diff(const char *before, const char *after, const char *text, const char *json)
{
	_cleanup_text_ struct text out = TEXT_INIT, error = TEXT_INIT;
	struct diff_sites sites = { 0 };

	assert_int_equal(read_text(before, DIFF_BEFORE, &sites, &error), 0);
	assert_int_equal(read_text(after, DIFF_AFTER, &sites, &error), 0);
	diff_add_text(&out, &sites);
	assert_string_equal(text_str(&out), text);
	text_clear(&out);
	diff_add_json(&out, &sites);
	if (json)
		assert_string_equal(text_str(&out), json);
	diff_sites_clear(&sites);
}

static void each_change_has_its_word(void **state)
{
	(void)state;
	expect_diff(LEAK(1, A, "stays") LEAK(2, B, "shrinks") LEAK(3, B, "shrinks")
			    LEAK(4, C, "goes") LEAK(5, "d", "grows"),
		    LEAK(1, A, "stays") LEAK(2, B, "shrinks") LEAK(6, "e", "comes")
			    LEAK(5, "d", "grows") LEAK(7, "d", "grows") LEAK(8, "d", "grows"),
		    "5 sockets open before, 6 after: 1 site came, 1 site grew, 1 site shrank, "
		    "1 site went, 1 as before\n"
		    "came        0 ->      1  comes (libx.so) at a.c:7\n"
		    "                          app, site e\n"
		    "grew        1 ->      3  grows (libx.so) at a.c:7\n"
		    "                          app, site d\n"
		    "shrank      2 ->      1  shrinks (libx.so) at a.c:7\n"
		    "                          app, site " B "\n"
		    "went        1 ->      0  goes (libx.so) at a.c:7\n"
		    "                          app, site " C "\n",
		    NULL);
	expect_diff(LEAK(1, A, "f"), LEAK(9, A, "f"),
		    "1 sockets open before, 1 after: no site has changed\n",
		    "{\"type\":\"diff_summary\",\"open_before\":1,\"open_after\":1,\"came\":0,"
		    "\"grew\":0,\"shrank\":0,\"went\":0,\"same\":1}\n");
}

/* Of a trace the last line of a socket counts. */
static void a_trace_is_read_to_its_end(void **state)
{
	(void)state;
	expect_diff(LEAK(1, A, "f"),
		    LEAK(1, A, "f") LEAK(2, A, "f") LEAK(3, A, "f")
			    LEAK(3, B, "g") "{\"type\":\"resolved\",\"inode\":1}\n"
					    "{\"type\":\"resolved\",\"inode\":99}\n"
					    "{\"type\":\"at_limit\",\"pid\":1}\n"
					    "{\"type\":\"summary\",\"mode\":\"trace\"}\n",
		    "1 sockets open before, 2 after: 1 site came, 1 as before\n"
		    "came        0 ->      1  g (libx.so) at a.c:7\n"
		    "                          app, site " B "\n",
		    "{\"type\":\"site_diff\",\"change\":\"came\",\"open_before\":0,"
		    "\"open_after\":1,\"site\":\"" B "\",\"comm\":\"app\",\"function\":\"g\","
		    "\"module\":\"/lib/libx.so\",\"file\":\"a.c\",\"line\":7,\"language\":null}\n"
		    "{\"type\":\"diff_summary\",\"open_before\":1,\"open_after\":2,\"came\":1,"
		    "\"grew\":0,\"shrank\":0,\"went\":0,\"same\":1}\n");
}

#define MAYBE(inode, mode)                                                                   \
	"{\"type\":\"leak\",\"inode\":" #inode ",\"comm\":\"app\",\"may_be_in_use\":true}\n" \
	"{\"type\":\"summary\",\"mode\":\"" mode "\"}\n"

/* A trace reports one only because its site grows; a scan lists all. */
static void what_may_be_in_use_counts_in_a_trace(void **state)
{
	(void)state;
	expect_diff(MAYBE(1, "scan"), MAYBE(1, "trace"),
		    "0 sockets open before, 1 after: 1 site came\n"
		    "came        0 ->      1  unknown\n"
		    "                          app\n",
		    NULL);
	expect_diff(MAYBE(1, "scan"), MAYBE(2, "scan"),
		    "0 sockets open before, 0 after: no site has changed\n",
		    "{\"type\":\"diff_summary\",\"open_before\":0,\"open_after\":0,\"came\":0,"
		    "\"grew\":0,\"shrank\":0,\"went\":0,\"same\":0}\n");
}

/* Values of another type, and bytes that would reach the terminal. */
static void texts_are_clean(void **state)
{
	(void)state;
	expect_diff("{\"type\":\"summary\"}\n",
		    "{\"type\":\"leak\",\"inode\":1,\"comm\":\"a\\u001b[m\",\"site\":7,"
		    "\"culprit\":{\"function\":\"\",\"language\":\"Ruby\",\"line\":-3}}\n",
		    "0 sockets open before, 1 after: 1 site came\n"
		    "came        0 ->      1  Ruby code\n"
		    "                          a\\x1b[m\n",
		    NULL);
}

/* It was killed while it wrote, or still runs. */
static void a_cut_last_line_is_left_out(void **state)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct diff_sites sites = { 0 };

	(void)state;
	assert_int_equal(read_text(LEAK(1, A, "f"), DIFF_BEFORE, &sites, &error), 0);
	assert_int_equal(read_text(LEAK(1, A, "f") LEAK(2, A, "f") "{\"type\":\"le", DIFF_AFTER,
				   &sites, &error),
			 0);
	assert_false(sites.is_cut[DIFF_BEFORE]);
	assert_true(sites.is_cut[DIFF_AFTER]);
	assert_int_equal(sites.sites->open[DIFF_AFTER], 2);
	diff_sites_clear(&sites);
}

static void standard_input_is_read(void **state)
{
	const char line[] = LEAK(1, A, "f");
	_cleanup_text_ struct text error = TEXT_INIT;
	int ends[2], before = dup(STDIN_FILENO), err;
	FILE *out = tmpfile();
	unsigned int worse = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], line, strlen(line)), (ssize_t)strlen(line));
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	err = diff_files("-", "/no/such/file", false, out, &worse, &error);
	assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
	close(before);
	fclose(out);
	assert_int_equal(err, -ENOENT);
	assert_string_equal(text_str(&error),
			    "cannot read /no/such/file: No such file or directory");
}

static void expect_refused(const char *json, const char *part)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct diff_sites sites = { 0 };

	assert_int_equal(read_text(json, DIFF_AFTER, &sites, &error), -EPROTO);
	if (!strstr(text_str(&error), part))
		fail_msg("'%s', not '%s'", text_str(&error), part);
	diff_sites_clear(&sites);
}

static void what_is_something_else_is_refused(void **state)
{
	(void)state;
	expect_refused("hello\n", "neither the output of sockleak --json nor a profile");
	expect_refused("[1]\n", "neither the output of sockleak --json nor a profile");
	expect_refused("\n", "neither the output of sockleak --json nor a profile");
	expect_refused("\x1f\x8b", "a broken profile");
	expect_refused(LEAK(1, A, "f") "{\"type\":\"leak\"\n", "line 2 is not one of");
	expect_refused("{\"type\":\"leak\"", "neither the output of sockleak --json nor a profile");
	expect_refused(LEAK(1, A, "f") "{\"type\":\"leak\"}\n", "line 2 is not one of");
	expect_refused(LEAK(1, A, "f") "{\"type\":\"leak\",\"inode\":\"1\"}\n", "line 2 is not");
	expect_refused("{\"type\":\"site_diff\"}\n", "neither leaks nor a summary");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_change_has_its_word),
		cmocka_unit_test(a_trace_is_read_to_its_end),
		cmocka_unit_test(what_may_be_in_use_counts_in_a_trace),
		cmocka_unit_test(texts_are_clean),
		cmocka_unit_test(a_cut_last_line_is_left_out),
		cmocka_unit_test(standard_input_is_read),
		cmocka_unit_test(what_is_something_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
