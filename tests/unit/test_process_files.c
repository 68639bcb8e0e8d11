/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_files: files of this process, and of others, that are not what they seem (root for
 * other mount namespaces), and build ids in bytes that are not whole.
 */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
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

#include "child_fixture.h"
#include "host/files/modules.h"
#include "host/files/process_files.h"
#include "host/process.h"
#include "lib/regular_file.h"

static char directory[] = "/tmp/sockleak-process-files-XXXXXX";

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
	alarm(120); /* an open of it would wait for a writer */
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

/* A root that is a tmpfs of its own. */
static bool become_contained(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", directory, "tmpfs", 0, NULL) || chroot(directory) || chdir("/") ||
	    mkdir("/tmp", 0755) || symlink("/secret", "/tmp/link") || mkfifo("/fifo", 0600))
		return false;
	write_file("/secret", "theirs");
	write_file("/host", "theirs");
	return true;
}

static void other_namespace(void **state)
{
	pid_t pid = start_prepared_child(become_contained);
	int fd = -77;

	(void)state;
	if (pid < 0) {
		print_message("SKIPPED: cannot make a mount namespace (needs root)\n");
		skip();
	}
	write_file(path_of("host"), "ours");
	alarm(120);
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
	kill_child(pid);
	assert_int_equal(process_open_path(pid, "/secret", &fd), -ESRCH);
	assert_int_equal(fd, -77);
	unlink(path_of("host"));
}

/* ---- What else is opened of a process ---- */

/* The number of a process that is gone. */
static pid_t nobody(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void who_is_gone_has_nothing(void **state)
{
	pid_t pid = nobody();
	struct process_view view = { .start_ns = 77 };
	int fd = -77;

	(void)state;
	assert_int_equal(process_look(pid, &view), -ESRCH);
	assert_int_equal(view.start_ns, 77);
	assert_int_equal(process_open_maps(pid, &fd), -ESRCH);
	assert_int_equal(process_open_root(pid, &fd), -ESRCH);
	assert_int_equal(process_open_path(pid, "/etc/passwd", &fd), -ESRCH);
	assert_int_equal(process_open_perf_map(pid, &fd), -ESRCH);
	assert_int_equal(fd, -77);
}

static void a_view_names_one_process(void **state)
{
	struct process_view view;
	__u64 start_ns;
	struct stat ns;

	(void)state;
	assert_int_equal(process_look(getpid(), &view), 0);
	assert_int_equal(process_start_time(getpid(), &start_ns), 0);
	assert_int_equal(view.start_ns, start_ns);
	assert_int_equal(stat("/proc/self/ns/mnt", &ns), 0);
	assert_int_equal(view.mount_ns, ns.st_ino);
	assert_true(view.shares_mounts);
}

/* The process is gone: nothing but its numbers says that the file is still the mapped one. */
static void an_orphan_is_reported_by_its_numbers(void **state)
{
	struct modules *modules;
	struct mapping mapping;
	int fd = -77;

	(void)state;
	assert_int_equal(modules__read(getpid(), &modules), 0);
	mapping = *modules__find(modules, (uintptr_t)an_orphan_is_reported_by_its_numbers);
	assert_int_equal(mapping_open_orphan(&mapping, &fd), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	fd = -77;
	mapping.inode++;
	assert_int_equal(mapping_open_orphan(&mapping, &fd), -ESTALE);
	mapping.path = (char[]){ "/no/such/file" };
	assert_int_equal(mapping_open_orphan(&mapping, &fd), -ENOENT);
	mapping.path = (char[]){ "[vdso]" };
	assert_int_equal(mapping_open_orphan(&mapping, &fd), -ENOENT);
	assert_int_equal(mapping_open(getpid(), &mapping, &fd), -ENOENT);
	assert_int_equal(fd, -77);
	modules__free(modules);
}

/* Anybody may write to /tmp: only what the process itself, or root, has made there counts. */
static void a_perf_map_is_of_its_process(void **state)
{
	char path[64];
	int fd = -77;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	unlink(path);
	assert_int_equal(process_open_perf_map(getpid(), &fd), -ENOENT);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(process_open_perf_map(getpid(), &fd), -EINVAL);
	unlink(path);
	write_file(path, "1 2 f\n");
	assert_int_equal(link(path, path_of("second")), 0);
	assert_int_equal(process_open_perf_map(getpid(), &fd), -EPERM);
	assert_int_equal(fd, -77);
	unlink(path_of("second"));
	assert_int_equal(process_open_perf_map(getpid(), &fd), 0);
	assert_content(fd, "1 2 f\n");
	if (!geteuid()) {
		fd = -77;
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(process_open_perf_map(getpid(), &fd), -EPERM);
		assert_int_equal(fd, -77);
	}
	unlink(path);
}

static void the_vdso_is_copied_as_it_is(void **state)
{
	const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);
	char copy[4096];
	int fd = -77;

	(void)state;
	if (!vdso) {
		print_message("SKIPPED: this process has no vdso\n");
		skip();
	}
	assert_int_equal(process_copy_vdso(getpid(), (uintptr_t)vdso, 0, &fd), -EINVAL);
	assert_int_equal(process_copy_vdso(getpid(), (uintptr_t)vdso, 65537, &fd), -EINVAL);
	assert_int_equal(process_copy_vdso(getpid(), (uintptr_t)copy, 4096, &fd), -EACCES);
	assert_int_equal(fd, -77);
	assert_int_equal(process_copy_vdso(getpid(), (uintptr_t)vdso, 4096, &fd), 0);
	assert_int_equal(pread(fd, copy, sizeof(copy), 0), 4096);
	assert_memory_equal(copy, vdso, sizeof(copy));
	close(fd);
}

/* ---- Build ids ---- */

#define HEADERS (sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr))

static size_t put_note(char *to, const char *name, __u32 type, const char *desc)
{
	Elf64_Nhdr note = { (__u32)strlen(name) + 1, (__u32)strlen(desc), type };
	size_t name_len = (note.n_namesz + 3) & ~3U;

	memset(to, 0, sizeof(note) + name_len + 8);
	memcpy(to, &note, sizeof(note));
	memcpy(to + sizeof(note), name, note.n_namesz);
	memcpy(to + sizeof(note) + name_len, desc, note.n_descsz);
	return sizeof(note) + name_len + ((note.n_descsz + 3) & ~3U);
}

/* An ELF file with two notes, of which the second is the build id "0123456789"; its length. */
static size_t make_elf(char *to)
{
	Elf64_Ehdr ehdr = { .e_phoff = sizeof(ehdr), .e_phnum = 1 };
	Elf64_Phdr phdr = { .p_type = PT_NOTE, .p_offset = HEADERS };

	memcpy(ehdr.e_ident, ELFMAG, SELFMAG);
	ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	ehdr.e_phentsize = sizeof(phdr);
	phdr.p_filesz = put_note(to + HEADERS, "stapsdt", NT_GNU_BUILD_ID, "no");
	phdr.p_filesz +=
		put_note(to + HEADERS + phdr.p_filesz, ELF_NOTE_GNU, NT_GNU_BUILD_ID, "0123456789");
	memcpy(to, &ehdr, sizeof(ehdr));
	memcpy(to + sizeof(ehdr), &phdr, sizeof(phdr));
	return HEADERS + phdr.p_filesz;
}

static void a_build_id_is_found(void **state)
{
	char elf[512];
	size_t len = make_elf(elf), id_len = 0;
	const void *id = process_files_build_id(elf, len, &id_len);

	(void)state;
	assert_non_null(id);
	assert_int_equal(id_len, 10);
	assert_memory_equal(id, "0123456789", 10);
	elf[EI_CLASS] = ELFCLASS32;
	assert_null(process_files_build_id(elf, len, &id_len));
	elf[EI_CLASS] = ELFCLASS64;
	elf[EI_MAG0] = 0;
	assert_null(process_files_build_id(elf, len, &id_len));
}

/* Of the first bytes alone; each in memory that ends with them (ASan). */
static void what_is_cut_short_has_none(void **state)
{
	char elf[512];
	size_t len = make_elf(elf), id_len = 0;

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		char *bytes = malloc(cut ?: 1);

		memcpy(bytes, elf, cut);
		assert_null(process_files_build_id(bytes, cut, &id_len));
		free(bytes);
	}
	assert_int_equal(id_len, 0);
}

/* Sizes and offsets as large as they can be, in each of the 8 bytes at any place. */
static void hostile_numbers_lead_nowhere(void **state)
{
	char elf[512];
	size_t len = make_elf(elf), id_len;

	(void)state;
	for (size_t at = 0; at + 8 <= len; at++) {
		char *bytes = malloc(len);
		const char *id;

		memcpy(bytes, elf, len);
		memset(bytes + at, 0xff, 8);
		id_len = 0;
		id = process_files_build_id(bytes, len, &id_len);
		assert_true(!id || (id > bytes && id + id_len <= bytes + len));
		free(bytes);
	}
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
		cmocka_unit_test(refuses_special_files),
		cmocka_unit_test(replaced_files),
		cmocka_unit_test(deleted_file),
		cmocka_unit_test(other_namespace),
		cmocka_unit_test(who_is_gone_has_nothing),
		cmocka_unit_test(a_view_names_one_process),
		cmocka_unit_test(an_orphan_is_reported_by_its_numbers),
		cmocka_unit_test(a_perf_map_is_of_its_process),
		cmocka_unit_test(the_vdso_is_copied_as_it_is),
		cmocka_unit_test(a_build_id_is_found),
		cmocka_unit_test(what_is_cut_short_has_none),
		cmocka_unit_test(hostile_numbers_lead_nowhere),
	};

	return cmocka_run_group_tests_name("process_files", tests, make_directory,
					   remove_directory);
}
