/* SPDX-License-Identifier: BSD-2-Clause */
/* profile: what is written, read back by profile_reader.h, and by looking at the bytes. */
#include "profile_fixture.h"

#include "report/pprof/profile.h"

static const __s64 one[PROFILE_VALUES] = {
	[PROFILE_CREATED] = 1, [PROFILE_AGE_S] = 60, [PROFILE_OPEN] = 1
};

static const struct profile_label labels[] = {
	{ .key = "comm", .text = "app" },
	{ .key = "site", .text = "0000000000abcdef" },
	{ .key = "pid", .number = 42 },
};

static struct text written(struct profile *profile)
{
	struct text out = TEXT_INIT;

	assert_int_equal(profile__add_gzip(profile, 1700000000000000000, &out), 0);
	profile__free(profile);
	return out;
}

static void equal_samples_are_added_up(void **state)
{
	struct profile *profile = profile__new();
	struct stack *stack = three_frames("open_it");
	struct text out;

	(void)state;
	profile__add(profile, stack, "none", labels, 3, one);
	profile__add(profile, stack, "none", labels, 3, one);
	profile__add(profile, stack, "none", labels, 1, one);
	profile__add(profile, NULL, "[none]", labels, 1, one);
	out = written(profile);
	expect_samples(&out, "0000000000abcdef app open_it a.c:7 /usr/lib/libx.so 2 2 120\n"
			     "- app open_it a.c:7 /usr/lib/libx.so 1 1 60\n"
			     "- app [none] -:0 - 1 1 60\n");
	text_free(&out);
	stack_unref(stack);
}

static void equal_input_gives_equal_bytes(void **state)
{
	struct stack *stack = three_frames("open_it");
	struct text files[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct profile *profile = profile__new();

		profile__add(profile, stack, "none", labels, 3, one);
		stack->frames[1].pc += 0x5000; /* another process, and the same code */
		profile__add(profile, stack, "none", labels, 3, one);
		files[i] = written(profile);
	}
	assert_int_equal(files[0].len, files[1].len);
	assert_memory_equal(files[0].data, files[1].data, files[0].len);
	expect_samples(&files[0], "0000000000abcdef app open_it a.c:7 /usr/lib/libx.so 2 2 120\n");
	text_free(&files[0]);
	text_free(&files[1]);
	stack_unref(stack);
}

static void without_samples_it_is_a_profile(void **state)
{
	struct text out = written(profile__new());

	(void)state;
	expect_samples(&out, "");
	text_free(&out);
}

/* One location with two lines, the innermost first. */
static void inlined_frames_are_lines_of_one_location(void **state)
{
	struct profile *profile = profile__new();
	struct stack *stack = three_frames("inner");
	struct text out, bytes;

	(void)state;
	free(stack->frames[1].module);
	free(stack->frames[1].build_id);
	stack->frames[1].module = strdup("/usr/bin/app");
	stack->frames[1].build_id = strdup("bb22");
	stack->frames[1].inlined = true;
	stack->frames[1].offset = stack->frames[2].offset;
	profile__add(profile, stack, "none", labels, 3, one);
	out = written(profile);
	expect_samples(&out, "0000000000abcdef app inner a.c:7 /usr/bin/app 1 1 60\n");
	bytes = inflated(&out);
	/* Location 1 of mapping 1, one byte before the return address: 0x1000000000 + 0x2000. */
	assert_int_equal(occurrences(&bytes,
				     "\x22\x17\x08\x01\x10\x01\x18\x80\xc0\x80\x80\x80\x02"
				     "\x22\x04\x08\x01\x10\x07\x22\x04\x08\x02\x10\x03",
				     25),
			 1);
	text_free(&bytes);
	text_free(&out);
	stack_unref(stack);
}

/* The same library under two paths, as in two containers: pprof takes a build id for a file. */
static void one_build_id_is_one_mapping(void **state)
{
	struct profile *profile = profile__new();
	struct stack *stack = three_frames("open_it");
	struct text out, bytes;

	(void)state;
	profile__add(profile, stack, "none", labels, 3, one);
	free(stack->frames[1].module);
	stack->frames[1].module = strdup("/srv/other/libx.so");
	profile__add(profile, stack, "none", labels, 3, one);
	out = written(profile);
	bytes = inflated(&out);
	expect_samples(&out, "0000000000abcdef app open_it a.c:7 /usr/lib/libx.so 2 2 120\n");
	assert_int_equal(occurrences(&bytes, "aa11", 4), 1);
	text_free(&bytes);
	text_free(&out);
	stack_unref(stack);
}

static void odd_bytes_become_utf8(void **state)
{
	const struct profile_label odd = { .key = "comm", .text = "a\xff\x1b[0m" };
	struct profile *profile = profile__new();
	struct stack *stack = three_frames("f\xc3");
	struct text out;

	(void)state;
	profile__add(profile, stack, "none", &odd, 1, one);
	out = written(profile);
	expect_samples(&out, "- a\xef\xbf\xbd\\x1b[0m f\xef\xbf\xbd a.c:7 /usr/lib/libx.so "
			     "1 1 60\n");
	text_free(&out);
	stack_unref(stack);
}

static void beyond_the_limit_labels_are_lost_and_values_not(void **state)
{
	struct profile *profile = profile__new();
	struct stack *stack = three_frames("open_it");
	struct text out, bytes;

	(void)state;
	profile__limit(profile, 1);
	for (int i = 0; i < 3; i++) {
		const struct profile_label label = { .key = "pid", .number = i + 1 };

		profile__add(profile, stack, "none", &label, 1, one);
		profile__add(profile, stack, "none", &label, 1, one);
	}
	out = written(profile);
	bytes = inflated(&out);
	expect_samples(&out, "- - open_it a.c:7 /usr/lib/libx.so 2 2 120\n"
			     "- - open_it a.c:7 /usr/lib/libx.so 4 4 240\n");
	assert_int_equal(occurrences(&bytes, "4 sockets are without labels: more than 1 samples",
				     strlen("4 sockets are without labels: more than 1 samples")),
			 1);
	text_free(&bytes);
	text_free(&out);
	stack_unref(stack);
}

/* A frame without a module, as one of a script will be, and code that has no name. */
static void frames_need_no_file(void **state)
{
	struct profile *profile = profile__new();
	struct stack *stack = stack_new(2);
	struct text out;

	(void)state;
	set_frame(&stack->frames[0], "Client.connect", NULL, "client.rb", 12, 0);
	set_frame(&stack->frames[1], NULL, NULL, NULL, 0, 0);
	profile__add(profile, stack, "none", labels, 1, one);
	out = written(profile);
	expect_samples(&out, "- app Client.connect client.rb:12 - 1 1 60\n");
	text_free(&out);
	stack_unref(stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_samples_are_added_up),
		cmocka_unit_test(equal_input_gives_equal_bytes),
		cmocka_unit_test(without_samples_it_is_a_profile),
		cmocka_unit_test(inlined_frames_are_lines_of_one_location),
		cmocka_unit_test(one_build_id_is_one_mapping),
		cmocka_unit_test(odd_bytes_become_utf8),
		cmocka_unit_test(beyond_the_limit_labels_are_lost_and_values_not),
		cmocka_unit_test(frames_need_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
