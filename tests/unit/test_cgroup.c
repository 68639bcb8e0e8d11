/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cgroup: units in paths are pure; ids and paths are tried on cgroups made here, which needs
 * root and a cgroup2 mount.
 */
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
#include <sys/stat.h>
#include <unistd.h>

#include "host/workloads/cgroup.h"

static void check_unit(const char *path, const char *wanted)
{
	char *unit = (char *)"untouched";

	assert_int_equal(cgroup_unit(path, &unit), 0);
	if (wanted)
		assert_string_equal(unit, wanted);
	else
		assert_null(unit);
	free(unit);
}

static void units(void **state)
{
	(void)state;
	check_unit("/system.slice/nginx.service", "nginx.service");
	check_unit("/system.slice/nginx.service/foo", "nginx.service");
	check_unit("/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope", "x.scope");
	check_unit("/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service");
	check_unit("/init.scope", "init.scope");
	check_unit("a.service", "a.service");
	check_unit("//a.service//", "a.service");
	check_unit("/", NULL);
	check_unit("", NULL);
	check_unit("/system.slice", NULL);
	check_unit("/.service/.scope", NULL); /* a suffix without a name */
	check_unit("/x.service.d/y.scopes", NULL);
}

/* ---- On a real tree ---- */

struct tree {
	struct cgroups *cgroups;
	char path[512]; /* of a cgroup of our own */
};

static void need_tree(struct tree *tree)
{
	int err = cgroups__new(&tree->cgroups);

	if (err) {
		print_message("SKIPPED: no cgroup2 mount: %s\n", strerror(-err));
		skip();
	}
	snprintf(tree->path, sizeof(tree->path), "%s/sockleak-test-%d.service",
		 cgroups__mount(tree->cgroups), getpid());
	if (mkdir(tree->path, 0755)) {
		print_message("SKIPPED: cannot make a cgroup: %s\n", strerror(errno));
		cgroups__free(tree->cgroups);
		skip();
	}
}

/* What the kernel itself calls the id: the handle of the directory. */
static __u64 id_of(const char *path)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + 8];
	} u = { .handle.handle_bytes = 8 };
	int mount_id;
	__u64 id;

	assert_int_equal(name_to_handle_at(AT_FDCWD, path, &u.handle, &mount_id, 0), 0);
	memcpy(&id, u.space + offsetof(struct file_handle, f_handle), sizeof(id));
	return id;
}

static void check_open(struct tree *tree, const char *path, __u64 wanted)
{
	struct stat st;
	__u64 id = 0;
	int fd = -1;

	assert_int_equal(cgroups__open(tree->cgroups, path, &fd, &id), 0);
	assert_true(id == wanted);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, 0); /* the BPF map refuses O_PATH */
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void opens_by_name(void **state)
{
	struct tree tree;
	size_t mount_len;
	__u64 id;

	(void)state;
	need_tree(&tree);
	mount_len = strlen(cgroups__mount(tree.cgroups));
	id = id_of(tree.path);
	check_open(&tree, tree.path, id);
	check_open(&tree, tree.path + mount_len + 1, id); /* relative to the mount */
	check_open(&tree, tree.path + mount_len, id);	  /* as reports write it */
	check_open(&tree, cgroups__mount(tree.cgroups), id_of(cgroups__mount(tree.cgroups)));
	assert_int_equal(rmdir(tree.path), 0);
	cgroups__free(tree.cgroups);
}

static void refuses_others(void **state)
{
	char procs[600], directory[] = "/tmp/sockleak-XXXXXX", fifo[64];
	struct tree tree;
	__u64 id = 77;
	int fd = -77;

	(void)state;
	need_tree(&tree);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", tree.path);
	assert_int_equal(cgroups__open(tree.cgroups, procs, &fd, &id), -ENOTDIR);
	assert_int_equal(cgroups__open(tree.cgroups, "/tmp", &fd, &id), -EINVAL);
	assert_int_equal(cgroups__open(tree.cgroups, "/no/such", &fd, &id), -ENOENT);
	assert_int_equal(cgroups__open(tree.cgroups, "no.slice", &fd, &id), -ENOENT);
	assert_int_equal(cgroups__open(tree.cgroups, "", &fd, &id), -ENOENT);
	assert_non_null(mkdtemp(directory));
	snprintf(fifo, sizeof(fifo), "%s/fifo", directory);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	alarm(120);
	assert_int_equal(cgroups__open(tree.cgroups, fifo, &fd, &id), -ENOTDIR);
	alarm(0);
	unlink(fifo);
	rmdir(directory);
	assert_int_equal(fd, -77);
	assert_true(id == 77);
	assert_int_equal(rmdir(tree.path), 0);
	cgroups__free(tree.cgroups);
}

static void finds_paths(void **state)
{
	char child[600], *path = NULL;
	struct tree tree;
	__u64 id, child_id;

	(void)state;
	need_tree(&tree);
	snprintf(child, sizeof(child), "%s/leaf", tree.path);
	assert_int_equal(mkdir(child, 0755), 0);
	id = id_of(tree.path);
	child_id = id_of(child);

	assert_int_equal(cgroups__path(tree.cgroups, id, &path), 0);
	assert_string_equal(path, tree.path + strlen(cgroups__mount(tree.cgroups)));
	free(path);
	assert_int_equal(cgroups__path(tree.cgroups, id_of(cgroups__mount(tree.cgroups)), &path),
			 0);
	assert_string_equal(path, "/");
	free(path);

	assert_int_equal(rmdir(child), 0);
	path = NULL;
	/* removed, and never asked for */
	assert_int_equal(cgroups__path(tree.cgroups, child_id, &path), -ESTALE);
	assert_null(path);
	assert_int_equal(rmdir(tree.path), 0);
	/* removed, but known */
	assert_int_equal(cgroups__path(tree.cgroups, id, &path), 0);
	assert_string_equal(path, tree.path + strlen(cgroups__mount(tree.cgroups)));
	free(path);
	assert_int_equal(cgroups__path(tree.cgroups, 0xffffffffffULL, &path), -ESTALE);
	cgroups__free(tree.cgroups);
}

/* More than are kept: the first ones are forgotten, and then gone for good. */
static void cache_is_bounded(void **state)
{
	const unsigned int more = 4096 + 8;
	char child[600], *path;
	struct tree tree;
	__u64 *ids;
	unsigned int i;

	(void)state;
	need_tree(&tree);
	ids = calloc(more, sizeof(*ids));
	for (i = 0; i < more; i++) {
		snprintf(child, sizeof(child), "%s/%u", tree.path, i);
		assert_int_equal(mkdir(child, 0755), 0);
		ids[i] = id_of(child);
		assert_int_equal(cgroups__path(tree.cgroups, ids[i], &path), 0);
		free(path);
		assert_int_equal(rmdir(child), 0);
	}
	assert_int_equal(cgroups__path(tree.cgroups, ids[7], &path), -ESTALE);
	assert_int_equal(cgroups__path(tree.cgroups, ids[8], &path), 0);
	free(path);
	free(ids);
	assert_int_equal(rmdir(tree.path), 0);
	cgroups__free(tree.cgroups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units),
		cmocka_unit_test(opens_by_name),
		cmocka_unit_test(refuses_others),
		cmocka_unit_test(finds_paths),
		cmocka_unit_test(cache_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
