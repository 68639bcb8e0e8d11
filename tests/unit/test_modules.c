/* SPDX-License-Identifier: BSD-2-Clause */
/* modules: the text of maps with what it can hold, and this process's own. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/files/modules.h"
#include "host/files/process_files.h"

/* ---- Text ---- */

static struct modules *parse(const char *text)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	struct modules *modules = NULL;

	assert_non_null(file);
	assert_int_equal(modules__parse(file, &modules), 0);
	fclose(file);
	return modules;
}

static const char maps[] =
	"00400000-00401000 r--p 00000000 fe:00 131 /usr/bin/a b\n"
	"00401000-00405000 r-xp 00001000 fe:00 131                            /usr/bin/a b\n"
	"00405000-00406000 rw-p 00005000 fe:00 131                            /usr/bin/a b\n"
	"01000000-01021000 rw-p 00000000 00:00 0                              [heap]\n"
	"10000000-10010000 rwxp 00000000 00:00 0 \n"
	"10020000-10030000 r-xp 00000000 00:00 0                              [anon:jit]\n"
	"20000000-20001000 r-xp 00002000 08:11 77    /lib/new\\012line.so (deleted)\n"
	"30000000-30001000 r-xs 00000000 00:01 5    /memfd:jit (deleted)\n"
	"7ffc12345000-7ffc12347000 r-xp 00000000 00:00 0                      [vdso]\n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0              [vsyscall]\n";

static void addresses(void **state)
{
	struct modules *modules = parse(maps);

	(void)state;
	assert_null(modules__find(modules, 0));
	assert_null(modules__find(modules, 0x400fff)); /* mapped, not executable */
	assert_non_null(modules__find(modules, 0x401000));
	assert_non_null(modules__find(modules, 0x404fff));
	assert_null(modules__find(modules, 0x405000));
	assert_null(modules__find(modules, 0x1000010)); /* the heap */
	assert_null(modules__find(modules, UINT64_MAX));
	assert_non_null(modules__find(modules, 0xffffffffff600fff));
	modules__free(modules);
	modules__free(NULL);
}

static void files(void **state)
{
	struct modules *modules = parse(maps);
	const struct mapping *mapping = modules__find(modules, 0x401000);

	(void)state;
	assert_string_equal(mapping->path, "/usr/bin/a b");
	assert_true(mapping->offset == 0x1000 && mapping->inode == 131);
	assert_true(mapping->major == 0xfe && mapping->minor == 0);
	assert_true(mapping->header == 0x400000);
	assert_false(mapping->deleted);
	assert_true(mapping_is_file(mapping));

	mapping = modules__find(modules, 0x20000000);
	assert_string_equal(mapping->path, "/lib/new\nline.so");
	assert_true(mapping->deleted);
	assert_true(mapping->header == 0); /* its start is not mapped */
	assert_true(mapping->major == 8 && mapping->minor == 0x11);

	mapping = modules__find(modules, 0x30000000);
	assert_string_equal(mapping->path, "/memfd:jit");
	assert_true(mapping->header == 0x30000000);
	modules__free(modules);
}

static void not_files(void **state)
{
	struct modules *modules = parse(maps);
	const struct mapping *mapping;
	int fd = -77;

	(void)state;
	mapping = modules__find(modules, 0x10000000);
	assert_non_null(mapping);
	assert_null(mapping->path);
	assert_false(mapping_is_file(mapping));
	assert_int_equal(mapping_open(getpid(), mapping, &fd), -ENOENT);
	assert_int_equal(fd, -77);
	assert_null(modules__find(modules, 0x10020000)->path);
	assert_string_equal(modules__find(modules, 0x7ffc12345000)->path, "[vdso]");
	assert_false(mapping_is_file(modules__find(modules, 0x7ffc12345000)));
	modules__free(modules);
}

/* Anonymous code between two parts of a file that have room for just it in the file. */
static void in_the_place_of_a_file(void **state)
{
	static const char text[] = "00400000-00401000 r--p 00000000 fe:00 131 /usr/bin/a\n"
				   "00401000-00405000 rwxp 00000000 00:00 0 \n"
				   "00405000-00406000 r--p 00005000 fe:00 131 /usr/bin/a\n"
				   "00406000-00407000 rwxp 00000000 00:00 0 \n"
				   "00407000-00408000 r--p 00006000 fe:00 131 /usr/bin/a\n"
				   "00408000-00409000 rwxp 00000000 00:00 0 \n"
				   "00409000-0040a000 r--p 00008000 fe:00 132 /usr/bin/b\n"
				   "00500000-00501000 rwxp 00000000 00:00 0 \n";
	struct modules *modules = parse(text);
	const struct mapping *mapping = modules__find(modules, 0x402000);

	(void)state;
	assert_non_null(mapping);
	assert_true(mapping->replaced && mapping_is_file(mapping));
	assert_string_equal(mapping->path, "/usr/bin/a");
	assert_true(mapping->offset == 0x1000 && mapping->inode == 131);
	assert_true(mapping->header == 0x400000);
	assert_null(modules__find(modules, 0x406000)->path); /* the file has no room for it */
	assert_null(modules__find(modules, 0x408000)->path); /* between two files */
	assert_null(modules__find(modules, 0x500000)->path);
	modules__free(modules);
}

static void memory_around_an_address(void **state)
{
	FILE *file = fmemopen((void *)maps, strlen(maps), "r");
	struct memory_range range = { 1, 2 };

	(void)state;
	assert_int_equal(modules__memory_in(file, 0x1020fff, &range), 0);
	assert_true(range.start == 0x1000000 && range.end == 0x1021000);
	rewind(file);
	assert_int_equal(modules__memory_in(file, 0x1021000, &range), -ENOENT);
	assert_true(range.start == 0x1000000); /* untouched */
	fclose(file);
	assert_int_equal(modules__memory_at(getpid(), (__u64)(uintptr_t)&range, &range), 0);
	assert_true((uintptr_t)&range >= range.start && (uintptr_t)&range < range.end);
}

static void nonsense(void **state)
{
	struct modules *modules;

	(void)state;
	modules = parse("\n\nx\n1-2\n5-4 r-xp 0 0:0 0\n1000-1000 r-xp 0 0:0 0\n"
			"1000-2000 r-xp 0 0:0\n-\n40-50 r-xp 0 0:0 9 /x");
	assert_null(modules__find(modules, 0x1000));
	assert_string_equal(modules__find(modules, 0x40)->path, "/x"); /* no newline at the end */
	modules__free(modules);
}

static void too_many(void **state)
{
	FILE *file = tmpfile();
	struct modules *modules;
	unsigned int i;

	(void)state;
	assert_non_null(file);
	for (i = 1; i <= 70000; i++)
		fprintf(file, "%x000-%x001 r-xp 00000000 00:00 0\n", i, i);
	rewind(file);
	assert_int_equal(modules__parse(file, &modules), 0);
	assert_non_null(modules__find(modules, 65536 * 0x1000));
	assert_null(modules__find(modules, 65537 * 0x1000));
	modules__free(modules);
	fclose(file);
}

static void equality(void **state)
{
	struct modules *a = parse(maps), *b = parse(maps), *c;

	(void)state;
	assert_true(modules__equal(a, b));
	c = parse("401000-405000 r-xp 1000 fe:00 131 /usr/bin/a b\n");
	assert_false(modules__equal(a, c));
	modules__free(b);
	b = parse("401000-405000 r-xp 1000 fe:00 131 /usr/bin/a c\n");
	assert_false(modules__equal(b, c));
	modules__free(b);
	b = parse("401000-405000 r-xp 1000 fe:00 132 /usr/bin/a b\n");
	assert_false(modules__equal(b, c));
	modules__free(a);
	modules__free(b);
	modules__free(c);
}

/* ---- Processes ---- */

static void own_process(void **state)
{
	char exe[PATH_MAX] = "";
	struct modules *modules;
	const struct mapping *mapping;
	struct stat ours, opened;
	int fd;

	(void)state;
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	assert_int_equal(modules__read(getpid(), &modules), 0);
	mapping = modules__find(modules, (uintptr_t)own_process);
	assert_non_null(mapping);
	assert_string_equal(mapping->path, exe);
	assert_true(mapping->header && mapping->header <= mapping->start);
	assert_int_equal(memcmp((void *)(uintptr_t)mapping->header, "\177ELF", 4), 0);

	assert_int_equal(mapping_open(getpid(), mapping, &fd), 0);
	assert_int_equal(stat(exe, &ours) | fstat(fd, &opened), 0);
	assert_true(ours.st_ino == opened.st_ino);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);

	mapping = modules__find(modules, getauxval(AT_SYSINFO_EHDR));
	assert_non_null(mapping);
	assert_string_equal(mapping->path, "[vdso]");
	modules__free(modules);
}

static void no_process(void **state)
{
	struct modules *modules = (struct modules *)state;
	siginfo_t info;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(0);
	assert_int_equal(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(modules__read(pid, &modules), -ESRCH); /* a zombie */
	waitpid(pid, NULL, 0);
	assert_int_equal(modules__read(pid, &modules), -ESRCH);
	assert_ptr_equal(modules, state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(files),
		cmocka_unit_test(not_files),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(in_the_place_of_a_file),
		cmocka_unit_test(memory_around_an_address),
		cmocka_unit_test(too_many),
		cmocka_unit_test(equality),
		cmocka_unit_test(own_process),
		cmocka_unit_test(no_process),
	};

	return cmocka_run_group_tests_name("modules", tests, NULL, NULL);
}
