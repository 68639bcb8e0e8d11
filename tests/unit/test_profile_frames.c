/* SPDX-License-Identifier: BSD-2-Clause */
/* profile_frames: where a stack begins, and the name of each kind of frame. */
#include "profile_fixture.h"

#include "report/pprof/profile_frames.h"

static void libc_is_left_out_unless_it_is_all(void **state)
{
	struct stack *stack = three_frames("open_it");

	(void)state;
	assert_int_equal(profile_first_frame(stack), 1);
	stack->frames[1].kind = FRAME_OF_LIBC; /* the C library's resolver opens sockets, too */
	assert_int_equal(profile_first_frame(stack), 2);
	stack->frames[2].kind = FRAME_OF_LIBC;
	assert_int_equal(profile_first_frame(stack), 2);
	stack->frames[0].kind = FRAME_OF_PROGRAM;
	assert_int_equal(profile_first_frame(stack), 0);
	stack_unref(stack);
}

static void expect_name(const struct frame *frame, const char *name)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	profile_name_frame(&out, frame);
	assert_string_equal(text_str(&out), name);
}

static void each_frame_has_a_name(void **state)
{
	(void)state;
	expect_name(&(struct frame){ .function = (char *)"f(int)", .module = (char *)"/lib/a.so" },
		    "f(int)");
	expect_name(&(struct frame){ .function = (char *)"a\n\xff" }, "a\\x0a\xef\xbf\xbd");
	expect_name(&(struct frame){ .module = (char *)"/lib/a.so", .offset = 0x1f }, "a.so+0x1f");
	expect_name(&(struct frame){ .function = (char *)"", .pc = 0x1234 }, "[jit]");
	expect_name(&(struct frame){ .function = (char *)"py::Pool.open:/srv/app.py" },
		    "Pool.open");
	assert_string_not_equal(profile_no_stack(true), profile_no_stack(false));
}

static void a_script_has_its_file_in_its_name(void **state)
{
	struct frame frame = { .function = (char *)"py::Pool.open:/srv/app.py" };

	(void)state;
	assert_string_equal(profile_frame_file(&frame), "/srv/app.py");
	frame.file = (char *)"a.c";
	assert_string_equal(profile_frame_file(&frame), "a.c");
	assert_null(profile_frame_file(&(struct frame){ .function = (char *)"main" }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libc_is_left_out_unless_it_is_all),
		cmocka_unit_test(each_frame_has_a_name),
		cmocka_unit_test(a_script_has_its_file_in_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
