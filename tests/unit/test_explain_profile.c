/* SPDX-License-Identifier: BSD-2-Clause */
/* explain_profile: a site of a stacks file as a profile. */
#include "profile_fixture.h"

#include "report/explain/explain_profile.h"

static void expect_of(const char *site, const char *lines)
{
	json_error_t where;
	json_t *json = json_loads(site, 0, &where);
	struct text out = TEXT_INIT;

	assert_non_null(json);
	assert_int_equal(explain_profile(json, 1, &out), 0);
	expect_samples(&out, lines);
	text_free(&out);
	json_decref(json);
}

#define SITE "\"site\":\"00ab\",\"programs\":[{\"comm\":\"app\",\"unit\":\"a.service\"}]"
#define LIBC "\"__socket (libc.so.6)\","

static void frames_as_they_were_written(void **state)
{
	(void)state;
	expect_of("{" SITE ",\"open\":3,\"stack\":[" LIBC "\"open_it (libx.so) at src/a.c:7\"]}",
		  "00ab app open_it (libx.so) src/a.c:7 - 3 3 0\n");
	expect_of("{" SITE ",\"open\":1,\"stack\":[" LIBC "\"look at me:7 times (x) at a b.py:9"
		  " inlined\",\"main (x)\"]}",
		  "00ab app look at me:7 times (x) a b.py:9 - 1 1 0\n");
	expect_of("{" SITE ",\"open\":1,\"stack\":[" LIBC "\"main (x)\"]}",
		  "00ab app main (x) -:0 - 1 1 0\n");
	expect_of("{" SITE ",\"open\":1,\"stack\":[\"socket (libc.so.6)\"]}",
		  "00ab app socket (libc.so.6) -:0 - 1 1 0\n");
}

/* The ways that are listed, then what is left of the site; what has ended was created. */
static void ways_and_ends(void **state)
{
	(void)state;
	expect_of("{" SITE ",\"open\":10,\"ended\":{\"sockets\":4},\"stack\":[\"f (x)\"],\"ways\":"
		  "[{\"open\":5,\"stack\":[\"g (x)\"]},{\"open\":3,\"stack\":[\"h (x)\"]}]}",
		  "00ab app g (x) -:0 - 5 5 0\n"
		  "00ab app h (x) -:0 - 3 3 0\n"
		  "00ab app f (x) -:0 - 2 6 0\n");
	expect_of("{" SITE ",\"open\":0,\"ended\":{\"sockets\":4},\"stack\":[\"f (x)\"]}",
		  "00ab app f (x) -:0 - 0 4 0\n");
}

/* Whoever may write the file may write anything. */
static void what_is_wrong_is_left_out(void **state)
{
	(void)state;
	expect_of("{}", "");
	expect_of("{\"open\":-4,\"stack\":[\"f\"]}", "");
	expect_of("{\"site\":7,\"open\":1,\"stack\":[7,null],\"programs\":[{\"comm\":[]}]}",
		  "- - [jit] -:0 - 1 1 0\n");
	expect_of("{\"open\":2,\"stack\":7,\"ways\":[{\"open\":9,\"stack\":[\" at :1\"]},3]}",
		  "- -  at :1 -:0 - 2 2 0\n");
	expect_of("{\"open\":9223372036854775807,\"ended\":{\"sockets\":9223372036854775807}}", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_as_they_were_written),
		cmocka_unit_test(ways_and_ends),
		cmocka_unit_test(what_is_wrong_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
