/* SPDX-License-Identifier: BSD-2-Clause */
/* symbols: names out of files: libraries built here (with cc) whose every byte is known. */
#include "symbols_fixture.h"
#include "stacks/site_id.h"

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

/* The kind of a function at offset 17 of known.so, which is made of "net.s". */
static enum frame_kind kind_in_net(void)
{
	void *library;
	struct stack *stack;
	enum frame_kind kind;

	assert_int_equal(run("gcc -shared -nostdlib -Wl,--build-id -Wl,-z,noseparate-code "
			     "-o known.so net.s"),
			 0);
	library = load("known.so");
	stack = resolve_one((__u64)(uintptr_t)dlsym(library, "table") + 17);
	assert_string_equal(stack->frames[0].function, "net.open");
	kind = stack->frames[0].kind;
	stack_unref(stack);
	dlclose(library);
	return kind;
}

/* Go's net makes sockets for others; a module net of D's or Ada's is the program. */
static void packages_of_go_are_in_programs_of_go(void **state)
{
	(void)state;
	write_file("net.s", ".text\n.balign 4096\n.globl table\ntable: .quad 0\n.balign 16\n"
			    ".size table, 16\n.type \"net.open\",@function\n"
			    "\"net.open\": .fill 16,1,0x90\n.size \"net.open\", 16\n"
			    ".section .note.GNU-stack,\"\",@progbits\n");
	assert_int_equal(kind_in_net(), FRAME_OF_PROGRAM);
	assert_int_equal(run("echo '.section .gopclntab; .quad 0' >> net.s"), 0);
	assert_int_equal(kind_in_net(), FRAME_OF_WRAPPER);
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
	alarm(120);
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
	old = stack_new(2); /* a stack that was given out does not change */
	assert_true(frame_copy(&old->frames[0], &stack->frames[0]));
	assert_true(frame_copy(&old->frames[1], &stack->frames[1]));
	free(old->frames[1].function);
	old->frames[1].function = strdup("former");
	free(old->frames[0].function);
	old->frames[0].function = NULL;
	old->frames[1].build_id[0] ^= 1;
	assert_int_equal(symbols__rename(symbols, getpid(), old, &renamed), 0);
	assert_int_equal(renamed->count, 2);
	assert_string_equal(renamed->frames[0].function, "inner");
	assert_string_equal(renamed->frames[1].function, "former");
	assert_true(renamed->site == site_id(renamed));
	assert_true(renamed->site != site_id(old)); /* which knew no name */
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
	alarm(120);
	check_line("dwz.so", 0);
	alarm(0);
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_symbols),
		cmocka_unit_test(stripped_symbols),
		cmocka_unit_test(minidebuginfo),
		cmocka_unit_test(clones_and_go),
		cmocka_unit_test(packages_of_go_are_in_programs_of_go),
		cmocka_unit_test(deleted_library),
		cmocka_unit_test(debuglink),
		cmocka_unit_test(debuglink_by_crc),
		cmocka_unit_test(renamed_frames_are_of_the_same_build),
		cmocka_unit_test(debug_file_installed_later),
		cmocka_unit_test(dwz_half),
		cmocka_unit_test(not_elf),
		cmocka_unit_test(late_library),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
