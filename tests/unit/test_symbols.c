/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbols: this process's own stack against what the compiler and dladdr() say,
 * and libraries built here (with cc) whose every byte is known.
 */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call_instruction.h"
#include "symbols.h"

static char directory[] = "/tmp/sockleak-symbols-XXXXXX";
static struct symbols *symbols;

static __u64 address(const void *pointer)
{
	return (uintptr_t)pointer;
}

static struct stack *resolve_of(pid_t pid, const __u64 *pcs, unsigned int count, __u64 caller)
{
	struct stack *stack = NULL;

	assert_int_equal(symbols__resolve(symbols, pid, pcs, count, caller, STACK_FP, &stack), 0);
	assert_non_null(stack);
	assert_int_equal(stack->source, STACK_FP);
	return stack;
}

static struct stack *resolve(const __u64 *pcs, unsigned int count)
{
	return resolve_of(getpid(), pcs, count, 0);
}

static struct stack *resolve_one(__u64 pc)
{
	return resolve(&pc, 1);
}

/* The return address of the call that is being made, and the line it stands in. */
#define HERE(pc, line) (pc = return_address(), line = __LINE__)

__attribute__((noipa)) static __u64 return_address(void)
{
	__asm__ volatile(""); /* two calls of it are two */
	return address(__builtin_return_address(0));
}

/* ---- This process ---- */

__attribute__((noipa)) static void inner(__u64 *pcs, unsigned int *lines)
{
	HERE(pcs[0], lines[0]);
	pcs[1] = address(__builtin_return_address(0));
}

__attribute__((noipa)) static void outer(__u64 *pcs, unsigned int *lines)
{
	inner(pcs, lines), lines[1] = __LINE__;
	pcs[2] = address(__builtin_return_address(0));
}

static void own_stack(void **state)
{
	static const char *const names[] = { "inner", "outer", "own_stack" };
	unsigned int lines[3], i;
	struct stack *stack;
	char exe[PATH_MAX] = "";
	__u64 pcs[3];

	(void)state;
	outer(pcs, lines), lines[2] = __LINE__;
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	stack = resolve(pcs, 3);
	assert_int_equal(stack->count, 3);
	for (i = 0; i < 3; i++) {
		assert_true(stack->frames[i].pc == pcs[i]);
		assert_string_equal(stack->frames[i].function, names[i]);
		assert_string_equal(stack->frames[i].module, exe);
		assert_non_null(strstr(stack->frames[i].file, "test_symbols.c"));
		assert_int_equal(stack->frames[i].line, lines[i]);
		assert_false(stack->frames[i].plumbing);
	}
	assert_true(stack->site && stack->site == site_id(stack));
	stack_unref(stack);
}

/* What the dynamic linker says of the main program: bias, segments and build id. */
struct program {
	__u64 bias, text, text_offset;
	char build_id[129];
};

static int look_at_program(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct program *program = argument;
	const ElfW(Nhdr) * note;
	int i;

	(void)size;
	program->bias = info->dlpi_addr;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *phdr = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + phdr->p_vaddr, end = at + phdr->p_memsz;

		if (phdr->p_type == PT_LOAD && phdr->p_flags & PF_X) {
			program->text = at;
			program->text_offset = phdr->p_offset;
		}
		while (phdr->p_type == PT_NOTE && at < end) {
			note = (const void *)at;
			at += sizeof(*note) + ((note->n_namesz + 3) & ~3);
			for (unsigned int j = 0;
			     note->n_type == NT_GNU_BUILD_ID && j < note->n_descsz; j++)
				sprintf(program->build_id + 2 * j, "%02x",
					((const unsigned char *)at)[j]);
			at += (note->n_descsz + 3) & ~3;
		}
	}
	return 1; /* the first one is the program */
}

static void offsets_and_build_id(void **state)
{
	struct program program = { 0 };
	struct stack *stack;
	__u64 pc = return_address();

	(void)state;
	dl_iterate_phdr(look_at_program, &program);
	stack = resolve_one(pc);
	assert_true(stack->frames[0].offset == pc - program.text + program.text_offset);
	if (program.build_id[0])
		assert_string_equal(stack->frames[0].build_id, program.build_id);
	else
		assert_null(stack->frames[0].build_id);
	stack_unref(stack);
}

/* Of libc itself: under ASan others of the name come first. */
static void *in_libc(const char *name)
{
	static void *libc;
	void *function;

	if (!libc)
		libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	function = dlsym(libc, name);
	assert_non_null(function);
	return function;
}

/* libc's functions have several names each; one of them must come back. */
static bool is_name_of(const char *name, const char *wanted)
{
	return name && !strcmp(name + strspn(name, "_"), wanted) && strspn(name, "_") <= 2;
}

static void libc_functions(void **state)
{
	static const char *const names[] = { "getpeername", "socket", "qsort", "connect" };
	struct stack *stack;
	unsigned int i;
	Dl_info info;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *function = in_libc(names[i]);

		assert_true(dladdr(function, &info));
		stack = resolve_one(address(function) + 1);
		assert_true(is_name_of(stack->frames[0].function, names[i]));
		assert_string_equal(strrchr(stack->frames[0].module, '/') + 1,
				    strrchr(info.dli_fname, '/') + 1);
		assert_true(stack->frames[0].plumbing);
		assert_null(stack_culprit(stack));
		stack_unref(stack);
		/* at its first byte a return address belongs to what is before it */
		stack = resolve_one(address(function));
		assert_false(is_name_of(stack->frames[0].function, names[i]));
		stack_unref(stack);
	}
}

/* The dynamic linker knows the vdso's functions too. */
static void vdso(void **state)
{
	__u64 base = getauxval(AT_SYSINFO_EHDR);
	void *library = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);
	void *function = library ? dlsym(library, "__vdso_clock_gettime") : NULL;
	struct stack *stack;

	(void)state;
	assert_non_null(function);
	stack = resolve_one(address(function) + 5);
	assert_string_equal(stack->frames[0].module, "[vdso]");
	assert_true(stack->frames[0].offset == address(function) + 5 - base);
	assert_true(stack->frames[0].plumbing);
	assert_true(is_name_of(stack->frames[0].function, "vdso_clock_gettime") ||
		    is_name_of(stack->frames[0].function, "clock_gettime"));
	assert_non_null(stack->frames[0].build_id);
	assert_false(stack->frames[0].has_debug);
	stack_unref(stack);
}

static void garbage_cuts(void **state)
{
	__u64 pcs[4] = { return_address(), return_address(), 0x1234, return_address() };
	struct stack *stack = resolve(pcs, 4);

	(void)state;
	assert_int_equal(stack->count, 2);
	stack_unref(stack);
	pcs[1] = address(symbols); /* readable, but not code */
	stack = resolve(pcs, 4);
	assert_int_equal(stack->count, 1);
	stack_unref(stack);
	pcs[1] = 0;
	stack = resolve(pcs, 4);
	assert_int_equal(stack->count, 1);
	stack_unref(stack);
	pcs[0] = 0x1234; /* from the register: stays */
	stack = resolve(pcs, 1);
	assert_int_equal(stack->count, 1);
	assert_null(stack->frames[0].module);
	assert_true(stack->site == 0);
	stack_unref(stack);
	stack = resolve(pcs, 0);
	assert_int_equal(stack->count, 0);
	stack_unref(stack);
}

static void equal_stacks_are_shared(void **state)
{
	__u64 pcs[2] = { return_address(), return_address() };
	struct stack *a = resolve(pcs, 2), *b = resolve(pcs, 2), *c = resolve(pcs, 1);

	(void)state;
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	stack_unref(a);
	stack_unref(b);
	stack_unref(c);
}

/* ---- The caller of socket() ---- */

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
	assert_true(stack->frames[0].plumbing);
	assert_ptr_equal(stack_culprit(stack), &stack->frames[1]);
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

static void refuse(__u64 first, __u64 caller)
{
	struct stack *stack = resolve_of(getpid(), &first, 1, caller);

	assert_int_equal(stack->count, 1);
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

/* ---- Libraries whose every byte is known ---- */

static char *path_of(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

__attribute__((format(printf, 1, 2))) static int run(const char *format, ...)
{
	char command[4 * PATH_MAX], script[5 * PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	snprintf(script, sizeof(script), "cd %s && { %s; }", directory, command);
	return system(script);
}

static void *load(const char *name)
{
	void *library = dlopen(path_of(name), RTLD_NOW);

	if (!library)
		fail_msg("%s", dlerror());
	/* mappings of before the load are taken as true for a second */
	symbols__free(symbols);
	symbols = symbols__new();
	assert_non_null(symbols);
	return library;
}

/* One 16-byte function after the other; `table` says where all of them are. */
static const char assembly[] =
	".text\n"
	".balign 4096\n"
	".globl table\n"
	"table: .quad 0\n .balign 16\n .size table, 16\n"
	".globl sized\n .type sized,@function\n"
	"sized: .fill 8,1,0x90\n .size sized, 8\n .balign 16\n"
	".globl sizeless\n .type sizeless,@function\n"
	"sizeless: .fill 16,1,0x90\n"
	".type hidden,@function\n"
	"hidden: .fill 16,1,0x90\n .size hidden, 16\n"
	".globl _ZN4qpid3sys9SslSocketC1Ei\n .type _ZN4qpid3sys9SslSocketC1Ei,@function\n"
	"_ZN4qpid3sys9SslSocketC1Ei: .fill 16,1,0x90\n .size _ZN4qpid3sys9SslSocketC1Ei, 16\n"
	".globl _ZN5hello4main17h0123456789abcdefE\n"
	".type _ZN5hello4main17h0123456789abcdefE,@function\n"
	"_ZN5hello4main17h0123456789abcdefE: .fill 16,1,0x90\n"
	".size _ZN5hello4main17h0123456789abcdefE, 16\n"
	".globl _RNvCs1234_7mycrate3foo\n .type _RNvCs1234_7mycrate3foo,@function\n"
	"_RNvCs1234_7mycrate3foo: .fill 16,1,0x90\n .size _RNvCs1234_7mycrate3foo, 16\n"
	".type socket,@function\n"
	"socket: .fill 16,1,0x90\n .size socket, 16\n"
	".section .rodata\n"
	".globl constant\n"
	"constant: .fill 16,1,0x90\n"
	".section .note.GNU-stack,\"\",@progbits\n";

static void check_function(const void *table, unsigned int offset, const char *wanted)
{
	struct stack *stack = resolve_one(address(table) + offset);

	assert_int_equal(stack->count, 1);
	assert_string_equal(strrchr(stack->frames[0].module, '/'), "/known.so");
	assert_non_null(stack->frames[0].build_id);
	assert_null(stack->frames[0].file);
	if (!wanted)
		assert_null(stack->frames[0].function);
	else if (!stack->frames[0].function)
		fail_msg("%u: no function, not %s", offset, wanted);
	else
		assert_string_equal(stack->frames[0].function, wanted);
	stack_unref(stack);
}

static void build_known(const char *after)
{
	write_file("known.s", assembly);
	assert_int_equal(run("gcc -shared -nostdlib -Wl,--build-id -Wl,-z,noseparate-code "
			     "-o known.so known.s && %s",
			     after),
			 0);
}

static void exact_symbols(void **state)
{
	__u64 caller = return_address();
	void *library;
	const char *table;

	(void)state;
	build_known("true");
	library = load("known.so");
	table = dlsym(library, "table");
	check_function(table, 17, "sized");
	check_function(table, 24, "sized"); /* the return address of a call in its last bytes */
	check_function(table, 25, NULL);    /* past its end */
	check_function(table, 32, NULL);
	check_function(table, 33, "sizeless"); /* with .symtab: up to the next symbol */
	check_function(table, 48, "sizeless");
	check_function(table, 49, "hidden");
	check_function(table, 65, "qpid::sys::SslSocket::SslSocket");
	check_function(table, 81, "hello::main");
	check_function(table, 97, "mycrate::foo");
	check_function(table, 113, "socket");
	refuse(address(table) + 113, caller);		     /* not glibc's socket() */
	check_function(dlsym(library, "constant"), 1, NULL); /* data, though mapped executable */
	dlclose(library);
}

static void stripped_symbols(void **state)
{
	void *library;
	const char *table;

	(void)state;
	build_known("strip known.so");
	library = load("known.so");
	table = dlsym(library, "table");
	check_function(table, 17, "sized");
	check_function(table, 25, NULL);
	check_function(table, 33, NULL); /* without .symtab no one knows where it ends */
	check_function(table, 49, NULL); /* hidden is gone, and not taken for sizeless */
	check_function(table, 65, "qpid::sys::SslSocket::SslSocket");
	dlclose(library);
}

/* MiniDebugInfo: symbols in an ELF file in xz in a section (Fedora, RHEL). */
static void minidebuginfo(void **state)
{
	const char *table;
	void *library;

	(void)state;
	build_known("objcopy --only-keep-debug known.so mini.debug && xz -f mini.debug && "
		    "strip known.so && "
		    "objcopy --add-section .gnu_debugdata=mini.debug.xz known.so");
	library = load("known.so");
	table = dlsym(library, "table");
	check_function(table, 49, "hidden");
	check_function(table, 17, "sized");
	check_function(table, 25, NULL);
	dlclose(library);
}

/* Copies and parts that the compiler made of a function have its name; Go's dots are Go's. */
static void clones_and_go(void **state)
{
	static const char clones[] =
		".text\n.balign 4096\n.globl table\ntable: .quad 0\n.balign 16\n.size table, 16\n"
		".type \"work.constprop.0.isra.1\",@function\n"
		"\"work.constprop.0.isra.1\": .fill 16,1,0x90\n"
		".size \"work.constprop.0.isra.1\", 16\n"
		".type \"_ZN1a4coldEv.cold\",@function\n"
		"\"_ZN1a4coldEv.cold\": .fill 16,1,0x90\n.size \"_ZN1a4coldEv.cold\", 16\n"
		".section .note.GNU-stack,\"\",@progbits\n";
	void *library;
	const char *table;

	(void)state;
	write_file("clones.s", clones);
	assert_int_equal(run("gcc -shared -nostdlib -Wl,--build-id -Wl,-z,noseparate-code "
			     "-o known.so clones.s"),
			 0);
	library = load("known.so");
	table = dlsym(library, "table");
	check_function(table, 17, "work");
	check_function(table, 33, "a::cold");
	dlclose(library);

	assert_int_equal(run("sed -i 's/_ZN1a4coldEv.cold/main.cold/g' clones.s && "
			     "echo '.section .gopclntab; .quad 0' >> clones.s && "
			     "gcc -shared -nostdlib -Wl,--build-id -Wl,-z,noseparate-code "
			     "-o known.so clones.s"),
			 0);
	library = load("known.so");
	check_function(dlsym(library, "table"), 33, "main.cold");
	dlclose(library);
}

/* A library that was replaced by something else after it was mapped. */
static void deleted_library(void **state)
{
	const char *table;
	void *library;

	(void)state;
	if (geteuid()) {
		print_message("SKIPPED: map_files needs root\n");
		skip();
	}
	build_known("true");
	library = load("known.so");
	table = dlsym(library, "table");
	assert_int_equal(run("rm known.so && cp /bin/true known.so"), 0);
	check_function(table, 49, "hidden");
	dlclose(library);
}

/* ---- Lines ---- */

static const char source[] = "void *last;\n"
			     "__attribute__((noinline)) static void note(void)\n"
			     "{\n"
			     "	last = __builtin_return_address(0);\n"
			     "}\n"
			     "void *where(void);\n"
			     "void *where(void)\n"
			     "{\n"
			     "	note();\n" /* line 9 */
			     "	return last;\n"
			     "}\n";

static void check_line(const char *name, unsigned int line)
{
	void *library = load(name);
	void *(*where)(void) = (void *(*)(void))dlsym(library, "where");
	struct stack *stack = resolve_one(address(where()));
	const struct frame *frame = &stack->frames[0];

	assert_string_equal(frame->function, "where");
	assert_int_equal(frame->line, line);
	assert_int_equal(frame->has_debug, line != 0);
	if (line)
		assert_non_null(strstr(frame->file, "where.c"));
	else
		assert_null(frame->file);
	stack_unref(stack);
	dlclose(library);
}

static void lines(void **state)
{
	(void)state;
	write_file("where.c", source);
	assert_int_equal(run("gcc -g -O1 -shared -fPIC -o lines.so where.c"), 0);
	check_line("lines.so", 9);
	assert_int_equal(run("gcc -gdwarf-4 -O1 -shared -fPIC -o lines4.so where.c"), 0);
	check_line("lines4.so", 9);
	/* addresses that are not offsets in the file */
	assert_int_equal(run("gcc -g -O1 -shared -fPIC -Wl,-Ttext-segment=0x10000 -o moved.so "
			     "where.c"),
			 0);
	check_line("moved.so", 9);
	assert_int_equal(run("strip -o stripped.so lines.so"), 0);
	check_line("stripped.so", 0);
}

/* clang writes no .debug_aranges, by which libdwfl looks for lines. */
static void lines_by_clang(void **state)
{
	(void)state;
	write_file("where.c", source);
	if (run("clang -g -O1 -shared -fPIC -o clang.so where.c 2>/dev/null")) {
		print_message("SKIPPED: no clang\n");
		skip();
	}
	check_line("clang.so", 9);
}

static void debuglink(void **state)
{
	(void)state;
	write_file("where.c", source);
	assert_int_equal(run("gcc -g -O1 -shared -fPIC -Wl,--build-id -o link.so where.c && "
			     "objcopy --only-keep-debug link.so link.debug && "
			     "strip link.so && objcopy --add-gnu-debuglink=link.debug link.so"),
			 0);
	check_line("link.so", 9);
	assert_int_equal(run("mkdir .debug && mv link.debug .debug/"), 0);
	check_line("link.so", 9);
	/* of another build */
	assert_int_equal(run("gcc -g -O0 -shared -fPIC -Wl,--build-id -o other.so where.c && "
			     "objcopy --only-keep-debug other.so .debug/link.debug"),
			 0);
	check_line("link.so", 0);
	/* a trap: who opens it waits for ever */
	assert_int_equal(run("rm .debug/link.debug && mkfifo link.debug"), 0);
	alarm(20);
	check_line("link.so", 0);
	alarm(0);
	assert_int_equal(run("rm link.debug"), 0);
}

static void debuglink_by_crc(void **state)
{
	(void)state;
	write_file("where.c", source);
	assert_int_equal(run("gcc -g -O1 -shared -fPIC -Wl,--build-id=none -o crc.so where.c && "
			     "objcopy --only-keep-debug crc.so crc.debug && "
			     "strip crc.so && objcopy --add-gnu-debuglink=crc.debug crc.so"),
			 0);
	check_line("crc.so", 9);
	assert_int_equal(run("printf x >> crc.debug"), 0);
	check_line("crc.so", 0);
}

/* Debug information that comes later is found without a new start, by build id or link. */
/* What was found in another build, loaded again since to the same place, keeps its names. */
static void renamed_frames_are_of_the_same_build(void **state)
{
	struct stack *stack, *renamed, *old;
	__u64 pcs[3];
	unsigned int lines[3];

	(void)state;
	outer(pcs, lines);
	stack = resolve(pcs, 2);
	old = stack_copy(stack); /* a stack that was given out does not change */
	free(old->frames[1].function);
	old->frames[1].function = strdup("former");
	free(old->frames[0].function);
	old->frames[0].function = NULL;
	old->frames[1].build_id[0] ^= 1;
	assert_int_equal(symbols__rename(symbols, getpid(), old, &renamed), 0);
	assert_int_equal(renamed->count, 2);
	assert_string_equal(renamed->frames[0].function, "inner");
	assert_string_equal(renamed->frames[1].function, "former");
	assert_true(renamed->site == site_id(old));
	stack_unref(renamed);
	stack_unref(old);
	stack_unref(stack);
}

static void debug_file_installed_later(void **state)
{
	void *library;
	void *(*where)(void);
	struct stack *stack;
	__u64 pc, site;

	(void)state;
	write_file("where.c", source);
	assert_int_equal(run("gcc -g -O1 -shared -fPIC -Wl,--build-id -o later.so where.c && "
			     "objcopy --only-keep-debug later.so later.kept && strip later.so && "
			     "cp later.kept later.debug && "
			     "objcopy --add-gnu-debuglink=later.debug later.so && "
			     "rm later.debug"),
			 0);
	library = load("later.so");
	where = (void *(*)(void))dlsym(library, "where");
	pc = address(where());
	stack = resolve_one(pc);
	assert_string_equal(stack->frames[0].function, "where");
	assert_false(stack->frames[0].has_debug);
	assert_null(stack->frames[0].file);
	site = stack->site;
	stack_unref(stack);

	assert_int_equal(run("cp later.kept later.debug"), 0);
	usleep(2100000); /* two seconds is how often it looks */
	stack = resolve_one(pc);
	assert_true(stack->frames[0].has_debug);
	assert_int_equal(stack->frames[0].line, 9);
	assert_true(stack->site == site);
	stack_unref(stack);
	dlclose(library);
}

/* dwz has moved a part to a file that is not there; its name is a trap, as above. */
static void dwz_half(void **state)
{
	(void)state;
	write_file("where.c", source);
	assert_int_equal(run("gcc -g -O1 -shared -fPIC -o dwz.so where.c && mkfifo trap && "
			     "printf '%%s/trap\\0abcdefghijklmnopqrst' $PWD > altlink && "
			     "objcopy --add-section .gnu_debugaltlink=altlink dwz.so"),
			 0);
	alarm(20);
	check_line("dwz.so", 0);
	alarm(0);
}

/* ---- Strange files ---- */

/* Executable mappings of what is no program: addresses, and no crash. */
static void not_elf(void **state)
{
	struct stack *stack;
	__u64 pc;
	void *memory;
	int fd;

	(void)state;
	assert_int_equal(run("head -c 8192 /dev/zero > zeros && "
			     "head -c 8192 /proc/self/exe > short && cat zeros >> short"),
			 0);
	fd = open(path_of("zeros"), O_RDONLY);
	memory = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	close(fd);
	symbols__free(symbols);
	symbols = symbols__new();
	stack = resolve_one(address(memory) + 5);
	assert_string_equal(stack->frames[0].module, path_of("zeros"));
	assert_true(stack->frames[0].offset == 5);
	assert_null(stack->frames[0].build_id);
	assert_null(stack->frames[0].function);
	assert_true(stack->site != 0);
	stack_unref(stack);
	munmap(memory, 8192);

	fd = open(path_of("short"), O_RDONLY); /* an ELF file whose tables are cut off */
	memory = mmap(NULL, 16384, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	close(fd);
	symbols__free(symbols);
	symbols = symbols__new();
	stack = resolve_one(address(memory) + 5);
	assert_string_equal(stack->frames[0].module, path_of("short"));
	assert_null(stack->frames[0].function);
	stack_unref(stack);
	munmap(memory, 16384);

	fd = memfd_create("jit", 0); /* JIT compilers do so: no offset to hash */
	assert_int_equal(ftruncate(fd, 4096), 0);
	memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	close(fd);
	symbols__free(symbols);
	symbols = symbols__new();
	pc = address(memory) + 5;
	stack = resolve_one(pc);
	assert_null(stack->frames[0].module);
	assert_true(stack->frames[0].pc == pc);
	assert_true(stack->site == 0);
	stack_unref(stack);
	munmap(memory, 4096);
}

/* ---- Other processes ---- */

static pid_t start_child(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nothing behind */
		pause();
		_exit(0);
	}
	return pid;
}

static void kill_child(pid_t pid)
{
	assert_true(pid > 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void gone_process(void **state)
{
	__u64 pcs[2] = { return_address(), return_address() };
	pid_t pid = start_child();
	struct stack *stack;

	(void)state;
	kill_child(pid);
	stack = resolve_of(pid, pcs, 2, pcs[0]);
	assert_int_equal(stack->count, 2);
	assert_true(stack->frames[0].pc == pcs[0] && stack->frames[1].pc == pcs[1]);
	assert_null(stack->frames[0].module);
	assert_true(stack->site == 0);
	stack_unref(stack);
}

static void remembered_process(void **state)
{
	__u64 pcs[2] = { return_address(), return_address() };
	pid_t pid = start_child();
	struct stack *stack = resolve_of(pid, pcs, 1, 0);

	(void)state;
	assert_string_equal(stack->frames[0].function, "remembered_process");
	stack_unref(stack);
	kill_child(pid);
	stack = resolve_of(pid, pcs, 2, 0);
	assert_int_equal(stack->count, 2);
	assert_string_equal(stack->frames[1].function, "remembered_process");
	stack_unref(stack);
	/* of a file that was not looked into while the process lived: by its path */
	pcs[1] = address(in_libc("socket")) + 1;
	stack = resolve_of(pid, pcs, 2, 0);
	assert_int_equal(stack->count, 2);
	assert_true(is_name_of(stack->frames[1].function, "socket"));
	assert_non_null(stack->frames[1].build_id);
	stack_unref(stack);
}

/* The same site in two processes, each with its own addresses (ASLR), and after an exec. */
static void exec_is_seen(void **state)
{
	pid_t pid = start_child(), sleeper;
	__u64 pc = return_address();
	struct stack *stack = resolve_of(pid, &pc, 1, 0);
	char exe[PATH_MAX], link[64];
	ssize_t len;

	(void)state;
	stack_unref(stack);
	kill_child(pid);
	sleeper = fork();
	assert_true(sleeper >= 0);
	if (!sleeper) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("sleep", "sleep", "60", NULL);
		_exit(127);
	}
	snprintf(link, sizeof(link), "/proc/%d/exe", sleeper);
	do {
		usleep(10000);
		len = readlink(link, exe, sizeof(exe) - 1);
		exe[len > 0 ? len : 0] = '\0';
	} while (!strstr(exe, "sleep"));
	stack = resolve_of(sleeper, &pc, 1, 0); /* our address means nothing there */
	assert_null(stack->frames[0].function);
	stack_unref(stack);
	kill_child(sleeper);
}

/* Code that was loaded after the mappings were read is found a second later. */
static void late_library(void **state)
{
	struct stack *stack = resolve_one(return_address());
	void *library;
	__u64 pc;

	(void)state;
	stack_unref(stack);
	build_known("true");
	library = dlopen(path_of("known.so"), RTLD_NOW);
	assert_non_null(library);
	pc = address(dlsym(library, "sized")) + 1;
	usleep(1100000);
	stack = resolve_one(pc);
	assert_string_equal(stack->frames[0].function, "sized");
	stack_unref(stack);
	dlclose(library);
}

static unsigned int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void many_processes(void **state)
{
	__u64 pcs[2] = { return_address(), address(in_libc("socket")) + 1 };
	unsigned int before, i, after_1 = 0;
	struct stack *stack;
	pid_t pids[40];

	(void)state;
	symbols__free(symbols);
	before = open_files();
	symbols = symbols__new();
	for (i = 0; i < 40; i++) {
		pids[i] = start_child();
		stack = resolve_of(pids[i], pcs, 2, 0);
		assert_string_equal(stack->frames[0].function, "many_processes");
		assert_true(is_name_of(stack->frames[1].function, "socket"));
		stack_unref(stack);
		if (i == 0)
			after_1 = open_files();
	}
	assert_true(open_files() <= after_1); /* files are shared */
	for (i = 0; i < 40; i++)
		kill_child(pids[i]);
	symbols__free(symbols);
	assert_int_equal(open_files(), before);
	symbols = symbols__new();
}

static int set_up(void **state)
{
	(void)state;
	symbols = symbols__new();
	return symbols && mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	symbols__free(symbols);
	symbols__free(NULL);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_stack),
		cmocka_unit_test(offsets_and_build_id),
		cmocka_unit_test(libc_functions),
		cmocka_unit_test(vdso),
		cmocka_unit_test(garbage_cuts),
		cmocka_unit_test(equal_stacks_are_shared),
		cmocka_unit_test(call_instructions),
		cmocka_unit_test(caller_is_inserted),
		cmocka_unit_test(caller_is_no_guess),
#ifdef __x86_64__
		cmocka_unit_test(caller_of_code_without_a_frame),
#endif
		cmocka_unit_test(exact_symbols),
		cmocka_unit_test(stripped_symbols),
		cmocka_unit_test(minidebuginfo),
		cmocka_unit_test(clones_and_go),
		cmocka_unit_test(deleted_library),
		cmocka_unit_test(lines),
		cmocka_unit_test(lines_by_clang),
		cmocka_unit_test(debuglink),
		cmocka_unit_test(debuglink_by_crc),
		cmocka_unit_test(renamed_frames_are_of_the_same_build),
		cmocka_unit_test(debug_file_installed_later),
		cmocka_unit_test(dwz_half),
		cmocka_unit_test(not_elf),
		cmocka_unit_test(gone_process),
		cmocka_unit_test(remembered_process),
		cmocka_unit_test(exec_is_seen),
		cmocka_unit_test(late_library),
		cmocka_unit_test(many_processes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
