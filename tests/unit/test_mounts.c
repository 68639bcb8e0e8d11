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
			   "34 33 0:44 / /twice rw - tmpfs t rw\n"
			   "35 22 0:45 / relative rw - tmpfs t rw\n";

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

static bool is_vital(const char *line, bool is_own)
{
	char lines[512];

	snprintf(lines, sizeof(lines), "21 1 0:7 / /else rw - nfs x rw\n%s\n", line);
	FILE *mountinfo = fmemopen(lines, strlen(lines), "r");
	bool vital = mounts_is_vital_in(mountinfo, (struct device){ 0, 40 }, is_own);

	fclose(mountinfo);
	return vital;
}

/* Many distributions have them without a device of their own: all of the host is on it. */
static void the_system_is_vital(void **state)
{
	(void)state;
	assert_true(is_vital("22 1 0:40 / / rw - overlay overlay rw", true));
	assert_true(is_vital("22 1 0:40 /@usr /usr rw shared:1 - nfs x rw", true));
	assert_false(is_vital("22 1 0:41 / / rw - overlay overlay rw", true)); /* another */
	assert_false(is_vital("22 1 0:40 / /usr/local rw - nfs x rw", true));
	assert_false(is_vital("22 1 0:40 / / rw - overlay overlay rw", false)); /* a container's */
}

static void a_local_one_is_vital(void **state)
{
	(void)state;
	assert_true(is_vital("22 1 0:40 /@home /home rw shared:1 - btrfs /dev/sda1 rw", true));
	assert_true(is_vital("22 1 0:40 / /home rw shared:1 master:2 - zfs tank rw", false));
	assert_true(is_vital("22 1 0:40 / /dev/shm rw - tmpfs tmpfs rw", false));
	assert_false(is_vital("22 1 0:40 / /home rw shared:1 - nfs btrfs rw", true));
	assert_false(is_vital("22 1 0:40 / /home rw - fuse.btrfs btrfs rw", true));
	assert_false(is_vital("22 1 0:40 / /home rw", true));
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
	assert_false(mounts_is_vital(getpid(), (struct device){ 0, ~0U }));
	assert_int_equal(mounts_device(getpid(), "/usr/bin", &device), 0);
	assert_true(mounts_is_vital(getpid(), device));
	assert_true(mounts_is_vital(0x7ffffff0, device));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_has_it),
		cmocka_unit_test(the_system_is_vital),
		cmocka_unit_test(a_local_one_is_vital),
		cmocka_unit_test(of_this_process),
	};

	return cmocka_run_group_tests_name("mounts", tests, NULL, NULL);
}
