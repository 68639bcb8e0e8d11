/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cgroup_mount: which of the mounts in a text is the host's; and that the one that is opened is
 * the root of a tree of cgroup v2, where there is one.
 */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "host/workloads/cgroup_mount.h"

static int read_mounts(const char *text, struct cgroup_mount **ret_mounts, size_t *ret_count)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	int err;

	assert_non_null(file);
	err = cgroup_mounts_read(file, ret_mounts, ret_count);
	fclose(file);
	return err;
}

static void check_mount_id(const char *text, const char *wanted, int id, bool is_part)
{
	struct cgroup_mount *mounts;
	size_t count;

	assert_int_equal(read_mounts(text, &mounts, &count), 0);
	assert_string_equal(mounts[0].path, wanted);
	if (id)
		assert_int_equal(mounts[0].id, id);
	assert_int_equal(mounts[0].is_part, is_part);
	cgroup_mounts_free(mounts, count);
}

static void check_mount(const char *text, const char *wanted)
{
	check_mount_id(text, wanted, 0, false);
}

#define V1 "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"

static void mounts(void **state)
{
	struct cgroup_mount *mounts = (struct cgroup_mount *)state;
	size_t count;

	check_mount("27 1 254:0 / / rw - ext4 /dev/vda rw\n" V1
		    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
		    "/sys/fs/cgroup/unified");
	check_mount("41 31 0:38 / /sys/fs/cgroup rw shared:9 master:2 - cgroup2 none rw\n",
		    "/sys/fs/cgroup");
	check_mount("41 31 0:38 / /a\\040b\\134c rw - cgroup2 none rw\n", "/a b\\c");
	/* in a container: the host's tree, mounted into it, is above the namespace's root */
	check_mount("42 31 0:38 /../.. /host rw - cgroup2 none rw\n"
		    "43 31 0:38 / /sys/fs/cgroup rw - cgroup2 none rw\n"
		    "44 31 0:38 /.. /pod rw - cgroup2 none rw\n",
		    "/host");
	check_mount("42 31 0:38 /..x /bad rw - cgroup2 none rw\n"
		    "43 31 0:38 / /good rw - cgroup2 none rw\n",
		    "/good");

	assert_int_equal(read_mounts(V1, &mounts, &count), -ENOENT);
	assert_int_equal(read_mounts("\n - cgroup2 \n1 2 3 - cgroup2 x\n", &mounts, &count),
			 -ENOENT);
	assert_ptr_equal(mounts, state); /* untouched on failure */
}

#define USUAL "42 31 0:38 / /sys/fs/cgroup rw - cgroup2 none rw\n"
#define UNIFIED "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
#define CHROOT "50 31 0:38 / /srv/chroot/sys/fs/cgroup rw - cgroup2 none rw\n"
#define PART "51 31 0:38 /machine.slice/x /var/lib/x/sys/fs/cgroup rw - cgroup2 none rw\n"

/* Of several that of the host, in any order. */
static void the_mount_of_the_host(void **state)
{
	(void)state;
	check_mount_id(USUAL CHROOT PART, "/sys/fs/cgroup", 42, false);
	check_mount_id(PART CHROOT USUAL, "/sys/fs/cgroup", 42, false);
	check_mount_id(CHROOT PART UNIFIED, "/sys/fs/cgroup/unified", 41, false);
	check_mount_id(UNIFIED USUAL, "/sys/fs/cgroup", 42, false);
	/* the whole tree at an odd place is better than a part at the usual one */
	check_mount_id("52 31 0:38 /x /sys/fs/cgroup rw - cgroup2 none rw\n" CHROOT,
		       "/srv/chroot/sys/fs/cgroup", 50, false);
	/* of two odd places the first: what is mounted later goes sooner */
	check_mount_id("40 31 0:38 / /cg rw - cgroup2 none rw\n" CHROOT, "/cg", 40, false);
	check_mount_id(V1 PART, "/var/lib/x/sys/fs/cgroup", 51, true);
}

static void the_one_that_is_opened_is_a_tree(void **state)
{
	struct cgroup_mount mount = { 0 };
	struct statfs fs;
	int fd = -1;

	(void)state;
	if (cgroup_mount_open(&mount, &fd) == -ENOENT) {
		print_message("SKIPPED: no cgroup2 mount\n");
		skip();
	}
	assert_int_equal(mount.path[0], '/');
	assert_int_equal(fstatfs(fd, &fs), 0);
	assert_int_equal(fs.f_type, CGROUP2_SUPER_MAGIC);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(faccessat(fd, "cgroup.controllers", R_OK, 0), 0);
	close(fd);
	free(mount.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mounts),
		cmocka_unit_test(the_mount_of_the_host),
		cmocka_unit_test(the_one_that_is_opened_is_a_tree),
	};

	return cmocka_run_group_tests_name("cgroup_mount", tests, NULL, NULL);
}
