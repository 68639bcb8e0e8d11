/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that has what CPython 3.11 has, and lies: lists that have no end, frames that lead to
 * themselves, lengths of 2^63, addresses that are not mapped. Each socket is created under another
 * lie. Under the name of an interpreter sockleak reads all of it (tests/cases/scripts_forged.py).
 */
#include "program.h"

typedef unsigned long word;

#define WILD 0xdeadbeef000UL
#define HUGE (1UL << 63)

/* By the names that the interpreter exports; the offsets are those of python_offsets.h. */
const unsigned int Py_Version = 0x030b02f0;
word PyCode_Type[2], PyUnicode_Type[2], PyBytes_Type[2];
word _PyRuntime[64];

static word interpreter[64], thread[64], cframe[8];
/* What is read later, when the socket is reported: each lie has its own. */
static struct lie {
	word frame[16], code[32], text[16], lines[512];
} all[16], *now = all;

/* All as it should be: one function, forged() at forged.py:7. */
static void be_honest(void)
{
	_PyRuntime[5] = (word)interpreter;
	interpreter[0] = 0;
	interpreter[2] = (word)thread;
	thread[1] = 0;
	thread[7] = (word)cframe;
	thread[19] = (word)pthread_self();
	cframe[1] = (word)now->frame;
	now->frame[4] = (word)now->code;
	now->frame[7] = (word)now->code + 184;
	now->frame[8] = 1UL << 32;			 /* is_entry */
	now->code[0] = now->text[0] = now->lines[0] = 1; /* references */
	now->code[1] = (word)PyCode_Type;
	now->code[2] = 4; /* units of instructions */
	((int *)now->code)[18] = 7;
	now->code[14] = now->code[16] = (word)now->text;
	now->code[17] = (word)now->lines;
	now->text[1] = (word)PyUnicode_Type;
	now->text[2] = 6;
	now->text[4] = (1 | 8 | 16) << 2;
	strcpy((char *)&now->text[6], "forged");
	now->lines[1] = (word)PyBytes_Type;
	now->lines[2] = 2;
	((char *)now->lines)[32] = (char)(0x80 | 10 << 3 | 7);
}

static void thread_loop(void)
{
	thread[19] = 1; /* nobody's */
	thread[1] = (word)thread;
}

static void interpreter_loop(void)
{
	interpreter[2] = 0;
	interpreter[0] = (word)interpreter;
}

static void frame_loop(void)
{
	now->frame[6] = (word)now->frame;
}

static void frame_wild(void)
{
	now->frame[6] = WILD;
}

static void frame_in_kernel(void)
{
	cframe[1] = ~0UL << 40;
}

static void code_wild(void)
{
	now->frame[4] = WILD;
}

/* As memory is left where code was freed: the next free piece, or nothing, and else as before. */
static void code_freed(void)
{
	now->code[0] = (word)all;
}

static void text_freed(void)
{
	now->text[0] = 0;
}

/* Other code has taken the place: the frame does not stand in it. */
static void code_replaced(void)
{
	now->frame[7] += 64;
}

static void code_of_other_type(void)
{
	now->code[1] = (word)PyBytes_Type;
}

static void text_huge(void)
{
	now->text[2] = HUGE;
}

static void text_is_code(void)
{
	now->code[14] = now->code[16] = (word)now->code;
}

static void lines_huge(void)
{
	now->lines[2] = HUGE;
}

/* Numbers that never end, and a position that no table reaches. */
static void lines_endless(void)
{
	now->lines[2] = sizeof(now->lines) - 32;
	memset(&now->lines[4], 0xff, sizeof(now->lines) - 32);
	now->frame[7] = ~0UL;
}

static void runtime_wild(void)
{
	_PyRuntime[5] = WILD;
}

int main(void)
{
	static void (*const lies[])(void) = {
		be_honest,    thread_loop,     interpreter_loop, frame_loop,
		frame_wild,   frame_in_kernel, code_wild,	 code_of_other_type,
		text_huge,    text_is_code,    lines_huge,	 lines_endless,
		runtime_wild, code_freed,      text_freed,	 code_replaced,
	};

	be_honest();
	expect_none();
	ready();
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		now = &all[i];
		be_honest();
		lies[i]();
		expect_leak(make_socket(AF_INET, SOCK_STREAM, 0),
			    "class=never_used function=make_socket");
	}
	ready();
	return 0;
}
