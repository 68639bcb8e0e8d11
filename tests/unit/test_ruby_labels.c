/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels as CRuby 3.4 puts them together, out of memory as it has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/language.h"

#define MEMORY 0x1000
#define RECORD 64
#define WORDS 1024

/* Where the objects are. */
#define CLASS 0x1000
#define SINGLETON 0x1100
#define ENTRY 0x1200
#define DEFINITION 0x1240
#define METHOD 0x1300 /* sequences, each with its body */
#define BLOCK 0x1500
#define INNER 0x1700
#define CLAUSE 0x1900
#define TEXTS 0x1b00
#define SYMBOLS 0x1c00
#define ENVIRONMENT 0x1e00 /* in the heap */
#define FAR_AWAY 0x2f00

#define IMEMO(kind) (26 | (kind) << 12)
#define LOCAL 2
#define OF_METHOD 0x11110001ULL
#define OF_BLOCK 0x22220001ULL
#define OF_C 0x55550001ULL

static __u64 words[WORDS];

static bool read_words(void *ctx, __u64 address, void *to, size_t len)
{
	(void)ctx;
	if (address < MEMORY || address + len > MEMORY + sizeof(words))
		return false;
	memcpy(to, (char *)words + (address - MEMORY), len);
	return true;
}

static void put(__u64 address, __u64 word)
{
	words[(address - MEMORY) / 8] = word;
}

static __u64 put_text(__u64 address, const char *text)
{
	put(address, 5);
	put(address + 16, strlen(text));
	memcpy((char *)words + (address - MEMORY) + 24, text, strlen(text));
	return address;
}

static void put_sequence(__u64 address, __u32 type, const char *label, __u64 parent, __u64 local)
{
	__u64 body = address + 0x40;

	put(address, IMEMO(7));
	put(address + 16, body);
	put(body, type | 4ULL << 32);
	put(body + 8, address + 0x180); /* its code */
	put(body + 64, TEXTS);
	put(body + 80, put_text(address + 0x140, label));
	put(body + 160, parent);
	put(body + 168, local);
}

static void put_all(void)
{
	memset(words, 0, sizeof(words));
	put(CLASS, 2);
	put(CLASS + 144, 1ULL << 40); /* its name stays */
	put(CLASS + 152, put_text(TEXTS + 0x40, "Notifier"));
	put(SINGLETON, 2 | 1 << 13);
	put(SINGLETON + 128, CLASS);
	put(ENTRY, IMEMO(6));
	put(ENTRY + 16, DEFINITION);
	put(ENTRY + 32, CLASS);
	put(DEFINITION + 8, METHOD);
	put(DEFINITION + 32, 300 << 4 | 1);
	put_text(TEXTS, "/srv/n.rb");
	put_sequence(METHOD, 1, "send", 0, METHOD);
	put_sequence(BLOCK, 2, "", METHOD, METHOD);
	put_sequence(INNER, 2, "", BLOCK, METHOD);
	put_sequence(CLAUSE, 4, "", METHOD, METHOD);
	/* its symbols: the name of the number 300, in arrays of which the first is shortened */
	put(SYMBOLS, 301);
	put(SYMBOLS + 8, 8);
	put(SYMBOLS + 16, SYMBOLS + 0x40);
	put(SYMBOLS + 24, 8);
	put(SYMBOLS + 0x40, 7 | 1 << 13 | 1 << 15);
	put(SYMBOLS + 0x50, SYMBOLS + 0x80);
	put(SYMBOLS + 0x80, 7);
	put(SYMBOLS + 0x90, 1024);
	put(SYMBOLS + 0xa0, SYMBOLS + 0xc0 - 600 * 8);
	put(SYMBOLS + 0xc0, put_text(TEXTS + 0x80, "initialize"));
}

struct kept {
	__u64 pc, sp, iseq, self, ep, method, previous, flags;
};
_Static_assert(sizeof(struct kept) == RECORD, "what the kernel's side keeps");

static struct script_name name_of(const struct kept *frames, unsigned int count, unsigned int which)
{
	static const __u64 types[SCRIPT_TYPES] = { SYMBOLS };
	struct memory memory = { .reads = 200, .bytes = 1 << 20, .read = read_words };
	struct script_name name = { 0 };
	void *state;

	assert_true(language_ruby.begin_version(SCRIPT_KIND(SCRIPT_RUBY, 3, 4), types, &state));
	language_ruby.stack(state, (const unsigned char *)frames, RECORD, count * RECORD, false);
	if (!language_ruby.name(state, &memory, (const unsigned char *)&frames[which], RECORD,
				&name))
		strcpy(name.function, "unknown");
	free(state);
	return name;
}

static void expect_label(const struct kept *frames, unsigned int count, const char *label)
{
	struct script_name name = name_of(frames, count, 0);

	assert_string_equal(name.function, label);
}

#define FRAME_OF_METHOD                                                             \
	{                                                                           \
		METHOD + 0x188, 0, METHOD, 0, FAR_AWAY, ENTRY, 0, OF_METHOD | LOCAL \
	}

static void methods_have_their_class(void **state)
{
	struct kept frame = FRAME_OF_METHOD;

	(void)state;
	put_all();
	expect_label(&frame, 1, "Notifier#send");
	put(ENTRY + 32, SINGLETON);
	expect_label(&frame, 1, "Notifier.send");
	put(CLASS + 144, 0); /* it has no name, or one that may change */
	expect_label(&frame, 1, "send");
	put(ENTRY, IMEMO(1)); /* what a class's body has there */
	expect_label(&frame, 1, "send");
}

static void methods_in_c_have_their_class(void **state)
{
	struct kept frame = { .method = ENTRY, .flags = OF_C | LOCAL };
	struct script_name name;

	(void)state;
	put_all();
	name = name_of(&frame, 1, 0);
	assert_string_equal(name.function, "Notifier#initialize");
	assert_true(name.is_native);
	frame.method = 0;
	expect_label(&frame, 1, "unknown");
}

static void blocks_have_the_class_of_their_method(void **state)
{
	struct kept frames[] = {
		{ INNER + 0x188, 0, INNER, 0, 0x3000, 0, FAR_AWAY | 1, OF_BLOCK },
		FRAME_OF_METHOD,
	};

	(void)state;
	put_all();
	expect_label(frames, 2, "block (2 levels) in Notifier#send");
	frames[0].iseq = BLOCK;
	frames[0].pc = BLOCK + 0x188;
	expect_label(frames, 2, "block in Notifier#send");
	expect_label(frames, 1, "block in send"); /* the method has returned, and is freed */
	frames[0].previous = ENVIRONMENT | 1;	  /* in the heap */
	put(ENVIRONMENT - 16, ENTRY);
	put(ENVIRONMENT, LOCAL);
	expect_label(frames, 1, "block in Notifier#send");
	put(DEFINITION + 8, INNER); /* the place has another method's by now */
	expect_label(frames, 1, "block in send");
}

static void chains_end(void **state)
{
	struct kept frame = { INNER + 0x188, 0, INNER, 0, 0x3000, 0, 0x3000 | 1, OF_BLOCK };

	(void)state;
	put_all();
	expect_label(&frame, 1, "block (2 levels) in send"); /* an environment in itself */
	put(BLOCK + 0x40 + 160, INNER);			     /* as are blocks */
	expect_label(&frame, 1, "unknown");
}

static void clauses_stand_for_their_method(void **state)
{
	struct kept frames[] = {
		{ CLAUSE + 0x188, 0, CLAUSE, 0, 0x3000, 0, FAR_AWAY | 1, OF_BLOCK },
		FRAME_OF_METHOD,
	};

	(void)state;
	put_all();
	expect_label(frames, 2, "Notifier#send");
	assert_true(name_of(frames, 2, 0).hides_next);
	assert_false(name_of(frames, 2, 1).hides_next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_have_their_class),
		cmocka_unit_test(methods_in_c_have_their_class),
		cmocka_unit_test(blocks_have_the_class_of_their_method),
		cmocka_unit_test(chains_end),
		cmocka_unit_test(clauses_stand_for_their_method),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
