/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings: the text of maps with what it can hold, this process's own, and
 * files that are not what they seem (root for other mount namespaces).
 */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/files/modules.h"
#include "host/files/process_files.h"
#include "lib/regular_file.h"

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

/* ---- Files that are not what they seem ---- */

static char directory[] = "/tmp/sockleak-modules-XXXXXX";

static char *path_of(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return path;
}

static void copy_file(const char *from, const char *to)
{
	char command[2 * PATH_MAX + 16];

	snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
	assert_int_equal(system(command), 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void refuses_special_files(void **state)
{
	int fd = -77;

	(void)state;
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(symlink("fifo", path_of("link")), 0);
	alarm(10); /* an open of it would wait for a writer */
	assert_int_equal(regular_file_open_stored(path_of("fifo"), &fd), -EINVAL);
	assert_int_equal(process_open_path(getpid(), path_of("link"), &fd), -EINVAL);
	assert_int_equal(regular_file_open_stored("/dev/null", &fd), -EINVAL);
	assert_int_equal(regular_file_open_stored("/tmp", &fd), -EINVAL);
	assert_int_equal(regular_file_open_stored(path_of("nothing"), &fd), -ENOENT);
	assert_int_equal(fd, -77);
	alarm(0);
	unlink(path_of("fifo"));
	unlink(path_of("link"));
}

static void *map_copy(const char *path)
{
	int fd = open(path, O_RDONLY);
	void *memory;

	assert_true(fd >= 0);
	memory = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	assert_true(memory != MAP_FAILED);
	close(fd);
	return memory;
}

/*
 * The mapping that holds an address, but cut short, so that map_files has no
 * entry for it and the path must do.
 */
static struct mapping by_path_only(const struct modules *modules, const void *address)
{
	const struct mapping *mapping = modules__find(modules, (uintptr_t)address);
	struct mapping cut;

	assert_non_null(mapping);
	cut = *mapping;
	cut.end--;
	return cut;
}

static void replaced_files(void **state)
{
	struct modules *modules;
	struct mapping mapping;
	int fd = -77;
	void *memory;

	(void)state;
	copy_file("/proc/self/exe", path_of("copy"));
	memory = map_copy(path_of("copy"));
	assert_int_equal(modules__read(getpid(), &modules), 0);
	mapping = by_path_only(modules, memory);
	assert_int_equal(mapping_open(getpid(), &mapping, &fd), 0);
	close(fd);

	/* another file of the same content: the build id says so */
	copy_file(path_of("copy"), path_of("other"));
	assert_int_equal(rename(path_of("other"), path_of("copy")), 0);
	assert_int_equal(mapping_open(getpid(), &mapping, &fd), 0);
	close(fd);
	fd = -77;

	/* another one: by path never, by map_files the right one */
	copy_file("/bin/true", path_of("other"));
	assert_int_equal(rename(path_of("other"), path_of("copy")), 0);
	assert_int_equal(mapping_open(getpid(), &mapping, &fd), -ESTALE);
	assert_int_equal(fd, -77);
	unlink(path_of("copy"));
	assert_int_equal(mapping_open(getpid(), &mapping, &fd), -ENOENT);

	mapping.header = 0; /* nothing in memory to compare with, and deleted */
	mapping.deleted = true;
	copy_file("/bin/true", path_of("copy"));
	assert_int_equal(mapping_open(getpid(), &mapping, &fd), -ESTALE);
	unlink(path_of("copy"));
	modules__free(modules);
	munmap(memory, 8192);
}

/* The mapped file has no name any more, and is opened all the same. */
static void deleted_file(void **state)
{
	struct modules *modules;
	const struct mapping *mapping;
	char magic[4];
	void *memory;
	int fd;

	(void)state;
	if (geteuid()) {
		print_message("SKIPPED: map_files needs root\n");
		skip();
	}
	copy_file("/proc/self/exe", path_of("copy"));
	memory = map_copy(path_of("copy"));
	unlink(path_of("copy"));
	assert_int_equal(modules__read(getpid(), &modules), 0);
	mapping = modules__find(modules, (uintptr_t)memory);
	assert_non_null(mapping);
	assert_true(mapping->deleted);
	assert_string_equal(mapping->path, path_of("copy"));
	assert_int_equal(mapping_open(getpid(), mapping, &fd), 0);
	assert_int_equal(read(fd, magic, 4), 4);
	assert_memory_equal(magic, "\177ELF", 4);
	close(fd);
	modules__free(modules);
	munmap(memory, 8192);
}

/* ---- Another mount namespace ---- */

static void assert_content(int fd, const char *wanted)
{
	char content[16] = "";

	assert_true(read(fd, content, sizeof(content) - 1) >= 0);
	assert_string_equal(content, wanted);
	close(fd);
}

/* A child whose root is a tmpfs of its own; ready when this returns. */
static pid_t start_contained(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", directory, "tmpfs", 0, NULL) || chroot(directory) || chdir("/") ||
		    mkdir("/tmp", 0755) || symlink("/secret", "/tmp/link") || mkfifo("/fifo", 0600))
			_exit(1);
		write_file("/secret", "theirs");
		write_file("/host", "theirs");
		byte = write(ready[1], "x", 1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		print_message("SKIPPED: cannot make a mount namespace (needs root)\n");
		waitpid(pid, NULL, 0);
		skip();
	}
	close(ready[0]);
	return pid;
}

static void other_namespace(void **state)
{
	pid_t pid = start_contained();
	int fd = -77;

	(void)state;
	write_file(path_of("host"), "ours");
	alarm(10);
	assert_int_equal(process_open_path(pid, "/secret", &fd), 0);
	assert_content(fd, "theirs");
	assert_int_equal(process_open_path(getpid(), path_of("host"), &fd), 0);
	assert_content(fd, "ours");
	/* an absolute symbolic link stays within the root, and so does .. */
	assert_int_equal(process_open_path(pid, "/tmp/link", &fd), 0);
	assert_content(fd, "theirs");
	assert_int_equal(process_open_path(pid, "/../../secret", &fd), 0);
	assert_content(fd, "theirs");
	fd = -77;
	assert_int_equal(process_open_path(pid, "/etc/passwd", &fd), -ENOENT); /* the host's */
	assert_int_equal(process_open_path(pid, path_of("host"), &fd), -ENOENT);
	assert_int_equal(process_open_path(pid, "/fifo", &fd), -EINVAL);
	alarm(0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(process_open_path(pid, "/secret", &fd), -ESRCH);
	assert_int_equal(fd, -77);
	unlink(path_of("host"));
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(files),
		cmocka_unit_test(not_files),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(too_many),
		cmocka_unit_test(equality),
		cmocka_unit_test(own_process),
		cmocka_unit_test(no_process),
		cmocka_unit_test(refuses_special_files),
		cmocka_unit_test(replaced_files),
		cmocka_unit_test(deleted_file),
		cmocka_unit_test(other_namespace),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
