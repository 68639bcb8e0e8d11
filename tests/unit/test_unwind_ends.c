/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: why a stack has no further frame, and so whether outer frames are missing. */
#include "unwind_fixture.h"

/* Each way ends somewhere else. `leak` does something after its call, so it has a frame. */
static const char ending[] =
	"#define _GNU_SOURCE\n"
	"#include <fcntl.h>\n"
	"#include <string.h>\n"
	"#include <sys/mman.h>\n"
	"#include <sys/socket.h>\n"
	"#include <unistd.h>\n"
	"int last;\n"
	"long without_rules(int (*call)(void));\n"
	"long aligned(int (*call)(void));\n"
	"void on_stack(void *top, int (*call)(void));\n"
	"void from_here(void *top, int (*call)(void));\n"
	"void to_there(void *top, int (*call)(void));\n"
	"__attribute__((noipa)) int leak(void)\n"
	"{\n"
	"	last = socket(AF_INET, SOCK_STREAM, 0);\n"
	"	return last + 1;\n"
	"}\n"
	"__attribute__((noipa)) int deep_leak(void)\n"
	"{\n"
	"	char room[64 * 1024];\n"
	"	memset(room, last, sizeof(room));\n"
	"	__asm__ volatile(\"\" : : \"r\"(room) : \"memory\");\n"
	"	return leak() + room[last & 15];\n"
	"}\n"
	"__attribute__((noipa)) int leads_nowhere(void)\n"
	"{\n"
	"	((volatile long *)__builtin_frame_address(0))[1] = 0x1234;\n"
	"	return leak() + 1;\n"
	"}\n"
	"static void *new_code(int fd)\n"
	"{\n"
	"	/* sub $24,%rsp; call *%rdi; add $24,%rsp; ret */\n"
	"	static const char code[] = "
	"\"\\x48\\x83\\xec\\x18\\xff\\xd7\\x48\\x83\\xc4\\x18\\xc3\";\n"
	"	void *page;\n"
	"	if (fd >= 0 && write(fd, code, sizeof(code)) < 0)\n"
	"		return NULL;\n"
	"	page = mmap(0, 4096, PROT_READ | PROT_EXEC | (fd < 0 ? PROT_WRITE : 0),\n"
	"		    MAP_PRIVATE | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);\n"
	"	return fd < 0 ? memcpy(page, code, sizeof(code)) : page;\n"
	"}\n"
	"static void *new_stack(void)\n"
	"{\n"
	"	return (char *)mmap(0, 256 * 1024, PROT_READ | PROT_WRITE,\n"
	"			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 256 * 1024 - 64;\n"
	"}\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"	if (chdir(\"/tmp\"))\n"
	"		return 1;\n"
	"	if (!strcmp(argv[1], \"whole\"))\n"
	"		last = leak();\n"
	"	if (!strcmp(argv[1], \"copy\"))\n"
	"		last = deep_leak();\n"
	"	if (!strcmp(argv[1], \"nowhere\"))\n"
	"		last = leads_nowhere();\n"
	"	if (!strcmp(argv[1], \"plain\"))\n"
	"		last = without_rules(leak);\n"
	"	if (!strcmp(argv[1], \"rules\"))\n"
	"		last = aligned(leak);\n"
	"	if (!strcmp(argv[1], \"jit\"))\n"
	"		last = ((int (*)(int (*)(void)))new_code(-1))(leak);\n"
	"	if (!strcmp(argv[1], \"file\"))\n"
	"		last = ((int (*)(int (*)(void)))new_code(\n"
	"			open(\".\", O_RDWR | O_TMPFILE, 0700)))(leak);\n"
	"	if (!strcmp(argv[1], \"coroutine\"))\n"
	"		on_stack(new_stack(), leak);\n"
	"	if (!strcmp(argv[1], \"deep coroutine\"))\n"
	"		on_stack(new_stack(), deep_leak);\n"
	"	if (!strcmp(argv[1], \"switched\"))\n"
	"		from_here(new_stack(), leak);\n"
	"	if (!strcmp(argv[1], \"fiber\"))\n"
	"		to_there(new_stack(), leak);\n"
	"	pause();\n"
	"	return last + argc;\n"
	"}\n";

/*
 * without_rules() has neither rules nor a frame pointer, but says by its instructions what it puts
 * on the stack; of aligned() that is known only where it runs. on_stack() calls on another stack
 * and never comes back, as the first frame of a coroutine does; it has no rules either. from_here()
 * does come back, and its rules lead to the stack that it left. Those of to_there() lead to a lower
 * one, as of OCaml's caml_c_call(), which calls C on the thread's stack.
 */
static const char switching[] = ".text\n"
				".globl without_rules, aligned, on_stack, from_here, to_there\n"
				"without_rules:\n"
				"	push %rbp\n"
				"	mov $7, %ebp\n"
				"	sub $8, %rsp\n"
				"	lea -8(%rsp), %rsp\n"
				"	call *%rdi\n"
				"	add $16, %rsp\n"
				"	pop %rbp\n"
				"	ret\n"
				".size without_rules, . - without_rules\n"
				"aligned:\n"
				"	push %rbp\n"
				"	push %rbx\n"
				"	mov $7, %ebp\n"
				"	mov %rsp, %rbx\n"
				"	and $-64, %rsp\n"
				"	call *%rdi\n"
				"	mov %rbx, %rsp\n"
				"	pop %rbx\n"
				"	pop %rbp\n"
				"	ret\n"
				"on_stack:\n"
				"	mov %rdi, %rsp\n"
				"	mov $9, %ebp\n"
				"	call *%rsi\n"
				"	hlt\n"
				"from_here:\n"
				"	.cfi_startproc\n"
				"	push %rbp\n"
				"	.cfi_def_cfa_offset 16\n"
				"	.cfi_offset %rbp, -16\n"
				"	mov %rsp, %rbp\n"
				"	.cfi_def_cfa_register %rbp\n"
				"	mov %rdi, %rsp\n"
				"	call *%rsi\n"
				"	mov %rbp, %rsp\n"
				"	pop %rbp\n"
				"	.cfi_def_cfa %rsp, 8\n"
				"	ret\n"
				"	.cfi_endproc\n"
				"to_there:\n"
				"	.cfi_startproc\n"
				"	push %rbx\n"
				"	.cfi_def_cfa_offset 16\n"
				"	.cfi_offset %rbx, -16\n"
				"	mov 8(%rsp), %rax\n"
				"	mov %rax, -8(%rdi)\n"
				"	mov %rdi, %rbx\n"
				"	.cfi_def_cfa %rbx, 0\n"
				"	call *%rsi\n"
				"	.cfi_def_cfa %rsp, 16\n"
				"	pop %rbx\n"
				"	ret\n"
				"	.cfi_endproc\n"
				".section .note.GNU-stack,\"\",@progbits\n";

static void build_ending(void)
{
	write_file("ending.c", ending);
	write_file("switching.s", switching);
	run("gcc -O2 -fomit-frame-pointer -fno-stack-protector -o ending ending.c switching.s");
}

static void ends(void **state)
{
	static const struct {
		const char *way;
		enum stack_end end;
		const char *last; /* the last function; NULL = it has no name */
	} cases[] = {
		{ "whole", STACK_END_OUTERMOST, "_start" },
		{ "copy", STACK_END_COPY, "deep_leak" },
		{ "nowhere", STACK_END_ASTRAY, "leads_nowhere" },
		{ "plain", STACK_END_OUTERMOST, "_start" },
		{ "rules", STACK_END_RULES, "aligned" },
		{ "jit", STACK_END_JIT, NULL },
		{ "file", STACK_END_FILE, NULL },
		{ "coroutine", STACK_END_OUTERMOST, "on_stack" },
		{ "deep coroutine", STACK_END_COPY, "deep_leak" },
		{ "switched", STACK_END_SWITCHED, "from_here" },
		{ "fiber", STACK_END_SWITCHED, "to_there" },
	};

	(void)state;
	build_ending();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stack *stack = stack_of("ending", cases[i].way);
		const char *last = stack->frames[stack->count - 1].function;

		if (stack->end != cases[i].end || !last != !cases[i].last ||
		    (last && strcmp(last, cases[i].last))) {
			print(stack);
			fail_msg("%s: %s, after %s", cases[i].way, stack_end_phrase(stack->end),
				 last ?: "what has no name");
		}
		assert_int_equal(stack->truncated, stack->end != STACK_END_OUTERMOST);
		stack_unref(stack);
	}
}

/* Of a process that is gone nobody can ask for its memory: what was not copied is believed. */
static void ends_of_one_that_is_gone(void **state)
{
	pid_t pid = start("ending", "copy", AF_INET);
	struct snapshot *snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	struct stack *stack = NULL;

	(void)state;
	assert_non_null(snapshot);
	assert_int_equal(symbols__look(symbols, pid), 0);
	stop_process(pid);
	stack = unwind(pid, snapshot);
	assert_int_equal(stack->end, STACK_END_COPY);
	stack_unref(stack);
	free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(ends_of_one_that_is_gone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
