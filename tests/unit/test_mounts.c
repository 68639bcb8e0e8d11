/* SPDX-License-Identifier: BSD-2-Clause */
/* mounts: on which device a path is, by the list of mounts. */
#define _GNU_SOURCE 1
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

#include "host/files/mounts.h"

static const char text[] = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
			   "nonsense\n"
			   "30 22 0:40 / /mnt/dead rw,nosuid - fuse x rw\n"
			   "31 30 0:41 /sub /mnt/dead/inner rw - nfs y rw\n"
			   "32 22 0:42 / /with\\040blank rw shared:5 - fuse x rw\n"
			   "33 22 0:43 / /twice rw - tmpfs t rw\n"
			   "34 33 0:44 / /twice rw - tmpfs t rw\n";

static unsigned int minor_of(const char *path)
{
	struct device device = { 77, 77 };
	FILE *mountinfo = fmemopen((void *)text, strlen(text), "r");
	int err = mounts_device_in(mountinfo, path, &device);

	fclose(mountinfo);
	assert_true(!err || err == -ENOENT);
	return err ? 77 : device.minor;
}

static void the_longest_has_it(void **state)
{
	(void)state;
	assert_int_equal(minor_of("/usr/bin/true"), 1);
	assert_int_equal(minor_of("/"), 1);
	assert_int_equal(minor_of("/mnt/dead"), 40);
	assert_int_equal(minor_of("/mnt/dead/file"), 40);
	assert_int_equal(minor_of("/mnt/deadly"), 1);
	assert_int_equal(minor_of("/mnt/dead/inner/x"), 41);
	assert_int_equal(minor_of("/with blank/x"), 42);
	assert_int_equal(minor_of("/twice/x"), 44);
	assert_int_equal(minor_of("relative"), 77);
}

static void of_this_process(void **state)
{
	struct device device;
	struct stat st;

	(void)state;
	assert_int_equal(mounts_device(getpid(), "/proc/self", &device), 0);
	assert_int_equal(stat("/proc/self/status", &st), 0);
	assert_int_equal(device.major, major(st.st_dev));
	assert_int_equal(device.minor, minor(st.st_dev));
	assert_int_equal(mounts_device(0x7ffffff0, "/", &device), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_has_it),
		cmocka_unit_test(of_this_process),
	};

	return cmocka_run_group_tests_name("mounts", tests, NULL, NULL);
}
