/* SPDX-License-Identifier: BSD-2-Clause */
/* file_head: a stored file is known by its numbers and its first page; nothing else is opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files/file_head.h"

static void a_short_file(void **state)
{
	char path[] = "/tmp/test-file-head-XXXXXX";
	struct file_head head;
	struct stat st;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "short", 5), 5);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(file_head_read(path, &head), 0);
	assert_int_equal(head.inode, st.st_ino);
	assert_int_equal(head.len, 5);
	assert_memory_equal(head.bytes, "short", 5);
	assert_int_equal(ftruncate(fd, 3 * FILE_HEAD_MAX), 0);
	assert_int_equal(file_head_read(path, &head), 0);
	assert_int_equal(head.len, FILE_HEAD_MAX);
	close(fd);
	unlink(path);
}

/* A FIFO would block whoever opens it, and a file that the kernel generates may, too. */
static void what_is_not_stored(void **state)
{
	char path[] = "/tmp/test-file-head-XXXXXX";
	struct file_head head = { .inode = 4711 };

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_int_equal(file_head_read(path, &head), -EINVAL);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(file_head_read(path, &head), -EINVAL);
	unlink(path);
	assert_int_equal(file_head_read(path, &head), -ENOENT);
	assert_int_equal(file_head_read("/proc/self/status", &head), -EINVAL);
	assert_int_equal(head.inode, 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_file),
		cmocka_unit_test(what_is_not_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
