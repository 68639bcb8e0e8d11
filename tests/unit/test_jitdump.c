/* SPDX-License-Identifier: BSD-2-Clause */
/* Dumps of JIT code: their records, and what is broken in them. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "stacks/files/jitdump.h"
#include "stacks/files/perf_map.h"

#define HEADER 40

static int fd;

static void put(const void *bytes, size_t len)
{
	assert_int_equal(write(fd, bytes, len), len);
}

static void put_header(__u32 magic, __u32 version)
{
	__u32 header[HEADER / 4] = { magic, version, HEADER, 62 };

	put(header, sizeof(header));
}

static void put_record(__u32 id, size_t len)
{
	__u32 record[4] = { id, (__u32)(16 + len) };

	put(record, sizeof(record));
}

static void put_load(__u64 address, __u64 size, __u64 index, const char *name, size_t code)
{
	__u64 load[5] = { 0, address, address, size, index };
	char *bytes = calloc(1, code + 1);

	put_record(0, sizeof(load) + strlen(name) + 1 + code);
	put(load, sizeof(load));
	put(name, strlen(name) + 1);
	put(bytes, code);
	free(bytes);
}

static void put_move(__u64 address, __u64 size, __u64 index)
{
	__u64 move[6] = { 0, address, 0, address, size, index };

	put_record(1, sizeof(move));
	put(move, sizeof(move));
}

static int begin_dump(void **state)
{
	(void)state;
	fd = memfd_create("jit-1.dump", 0);
	return fd < 0;
}

static int end_dump(void **state)
{
	(void)state;
	return close(fd);
}

static void check_lines(const char *wanted)
{
	_cleanup_text_ struct text lines = TEXT_INIT;

	assert_int_equal(jitdump_as_map(fd, &lines), 0);
	assert_string_equal(text_str(&lines), wanted);
}

static void code_has_a_line(void **state)
{
	(void)state;
	put_header(0x4A695444, 1);
	put_load(0x1000, 0x20, 1, "JS:~a file.js:1", 0x20);
	put_record(2, 100); /* lines of source code: passed over */
	put((char[100]){ 0 }, 100);
	put_load(0x2000, 0x100000, 2, "LazyCompile:*b", 0x100000);
	put_load(0x3000, 0x20, 3, "two\nlines", 0);
	check_lines("1000 20 JS:~a file.js:1\n2000 100000 LazyCompile:*b\n3000 20 two?lines\n");
}

static void moved_code_keeps_its_name(void **state)
{
	(void)state;
	put_header(0x4A695444, 1);
	put_load(0x1000, 0x20, 7, "a", 0x20);
	put_move(0x5000, 0x20, 7);
	put_move(0x6000, 0x20, 8); /* of code that was never made */
	check_lines("1000 20 a\n5000 20 a\n");
}

/* The process writes while it is read. */
static void a_record_that_is_not_whole_ends_it(void **state)
{
	(void)state;
	put_header(0x4A695444, 1);
	put_load(0x1000, 0x20, 1, "a", 0x20);
	put_load(0x2000, 0x20, 2, "b", 0x20);
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - 1), 0);
	check_lines("1000 20 a\n");
}

static void broken_records(void **state)
{
	__u32 empty[4] = { 0, 3 };

	(void)state;
	put_header(0x4A695444, 1);
	put_record(0, 40); /* no name */
	put((char[40]){ 0 }, 40);
	put_record(1, 8); /* not a whole move */
	put((char[8]){ 0 }, 8);
	put_load(0x1000, 0x20, 1, "a", 0);
	put(empty, sizeof(empty)); /* shorter than itself */
	put_load(0x2000, 0x20, 1, "b", 0);
	check_lines("1000 20 a\n");
}

static void what_is_no_dump(void **state)
{
	_cleanup_text_ struct text lines = TEXT_INIT;

	(void)state;
	assert_int_equal(jitdump_as_map(fd, &lines), -ENOEXEC);
	put_header(0x4454694A, 1); /* of a machine with another order of bytes */
	assert_int_equal(jitdump_as_map(fd, &lines), -ENOEXEC);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	put_header(0x4A695444, 2);
	assert_int_equal(jitdump_as_map(fd, &lines), -ENOEXEC);
}

static void names_of_mappings(void **state)
{
	struct mapping mapping = { .inode = 1, .path = "/home/a/jit-12.dump" };

	(void)state;
	assert_true(jitdump_is_mapped(&mapping));
	mapping.path = "/home/jit-12.dump/a";
	assert_false(jitdump_is_mapped(&mapping));
	mapping.path = NULL;
	assert_false(jitdump_is_mapped(&mapping));
}

/* As a process has it: found by its mapping, for want of a map in /tmp. */
static void a_map_is_read_from_a_dump(void **state)
{
	char path[] = "/tmp/sockleak-jitdump-XXXXXX", dump[64];
	struct mapping mapping = { .path = dump, .offset = 0 };
	struct perf_map *map;
	struct stat st;
	void *mapped;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(dump, sizeof(dump), "%s/jit-1.dump", path);
	close(fd);
	fd = open(dump, O_RDWR | O_CREAT, 0600);
	put_header(0x4A695444, 1);
	put_load(0x1000, 0x20, 1, "a", 0x20);
	assert_int_equal(fstat(fd, &st), 0);
	mapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	mapping.start = (__u64)(uintptr_t)mapped;
	mapping.end = mapping.start + 4096;
	mapping.inode = st.st_ino;
	mapping.major = major(st.st_dev);
	mapping.minor = minor(st.st_dev);
	assert_int_equal(perf_map__read(getpid(), &mapping, &map), 0);
	assert_string_equal(perf_map__find(map, 0x1010), "a");
	assert_false(perf_map__stale(map, getpid(), &mapping));
	put_load(0x2000, 0x20, 2, "b", 0x20);
	assert_true(perf_map__stale(map, getpid(), &mapping));
	perf_map__free(map);
	munmap(mapped, 4096);
	unlink(dump);
	rmdir(path);
}

int main(void)
{
#define DUMP_TEST(name) cmocka_unit_test_setup_teardown(name, begin_dump, end_dump)
	const struct CMUnitTest tests[] = {
		DUMP_TEST(code_has_a_line),
		DUMP_TEST(moved_code_keeps_its_name),
		DUMP_TEST(a_record_that_is_not_whole_ends_it),
		DUMP_TEST(broken_records),
		DUMP_TEST(what_is_no_dump),
		DUMP_TEST(names_of_mappings),
		DUMP_TEST(a_map_is_read_from_a_dump),
	};

	return cmocka_run_group_tests_name("jitdump", tests, NULL, NULL);
}
