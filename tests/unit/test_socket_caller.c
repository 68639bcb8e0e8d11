/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller of socket(): found behind a wrapper that keeps no frame, and never a guess. */
#include "symbols_fixture.h"

#include "stacks/steps/call_instruction.h"
#include "stacks/culprit.h"

static void call_instructions(void **state)
{
	static const struct {
		unsigned char code[8];
		size_t len;
		bool call;
	} cases[] = {
		{ { 0xe8, 1, 2, 3, 4 }, 5, true },
		{ { 0x90, 0xe8, 1, 2, 3, 4 }, 6, true },
		{ { 0xe8, 1, 2, 3 }, 4, false },
		{ { 0xe9, 1, 2, 3, 4 }, 5, false },	 /* jmp */
		{ { 0xff, 0xd0 }, 2, true },		 /* call *%rax */
		{ { 0x41, 0xff, 0xd3 }, 3, true },	 /* call *%r11 */
		{ { 0x3e, 0xff, 0xd0 }, 3, true },	 /* notrack call *%rax */
		{ { 0xff, 0xe0 }, 2, false },		 /* jmp *%rax */
		{ { 0xff, 0x10 }, 2, true },		 /* call *(%rax) */
		{ { 0xff, 0x50, 0x18 }, 3, true },	 /* call *0x18(%rax) */
		{ { 0xff, 0x50 }, 2, false },		 /* its displacement is missing */
		{ { 0xff, 0x90, 1, 0, 0, 0 }, 6, true }, /* call *1(%rax), 32 bits */
		{ { 0xff, 0x90, 1, 0, 0 }, 5, false },
		{ { 0xff, 0x15, 1, 2, 3, 4 }, 6, true },  /* call *(%rip) */
		{ { 0xff, 0x25, 1, 2, 3, 4 }, 6, false }, /* jmp *(%rip) */
		{ { 0xff, 0x14, 0xd8 }, 3, true },	  /* call *(%rax,%rbx,8) */
		{ { 0xff, 0x14 }, 2, false },
		{ { 0x41, 0xff, 0x14, 0x24 }, 4, true },       /* call *(%r12) */
		{ { 0xff, 0x14, 0xdd, 1, 2, 3, 4 }, 7, true }, /* call *disp(,%rbx,8) */
		{ { 0xff, 0x14, 0xdd }, 3, false },
		{ { 0xff, 0x54, 0xd8, 8 }, 4, true },	       /* call *8(%rax,%rbx,8) */
		{ { 0xff, 0x94, 0xd8, 1, 2, 3, 4 }, 7, true }, /* the same, 32 bits */
		{ { 0xff, 0x94, 0xd8, 1, 2, 3 }, 6, false },
		{ { 0xff, 0xd8 }, 2, false }, /* FF /3, far call */
		{ { 0xd0 }, 1, false },
		{ { 0 }, 0, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (call_instruction_ends_x86(cases[i].code, cases[i].len) != cases[i].call)
			fail_msg("case %zu: not %d", i, cases[i].call);
}

/* Behind the system call in one of libc's wrappers: 0f 05. */
static __u64 behind_syscall(const char *name)
{
	const unsigned char *code = in_libc(name);
	unsigned int i;

	for (i = 0; i < 64; i++)
		if (code[i] == 0x0f && code[i + 1] == 0x05)
			return address(code + i + 2);
	fail_msg("no system call in %s", name);
	return 0;
}

static void caller_is_inserted(void **state)
{
	unsigned int line;
	__u64 pcs[2], caller;
	struct stack *stack;

	(void)state;
	HERE(caller, line);
	pcs[0] = behind_syscall("socket");
	pcs[1] = return_address();
	stack = resolve_of(getpid(), pcs, 2, caller);
	assert_int_equal(stack->count, 3);
	assert_true(stack->frames[1].pc == caller);
	assert_string_equal(stack->frames[1].function, "caller_is_inserted");
	assert_int_equal(stack->frames[1].line, line);
	assert_true(stack->frames[2].pc == pcs[1]);
	assert_true(stack->frames[0].kind);
	assert_ptr_equal(culprit_place(stack).frame, &stack->frames[1]);
	stack_unref(stack);

	pcs[1] = 0x1234; /* what follows is no code: cut, but behind the caller */
	stack = resolve_of(getpid(), pcs, 2, caller);
	assert_int_equal(stack->count, 2);
	assert_true(stack->frames[1].pc == caller);
	stack_unref(stack);

	pcs[1] = caller; /* the walk knew it */
	stack = resolve_of(getpid(), pcs, 2, caller);
	assert_int_equal(stack->count, 2);
	stack_unref(stack);
}

static void caller_is_no_guess(void **state)
{
	static const unsigned char call[] = { 0xe8, 0, 0, 0, 0 };
	__u64 caller = return_address(), first = behind_syscall("socket");
	unsigned char *jit = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(jit != MAP_FAILED);
	memcpy(jit, call, sizeof(call));
	refuse(first, 0);
	refuse(first, 0x1234);
	refuse(first, address(symbols));
	refuse(first, address(&caller));		    /* the stack */
	refuse(first, address(jit) + 5);		    /* a call, but in no file */
	refuse(first, caller - 1);			    /* within the call */
	refuse(first, address((void *)caller_is_no_guess)); /* code, but no call before it */
	refuse(behind_syscall("getpeername"), caller);
	refuse(caller, caller); /* frame 0 is not libc's */
	munmap(jit, 4096);
}

#ifdef __x86_64__
/* As Go makes its system calls: a function without a frame, called directly. */
__asm__(".text\n"
	"bare_syscall: nop\n"
	"bare_syscall_pc: ret\n"
	"bare_caller: call bare_syscall\n"
	"bare_caller_pc: ret\n"
	".skip 256, 0x90\n"
	"bare_far_pc: ret\n");
extern const char bare_syscall_pc[], bare_caller_pc[], bare_far_pc[];

static void caller_of_code_without_a_frame(void **state)
{
	__u64 pcs[2] = { address(bare_syscall_pc), return_address() };
	__u64 caller = address(bare_caller_pc);
	struct stack *stack = resolve_of(getpid(), pcs, 2, caller);

	(void)state;
	assert_int_equal(stack->count, 3);
	assert_true(stack->frames[1].pc == caller && stack->frames[2].pc == pcs[1]);
	assert_int_equal(stack->frames[1].source, FRAME_CALLER);
	stack_unref(stack);
	refuse(address(bare_far_pc), caller);	      /* too far behind what was called */
	refuse(address(bare_syscall_pc) - 2, caller); /* before it */
	refuse(pcs[0], return_address());	      /* a call of something else */
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_instructions),
		cmocka_unit_test(caller_is_inserted),
		cmocka_unit_test(caller_is_no_guess),
#ifdef __x86_64__
		cmocka_unit_test(caller_of_code_without_a_frame),
#endif
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
