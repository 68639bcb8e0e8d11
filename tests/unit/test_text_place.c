/* SPDX-License-Identifier: BSD-2-Clause */
/* text_place: places in code as a reader and as a label have them. */
#include "culprit_fixture.h"

#include "report/text/text_page.h"
#include "report/text/text_place.h"

static void expect(const struct code_place *place, const char *package, const char *wanted,
		   const char *label)
{
	_cleanup_text_ struct text line = TEXT_INIT, function = TEXT_INIT;

	place_add(&line, place, "worker", package);
	place_add_source(&line, place);
	assert_string_equal(text_str(&line), wanted);
	place_add_function(&function, place);
	assert_string_equal(text_str(&function), label);
}

static void code_scripts_and_what_is_hidden(void **state)
{
	struct frame frame = { .module = "/usr/lib/libx.so.1", .function = "f", .offset = 0x12 };
	struct code_place place = { .frame = &frame };

	(void)state;
	expect(&place, NULL, "f (libx.so.1)", "f");
	frame.file = "src/x.c";
	frame.line = 7;
	expect(&place, "libx 1.2", "f (libx.so.1, package libx 1.2) at src/x.c:7", "f");
	frame.function = frame.file = NULL;
	expect(&place, NULL, "libx.so.1+0x12", "");
	place.language = "Python";
	frame.function = "sock_initobj";
	frame.file = "socketmodule.c";
	expect(&place, "libpython3.11 3.11.2", "Python code run by worker", "Python code");
	place.hidden = true;
	place.language = "valgrind";
	expect(&place, NULL, "code that valgrind hides", "code under valgrind");
}

static void the_program_is_its_executable(void **state)
{
	struct owner *owner = owner_new(strdup("/usr/sbin/uwsgi"), NULL, NULL);
	const char name[SOCKLEAK_COMM_LEN] = "sixteen_bytes_xx";
	struct program_name buffer;

	(void)state;
	assert_string_equal(place_program(owner, name, &buffer), "uwsgi");
	assert_string_equal(place_program(NULL, name, &buffer), "sixteen_bytes_xx");
	owner_unref(owner);
}

static void expect_path(const char *path, const char *wanted)
{
	struct frame frame = { .script = SCRIPT_PYTHON, .function = "send", .line = 12 };
	_cleanup_text_ struct text line = TEXT_INIT;

	frame.file = (char *)path;
	page_add_frame(&line, &frame, NULL);
	assert_string_equal(text_str(&line), wanted);
}

static void paths_of_scripts(void **state)
{
	(void)state;
	expect_path("/srv/shop/app/workers/notify.py", "send (app/workers/notify.py:12)");
	expect_path("/tmp/r2/mix.py", "send (/tmp/r2/mix.py:12)");
	expect_path("/mix.py", "send (/mix.py:12)");
	expect_path("r2/mix.py", "send (r2/mix.py:12)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_of_scripts),
		cmocka_unit_test(code_scripts_and_what_is_hidden),
		cmocka_unit_test(the_program_is_its_executable),
	};

	return cmocka_run_group_tests_name("text_place", tests, NULL, NULL);
}
