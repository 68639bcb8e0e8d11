/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of JavaScript: as V8 has them, and in memory that lies or that others have by now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "v8_fixture.h"

#define READS 4096

/* What was told of one frame. */
struct told {
	char text[512];
	unsigned int unknown;
};

static struct kept_frame frames[FIXTURE_FRAMES];

static bool read_fixture(void *ctx, __u64 address, void *to, size_t len)
{
	(void)ctx;
	if (address > FIXTURE_SIZE || len > FIXTURE_SIZE - address)
		return false;
	memcpy(to, fixture + address, len);
	return true;
}

static bool read_nothing(__u64 address, __u64 *ret_word, void *ctx)
{
	(void)address;
	(void)ret_word;
	(void)ctx;
	return false;
}

static void tell(const struct script_name *name, bool is_runtime, void *ctx)
{
	struct told *told = ctx;
	size_t len = strlen(told->text);

	assert_false(is_runtime);
	told->unknown += !name;
	if (name)
		snprintf(told->text + len, sizeof(told->text) - len, "%s %s:%u%s%s; ",
			 name->function, name->file, name->line, name->is_hidden ? " hidden" : "",
			 name->is_native ? " native" : "");
}

static enum code_step step(bool is_in_file, struct code_registers *registers, struct told *told)
{
	struct memory memory = { .reads = READS, .bytes = 1 << 20, .read = read_fixture };
	const struct code_stack stack = { &memory, is_in_file, read_nothing, tell, told };
	struct javascript javascript = { .layout = v8_11() };

	memset(told, 0, sizeof(*told));
	language_javascript.stack(&javascript, (const unsigned char *)frames, sizeof(frames[0]),
				  sizeof(frames), false);
	return language_javascript.step(&javascript, &stack, registers);
}

static int begin(void **state)
{
	(void)state;
	make_fixture();
	make_frames(frames);
	return 0;
}

/* The frame whose caller is the kept one of this number. */
static struct code_registers of_frame(unsigned int number)
{
	return (struct code_registers){ frames[number - 1].pc, 0x7000, frames[number - 1].fp };
}

static void functions_are_named(void **state)
{
	struct code_registers registers = of_frame(1);
	struct told told;

	(void)state;
	assert_int_equal(step(true, &registers, &told), CODE_CALLER);
	assert_string_equal(told.text, "send /srv/a.js:2; ");
	assert_int_equal(registers.fp, 0x7200);
	assert_int_equal(registers.pc, RETURNS + 1);
	assert_int_equal(registers.sp, 0x7110);
	assert_int_equal(step(true, &registers, &told), CODE_CALLER);
	assert_string_equal(told.text, "map :0 native; ");
	assert_int_equal(step(true, &registers, &told), CODE_CALLER);
	assert_string_equal(told.text, "");
	assert_int_equal(step(true, &registers, &told), CODE_FOREIGN); /* C++ */
}

/* As in `function run(call) { call(); }`. */
static void a_call_may_be_the_first_instruction(void **state)
{
	struct code_registers registers = of_frame(1);
	struct told told;

	(void)state;
	frames[1].offset = small(54 - V8_TAG);
	assert_int_equal(step(true, &registers, &told), CODE_CALLER);
	assert_string_equal(told.text, "send /srv/a.js:1; ");
	assert_int_equal(told.unknown, 0);
}

/* A frame is known by its pointer and by where it goes on, together. */
static void others_are_foreign(void **state)
{
	struct code_registers registers = of_frame(1);
	struct told told;

	(void)state;
	registers.pc++;
	assert_int_equal(step(true, &registers, &told), CODE_FOREIGN);
	registers = of_frame(1);
	registers.fp += 8;
	assert_int_equal(step(true, &registers, &told), CODE_FOREIGN);
}

/* The line comes from the table of line ends, if there is one. */
static void lines_come_from_either(void **state)
{
	struct code_registers registers = of_frame(1);
	struct told told;

	(void)state;
	put_word(SCRIPT + 24, small(10)); /* the text begins in a later line of its file */
	assert_int_equal(step(true, &registers, &told), CODE_CALLER);
	assert_string_equal(told.text, "send /srv/a.js:12; ");
	put_word(BYTECODE + 32, 0); /* not made yet */
	registers = of_frame(1);
	assert_int_equal(step(true, &registers, &told), CODE_CALLER);
	assert_string_equal(told.text, "send /srv/a.js:0; ");
}

static void names_are_as_errors_have_them(void **state)
{
	static const char longest[] = "file:///srv/b.mjs";
	struct code_registers registers = of_frame(1);
	struct told told;

	(void)state;
	put_word(SCOPE + 32, 0); /* the closure has the name */
	put_string(FILE_NAME, longest);
	step(true, &registers, &told);
	assert_string_equal(told.text, "<computed> /srv/b.mjs:2; ");
	put_word(SCRIPT + 16, 0);
	put_string(NAME, "");
	put_word(SCOPE + 32, tagged(NAME));
	registers = of_frame(1);
	step(true, &registers, &told);
	assert_string_equal(told.text, "eval <anonymous>:2; ");
}

/* What was moved since, or has another function in its place, is unknown. */
static void what_moved_is_unknown(void **state)
{
	struct code_registers registers = of_frame(1);
	struct told told;

	(void)state;
	put_word(SHARED + 16, tagged(NAME)); /* another function of the same place */
	assert_int_equal(step(true, &registers, &told), CODE_CALLER);
	assert_int_equal(told.unknown, 1);
	assert_string_equal(told.text, "");
	begin(NULL);
	put_word(SHARED, tagged(MAP_STRING));
	registers = of_frame(1);
	assert_int_equal(step(true, &registers, &told), CODE_CALLER);
	assert_int_equal(told.unknown, 1);
}

/*
 * A loop that was compiled while it ran has what the interpreter had in its frame: its address is
 * not of a file. Its code is gone, so what is inlined is not known, and no line is.
 */
static void compiled_loops_are_not_interpreted(void **state)
{
	struct code_registers registers = of_frame(1);
	struct told told;

	(void)state;
	assert_int_equal(step(false, &registers, &told), CODE_CALLER);
	assert_int_equal(told.unknown, 1);
	assert_string_equal(told.text, "send /srv/a.js:0; ");
}

/* Code that is thrown away leaves its place to that of others, whose lines are not this one's. */
static void code_is_of_its_function(void **state)
{
	struct memory memory = { .reads = READS, .bytes = 1 << 20, .read = read_fixture };
	struct v8_layout layout = v8_11();
	const struct v8_heap heap = { &layout, &memory };
	const struct v8_code code = { .object = tagged(CODE), .instructions = RETURNS };

	(void)state;
	layout.has_bytecodes = true;
	memset(layout.bytecode_sizes, 3, sizeof(layout.bytecode_sizes));
	memset(fixture + BYTECODE + layout.bytecode_data, 100, 9);
	assert_int_equal(v8_code_offset(&heap, &code, tagged(BYTECODE), RETURNS + 20), 0);
	assert_int_equal(v8_code_offset(&heap, &code, tagged(BYTECODE), RETURNS + 40), 3);
	put_word(CODE + 16, tagged(SHARED));
	assert_int_equal(v8_code_offset(&heap, &code, tagged(BYTECODE), RETURNS + 40), -1);
	put_word(CODE + 16, tagged(MAP_BYTECODE)); /* another one's */
	put_word(MAP_BYTECODE, tagged(MAP_BYTECODE));
	assert_int_equal(v8_code_offset(&heap, &code, tagged(BYTECODE), RETURNS + 40), -1);
}

/* Loops, wild pointers and lengths end. */
static void lies_end(void **state)
{
	static const __u64 wild[] = {
		~0ULL, ~0ULL - 6, 1ULL << 63 | 1, 5, SCOPE | 1, BYTECODE | 1
	};
	struct code_registers registers;
	struct told told;

	(void)state;
	for (__u64 at = MAP_OF_MAPS; at < SOURCE + 64; at += 8)
		for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
			begin(NULL);
			put_word(at, wild[i]);
			registers = of_frame(1);
			assert_int_equal(step(true, &registers, &told), CODE_CALLER);
			registers = of_frame(1);
			assert_int_equal(step(false, &registers, &told), CODE_CALLER);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(functions_are_named, begin),
		cmocka_unit_test_setup(a_call_may_be_the_first_instruction, begin),
		cmocka_unit_test_setup(others_are_foreign, begin),
		cmocka_unit_test_setup(lines_come_from_either, begin),
		cmocka_unit_test_setup(names_are_as_errors_have_them, begin),
		cmocka_unit_test_setup(what_moved_is_unknown, begin),
		cmocka_unit_test_setup(compiled_loops_are_not_interpreted, begin),
		cmocka_unit_test_setup(code_is_of_its_function, begin),
		cmocka_unit_test_setup(lies_end, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
