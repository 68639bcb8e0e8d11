/* SPDX-License-Identifier: BSD-2-Clause */
/* Scope: more cgroups than can have a rule; on cgroups made here, as root with a cgroup2 mount. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/workloads/cgroup.h"
#include "host/workloads/scope.h"

#define TOO_MANY 3
#define CONTAINERS (SOCKLEAK_MAX_RULED + TOO_MANY)
/* How the ids of these containers begin: of no other one, not even if this test runs twice. */
static char prefix[17];

static void make_path(char path[600], const char *mount, unsigned int i)
{
	snprintf(path, 600, "%s/docker-%s%048x.scope", mount, prefix, i);
}

static void remove_all(const char *mount)
{
	char path[600];

	for (unsigned int i = 0; i < CONTAINERS; i++) {
		make_path(path, mount, i);
		rmdir(path);
	}
}

static void need_containers(const char *mount)
{
	char path[600];

	for (unsigned int i = 0; i < CONTAINERS; i++) {
		make_path(path, mount, i);
		if (!mkdir(path, 0755))
			continue;
		remove_all(mount);
		print_message("SKIPPED: cannot make %u cgroups\n", CONTAINERS);
		skip();
	}
}

/* Those that are left out are counted for this moment, however often it is asked. */
static void left_out_is_of_now(void **state)
{
	struct options options = { .containers = { .items = { prefix }, .count = 1 } };
	struct text error = TEXT_INIT;
	struct cgroups *cgroups = NULL;
	struct scope *scope;
	char excluded[600];
	const char *mount;
	size_t count;

	(void)state;
	snprintf(prefix, sizeof(prefix), "50c71eac%08x", (unsigned int)getpid());
	if (cgroups__new(&cgroups)) {
		print_message("SKIPPED: no cgroup2 mount\n");
		skip();
	}
	mount = cgroups__mount(cgroups);
	need_containers(mount);
	make_path(excluded, "", 0);
	options.excluded_cgroups.items[0] = excluded;
	options.excluded_cgroups.count = 1;
	assert_int_equal(scope__new(&options, &scope, &error), 0);
	for (int i = 0; i < 3; i++) {
		scope__find(scope, 1, &count);
		assert_int_equal(count, SOCKLEAK_MAX_RULED);
		assert_int_equal(scope__left_out(scope), TOO_MANY + 1);
	}
	scope__free(scope);
	remove_all(mount);
	cgroups__free(cgroups);
	text_free(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(left_out_is_of_now) };

	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
