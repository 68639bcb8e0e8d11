/* SPDX-License-Identifier: BSD-2-Clause */
/* past_maps: what a process had mapped follows from forks, execs and mappings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/files/past_maps.h"

#define SECOND 1000000000ULL

static char text[64 * 1024];

static int read_here(const char *path, struct file_head *ret_head, void *ctx)
{
	(void)ctx;
	return file_head_read(path, ret_head);
}

/* What is known of a process, or NULL. */
static const char *maps_of(const struct past_maps *past, __u32 tgid)
{
	struct process_view view;
	ssize_t len;
	int fd;

	if (past_maps__open(past, (pid_t)tgid, &view, &fd))
		return NULL;
	len = read(fd, text, sizeof(text) - 1);
	assert_true(len >= 0);
	text[len] = '\0';
	close(fd);
	return text;
}

static void take(struct past_maps *past, enum map_record_kind kind, __u32 tgid, __u32 parent)
{
	const struct map_record record = {
		.kind = kind, .tgid = tgid, .parent = parent, .time_ns = 5 * SECOND
	};

	assert_int_equal(past_maps__take(past, &record), 0);
}

static void take_map(struct past_maps *past, __u32 tgid, __u64 start, const char *path)
{
	const struct map_record record = { .kind = MAP_RECORD_MAP,
					   .tgid = tgid,
					   .start = start,
					   .len = 0x2000,
					   .offset = 0x1000,
					   .inode = 77,
					   .path = path };

	assert_int_equal(past_maps__take(past, &record), 0);
}

static void a_child_has_what_its_parent_has(void **state)
{
	struct past_maps *past = past_maps__new(100, read_here, NULL);

	(void)state;
	take_map(past, 100, 0x10000, "/nowhere/a");
	take(past, MAP_RECORD_FORK, 101, 100);
	take_map(past, 101, 0x20000, "/nowhere/b");
	take(past, MAP_RECORD_EXIT, 101, 0);
	assert_string_equal(maps_of(past, 100),
			    "10000-12000 r-xp 00001000 00:00 0 /nowhere/a (deleted)\n");
	assert_non_null(strstr(maps_of(past, 101), "/nowhere/a"));
	assert_non_null(strstr(maps_of(past, 101), "/nowhere/b"));
	past_maps__free(past);
}

static void strangers_are_passed_over(void **state)
{
	struct past_maps *past = past_maps__new(100, read_here, NULL);

	(void)state;
	take(past, MAP_RECORD_FORK, 201, 200);
	take_map(past, 201, 0x10000, "/nowhere/a");
	assert_null(maps_of(past, 201));
	past_maps__free(past);
}

static void exec_begins_anew(void **state)
{
	struct past_maps *past = past_maps__new(100, read_here, NULL);

	(void)state;
	take_map(past, 100, 0x10000, "/nowhere/a");
	take(past, MAP_RECORD_EXEC, 100, 0);
	take_map(past, 100, 0x10000, "/nowhere/new\nline");
	assert_string_equal(maps_of(past, 100), "10000-12000 r-xp 00001000 00:00 0 "
						"/nowhere/new\\012line (deleted)\n");
	past_maps__free(past);
}

static void a_mapping_replaces_what_it_covers(void **state)
{
	struct past_maps *past = past_maps__new(100, read_here, NULL);

	(void)state;
	take_map(past, 100, 0x10000, "/nowhere/a");
	take_map(past, 100, 0x11000, "/nowhere/b");
	assert_string_equal(maps_of(past, 100),
			    "10000-11000 r-xp 00001000 00:00 0 /nowhere/a (deleted)\n"
			    "11000-13000 r-xp 00001000 00:00 0 /nowhere/b (deleted)\n");
	take_map(past, 100, 0xf000, "/nowhere/c");
	assert_string_equal(maps_of(past, 100),
			    "f000-11000 r-xp 00001000 00:00 0 /nowhere/c (deleted)\n"
			    "11000-13000 r-xp 00001000 00:00 0 /nowhere/b (deleted)\n");
	past_maps__free(past);
}

static void a_file_proves_itself(void **state)
{
	struct map_record record = { .kind = MAP_RECORD_MAP,
				     .tgid = 100,
				     .start = 0x10000,
				     .len = 0x2000,
				     .path = "/bin/sh" };
	struct past_maps *past = past_maps__new(100, read_here, NULL);
	char expected[64];
	struct stat st;

	(void)state;
	assert_int_equal(stat("/bin/sh", &st), 0);
	record.inode = st.st_ino;
	record.major = major(st.st_dev);
	record.minor = minor(st.st_dev);
	assert_int_equal(past_maps__take(past, &record), 0);
	snprintf(expected, sizeof(expected), "10000-12000 r-xp 00000000 %02x:%02x %llu /bin/sh\n",
		 record.major, record.minor, record.inode);
	assert_non_null(strstr(maps_of(past, 100), expected));
	/* Another file has its path now, by its numbers, or by its build id. */
	record.inode++;
	assert_int_equal(past_maps__take(past, &record), 0);
	assert_non_null(strstr(maps_of(past, 100), "00:00 0 /bin/sh (deleted)\n"));
	record.inode = 0;
	record.build_id_len = MAP_RECORD_BUILD_ID;
	assert_int_equal(past_maps__take(past, &record), 0);
	assert_non_null(strstr(maps_of(past, 100), "00:00 0 /bin/sh (deleted)\n"));
	past_maps__free(past);
}

static void those_that_ended_long_ago_are_forgotten(void **state)
{
	struct past_maps *past = past_maps__new(100, read_here, NULL);

	(void)state;
	for (__u32 tgid = 1000; tgid < 1000 + 1025; tgid++) {
		take(past, MAP_RECORD_FORK, tgid, 100);
		take(past, MAP_RECORD_EXIT, tgid, 0);
	}
	assert_null(maps_of(past, 1000));
	assert_non_null(maps_of(past, 1001));
	assert_non_null(maps_of(past, 100));
	past_maps__free(past);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_has_what_its_parent_has),
		cmocka_unit_test(strangers_are_passed_over),
		cmocka_unit_test(exec_begins_anew),
		cmocka_unit_test(a_mapping_replaces_what_it_covers),
		cmocka_unit_test(a_file_proves_itself),
		cmocka_unit_test(those_that_ended_long_ago_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
