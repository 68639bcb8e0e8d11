/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols: stacks of this process and of others against what the compiler and dladdr() say. */
#include "child_fixture.h"
#include "symbols_fixture.h"
#include "stacks/culprit.h"
#include "stacks/site_id.h"

/* ---- This process ---- */

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
		const char *file = i < 2 ? "symbols_fixture.h" : "test_symbols.c";

		assert_true(stack->frames[i].pc == pcs[i]);
		assert_string_equal(stack->frames[i].function, names[i]);
		assert_string_equal(stack->frames[i].module, exe);
		assert_non_null(strstr(stack->frames[i].file, file));
		assert_int_equal(stack->frames[i].line, lines[i]);
		assert_false(stack->frames[i].kind);
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
		assert_true(stack->frames[0].kind);
		assert_null(culprit_place(stack).frame);
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
	assert_true(stack->frames[0].kind);
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

/* ---- Other processes ---- */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_stack),	  cmocka_unit_test(offsets_and_build_id),
		cmocka_unit_test(libc_functions), cmocka_unit_test(vdso),
		cmocka_unit_test(garbage_cuts),	  cmocka_unit_test(equal_stacks_are_shared),
		cmocka_unit_test(gone_process),	  cmocka_unit_test(remembered_process),
		cmocka_unit_test(exec_is_seen),	  cmocka_unit_test(many_processes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
