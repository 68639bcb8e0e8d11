/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of Java, interpreted and compiled: as HotSpot has them, and in memory that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "java_fixture.h"
#include "stacks/scripts/java_method.h"

#define READS 4096

/* What was told of one frame. */
struct told {
	char text[512];
	unsigned int unknown;
};

static bool read_fixture(void *ctx, __u64 address, void *to, size_t len)
{
	(void)ctx;
	if (address > FIXTURE_SIZE || len > FIXTURE_SIZE - address)
		return false;
	memcpy(to, fixture + address, len);
	return true;
}

static bool read_frames(__u64 address, __u64 *ret_word, void *ctx)
{
	return address >= FRAMES && read_fixture(ctx, address, ret_word, sizeof(*ret_word));
}

static void tell(const struct script_name *name, bool is_runtime, void *ctx)
{
	struct told *told = ctx;
	size_t len = strlen(told->text);

	told->unknown += !name;
	if (name)
		snprintf(told->text + len, sizeof(told->text) - len, "%s%s %s:%u%s; ",
			 is_runtime ? "runtime " : "", name->function, name->file, name->line,
			 name->is_hidden ? " hidden" :
			 name->is_native ? " native" :
					   "");
}

static enum code_step step_in(struct java java, struct code_registers *registers, struct told *told)
{
	struct memory memory = { .reads = READS, .bytes = 1 << 20, .read = read_fixture };
	const struct code_stack stack = { &memory, false, read_frames, tell, told };

	memset(told, 0, sizeof(*told));
	return language_java.step(&java, &stack, registers);
}

static enum code_step step(struct code_registers *registers, struct told *told)
{
	return step_in(java_17(), registers, told);
}

static void interpreted(void **state)
{
	struct code_registers registers = { INTERPRETER + 0x80, 1, FRAMES + 0x100 };
	struct told told;

	(void)state;
	make_fixture();
	assert_int_equal(step(&registers, &told), CODE_CALLER);
	assert_string_equal(told.text, "com.acme.Acme.send Acme.java:7; ");
	assert_int_equal(registers.pc, COMPILED + 0x220);
	assert_int_equal(registers.sp, FRAMES + 0x110);
	assert_int_equal(registers.fp, FRAMES + 0x200);
	/* an instruction that another line begins with */
	registers = (struct code_registers){ INTERPRETER + 0x80, 1, FRAMES + 0x100 };
	put_word(FRAMES + 0x100 - 64, METHOD_A + 0x100 + 48 + 9);
	step(&registers, &told);
	assert_string_equal(told.text, "com.acme.Acme.send Acme.java:38; ");
}

static void compiled_and_inlined(void **state)
{
	struct code_registers registers = { COMPILED + 0x220, FRAMES + 0x110, 1 };
	struct told told;

	(void)state;
	make_fixture();
	assert_int_equal(step(&registers, &told), CODE_CALLER);
	assert_string_equal(told.text,
			    "com.acme.Acme.send Acme.java:38; com.acme.Acme.main Acme.java:5; ");
	assert_int_equal(registers.pc, 0x7777);
	assert_int_equal(registers.sp, FRAMES + 0x140);
	assert_int_equal(registers.fp, 0x8888);
	/* it is to be given up: where it stood is in its frame */
	registers = (struct code_registers){ COMPILED + 0x280, FRAMES + 0x110, 1 };
	put_word(FRAMES + 0x118, COMPILED + 0x220);
	step(&registers, &told);
	assert_string_equal(told.text,
			    "com.acme.Acme.send Acme.java:38; com.acme.Acme.main Acme.java:5; ");
	/* no call is described there: the method that was compiled is known, and no line */
	registers = (struct code_registers){ COMPILED + 0x240, FRAMES + 0x110, 1 };
	assert_int_equal(step(&registers, &told), CODE_CALLER);
	assert_string_equal(told.text, "com.acme.Acme.main Acme.java:0; ");
}

/* What describes code has left the blob by and by: JDK 24, and 25. */
static void described_elsewhere(void **state)
{
	static const unsigned char scopes[] = { 0, 1, 3, 2, 2, 2, 11 }; /* no byte is 0 */
	struct code_registers registers = { COMPILED + 0x220, FRAMES + 0x110, 1 };
	struct java java = java_17();
	struct told told;

	(void)state;
	make_fixture();
	java.layout.excludes_zero = true;
	java.layout.compiled_immutable = 144;
	java.layout.compiled_scopes_begin = JAVA_NONE;
	java.layout.compiled_scopes = 276;
	java.layout.compiled_pcs_end = JAVA_NONE;
	put_word(COMPILED + 144, COMPILED + 0x380);
	put_number(COMPILED + 268, 0);
	put_number(COMPILED + 276, 0x30);
	memcpy(fixture + COMPILED + 0x3b0, scopes, sizeof(scopes));
	put_number(COMPILED + 24, 0x300); /* its data */
	put_half(COMPILED + 260, 0xc0);
	put_half(COMPILED + 262, 0xffff);
	fixture[METHOD_A + 0x100 + 48 + 22]++; /* the signed numbers of its lines, likewise */
	fixture[METHOD_A + 0x100 + 48 + 23]++;
	step_in(java, &registers, &told);
	assert_string_equal(told.text,
			    "com.acme.Acme.send Acme.java:38; com.acme.Acme.main Acme.java:5; ");
	java.layout.compiled_metadata = JAVA_NONE;
	java.layout.blob_mutable_data = 152;
	java.layout.blob_relocation_size = 160;
	put_word(COMPILED + 152, COMPILED + 0x3b8);
	put_number(COMPILED + 160, 8);
	registers = (struct code_registers){ COMPILED + 0x220, FRAMES + 0x110, 1 };
	step_in(java, &registers, &told);
	assert_string_equal(told.text,
			    "com.acme.Acme.send Acme.java:38; com.acme.Acme.main Acme.java:5; ");
}

/* Members that are of use together alone: an offset that is missing would lie before the blob. */
static void what_a_layout_needs(void **state)
{
	struct java_layout layout = java_17().layout;

	(void)state;
	layout.code_heaps = 1;
	assert_true(java_layout_is_complete(&layout));
	layout.compiled_pcs_end = JAVA_NONE;
	assert_false(java_layout_is_complete(&layout));
	layout.compiled_scopes = 276;
	assert_true(java_layout_is_complete(&layout));
	layout.compiled_scopes_begin = JAVA_NONE;
	assert_true(java_layout_is_complete(&layout));
	layout.compiled_metadata = JAVA_NONE;
	assert_false(java_layout_is_complete(&layout));
	layout.blob_mutable_data = 152;
	assert_false(java_layout_is_complete(&layout));
	layout.blob_relocation_size = 160;
	assert_true(java_layout_is_complete(&layout));
	layout = java_17().layout;
	layout.code_heaps = 1;
	layout.compiled_immutable = 144; /* the end of the calls is counted from there */
	assert_false(java_layout_is_complete(&layout));
}

static void native_and_hidden(void **state)
{
	struct code_registers registers = { INTERPRETER + 0x80, 1, FRAMES + 0x100 };
	struct told told;

	(void)state;
	make_fixture();
	put_half(METHOD_A + 40, 0x100);
	put_word(FRAMES + 0x100 - 64, 0);
	step(&registers, &told);
	assert_string_equal(told.text, "com.acme.Acme.send Acme.java:0 native; ");
	put_half(METHOD_A + 40, 0);
	put_half(METHOD_A + 50, 8);
	put_word(FRAMES + 0x100 - 64, METHOD_A + 0x100 + 48);
	registers = (struct code_registers){ INTERPRETER + 0x80, 1, FRAMES + 0x100 };
	step(&registers, &told);
	assert_string_equal(told.text, "com.acme.Acme.send Acme.java:7 hidden; ");
}

/* What is not a method has no name; the stack goes on all the same. */
static void lies(void **state)
{
	static const struct {
		__u64 at, word;
	} cases[] = {
		{ CLASS + 232, POOL + 8 },	   /* the class has other constants */
		{ METHOD_A + 8, 0 },		   /* no constant part */
		{ METHOD_A + 8, 1ULL << 63 },	   /* one that cannot be */
		{ FRAMES + 0x100 - 24, 0x123457 }, /* an odd method */
		{ FRAMES + 0x100 - 64, METHOD_B }, /* an instruction of another one */
		{ POOL + 56, 0 },		   /* no constants */
		{ POOL + 72 + 8, FIXTURE_SIZE },   /* a name beyond all memory */
	};
	struct told told;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct code_registers registers = { INTERPRETER + 0x80, 1, FRAMES + 0x100 };

		make_fixture();
		put_word(cases[i].at, cases[i].word);
		assert_int_equal(step(&registers, &told), CODE_CALLER);
		assert_string_equal(told.text, "");
		assert_int_equal(told.unknown, 1);
	}
}

static void no_way_out(void **state)
{
	struct code_registers registers = { INTERPRETER + 0x80, 1, FRAMES - 0x800 };
	struct told told;

	(void)state;
	make_fixture();
	assert_int_equal(step(&registers, &told), CODE_LOST); /* it was not copied */
	registers = (struct code_registers){ HEAP + 0x700, FRAMES, FRAMES };
	assert_int_equal(step(&registers, &told), CODE_FOREIGN); /* a free segment */
	registers = (struct code_registers){ 0x100, FRAMES, FRAMES };
	assert_int_equal(step(&registers, &told), CODE_FOREIGN);
	/* a map of segments that leads beyond its beginning */
	memset(fixture + SEGMENTS, 0xfe, 16);
	registers = (struct code_registers){ COMPILED + 0x220, FRAMES, FRAMES };
	assert_int_equal(step(&registers, &told), CODE_FOREIGN);
	/* a frame larger than any */
	make_fixture();
	put_number(COMPILED + 28, 0x7fffffff);
	assert_int_equal(step(&registers, &told), CODE_BY_POINTER);
	/* scopes that call each other */
	make_fixture();
	fixture[0xd81] = 4;
	registers = (struct code_registers){ COMPILED + 0x220, FRAMES + 0x110, 1 };
	assert_int_equal(step(&registers, &told), CODE_CALLER);
	assert_int_equal(told.unknown, 0);
}

/* unsigned5.hpp has these examples; before JDK 20 a byte counted from 0. */
static void numbers(void **state)
{
	static const unsigned char bytes[] = { 190, 191, 192, 0, 255, 191, 255, 255, 255, 255, 1 };
	struct memory memory = { .reads = READS, .bytes = 4096, .read = read_fixture };
	struct java_stream old = { .memory = &memory, .at = 0x100, .end = 0x100 + sizeof(bytes) };
	struct java_stream since_20 = {
		.memory = &memory, .at = 0x100, .end = 0x103, .excludes_zero = true
	};

	(void)state;
	make_fixture();
	memcpy(fixture + 0x100, bytes, sizeof(bytes));
	assert_int_equal(java_stream_number(&old), 190);
	assert_int_equal(java_stream_number(&old), 191);
	assert_int_equal(java_stream_number(&old), 192);
	assert_int_equal(java_stream_number(&old), 255 + (191 << 6));
	assert_int_equal(java_stream_number(&old),
			 255u + (255u << 6) + (255u << 12) + (255u << 18) + (1u << 24));
	java_stream_number(&old);
	assert_true(old.failed);
	assert_int_equal(java_stream_number(&since_20), 189);
	assert_int_equal(java_stream_number(&since_20), 190);
	java_stream_number(&since_20); /* its second byte is not there */
	assert_true(since_20.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interpreted),	       cmocka_unit_test(compiled_and_inlined),
		cmocka_unit_test(native_and_hidden),   cmocka_unit_test(lies),
		cmocka_unit_test(described_elsewhere), cmocka_unit_test(no_way_out),
		cmocka_unit_test(what_a_layout_needs), cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
