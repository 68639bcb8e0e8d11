/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that has what Perl 5.36 has, and lies: stacks that lead to themselves, a million
 * contexts, subs that are none, names of 2^31 bytes or without an end, addresses that are not
 * mapped. Each socket is created under another lie. Under the name of an interpreter sockleak reads
 * all of it (tests/cases/scripts_forged.py).
 */
#include "program.h"

#include <sys/mman.h>

typedef unsigned long word;

#define WILD 0xdeadbeef000UL
#define CONTEXT 104
#define LIES 16

/* By the names that the interpreter exports; the offsets are those of perl.c and perl_offsets.h. */
const unsigned char PL_version = 36;
_Thread_local void *PL_current_context;

struct object {
	word body;
	unsigned int references, flags;
	word more;
};

/* What is read later, when the socket is reported: each lie has its own. */
static struct lie {
	word interpreter[64], stack[8], statement[8], caller[8];
	char contexts[4][CONTEXT];
	struct object sub, glob, package;
	word sub_body[16], glob_body[8], package_body[12];
	struct {
		unsigned int hash;
		int len;
		char name[16];
	} name, package_name;
	char file[16];
} all[LIES], *now;

static void put(size_t context, size_t at, word value)
{
	memcpy(now->contexts[context] + at, &value, sizeof(value));
}

static void put_statement(word statement[8], word line)
{
	statement[4] = 195 | line << 32; /* nextstate */
	statement[6] = (word)now->file;
}

/* All as it should be: Forged::lie() at forged.pl:7, which the main program has called. */
static void be_honest(void)
{
	strcpy(now->file, "forged.pl");
	put_statement(now->statement, 7);
	put_statement(now->caller, 9);
	now->interpreter[26] = (word)now->statement;
	now->interpreter[28] = (word)now->stack;
	now->stack[1] = (word)now->contexts;
	now->stack[4] = 0; /* the last one */
	put(0, 0, 9);	   /* a sub */
	put(0, 16, (word)now->caller);
	put(0, 48, 1);
	put(0, 72, (word)&now->sub);
	now->sub = (struct object){ (word)now->sub_body, 1, 13, 0 };
	now->sub_body[7] = (word)&now->glob;
	now->glob = (struct object){ (word)now->glob_body, 1, 9, 0 };
	now->glob_body[4] = (word)&now->name;
	now->glob_body[5] = (word)&now->package;
	now->package = (struct object){ (word)now->package_body, 1, 12 | 0x02000000, 0 };
	now->package_body[4] = (word)&now->package_name;
	now->name.len = 3;
	strcpy(now->name.name, "lie");
	now->package_name.len = 6;
	strcpy(now->package_name.name, "Forged");
	PL_current_context = now->interpreter;
}

static void stack_loop(void)
{
	now->stack[2] = (word)now->stack;
}

static void stack_wild(void)
{
	now->interpreter[28] = WILD;
}

static void contexts_endless(void)
{
	now->stack[4] = INT_MAX;
}

static void contexts_negative(void)
{
	now->stack[4] = (word)INT_MIN;
}

static void contexts_in_kernel(void)
{
	now->stack[1] = ~0UL << 40;
}

static void statement_wild(void)
{
	now->interpreter[26] = WILD;
}

static void statement_freed(void)
{
	now->statement[4] = 0x55d4a0f01230;
}

static void file_wild(void)
{
	now->statement[6] = WILD;
}

/* Up to the end of what is mapped there is no NUL. */
static void file_endless(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *text = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(text, 'x', page);
	now->statement[6] = (word)text + page - 100;
}

static void sub_of_other_type(void)
{
	now->sub.flags = 12;
	now->glob.flags = 13;
}

static void glob_loop(void)
{
	now->glob.more = (word)&now->glob - 56;
	now->glob_body[5] = (word)&now->glob;
}

static void name_huge(void)
{
	now->name.len = INT_MAX;
}

static void name_negative(void)
{
	now->package_name.len = -1;
}

static void interpreter_wild(void)
{
	PL_current_context = (void *)WILD;
}

int main(void)
{
	static void (*const lies[])(void) = {
		be_honest,	   stack_loop,	       stack_wild,	  contexts_endless,
		contexts_negative, contexts_in_kernel, statement_wild,	  statement_freed,
		file_wild,	   file_endless,       sub_of_other_type, glob_loop,
		name_huge,	   name_negative,      interpreter_wild,
	};

	now = all;
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
