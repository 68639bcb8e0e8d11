/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scope_missing: which names nothing on this host has, and what may have been meant; beside a
 * cgroup made here, as root with a cgroup2 mount.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/workloads/scope_missing.h"

/* Of a container and a pod that this host has not. */
#define CONTAINER "50c71eac0bad" /* not one that test_scope makes beside this */
#define POD "50c71eac-0000-4000-8000-50c71eac50c7"

static void a_service_need_not_say_so(void **state)
{
	(void)state;
	assert_true(scope_is_unit("/x.service", "x.service", "x"));
	assert_true(scope_is_unit("/x.service", "x.service", "x.service"));
	assert_true(scope_is_unit("/x.scope", "x.scope", "x.scope"));
	assert_false(scope_is_unit("/x.scope", "x.scope", "x"));
	assert_false(scope_is_unit("/x.socket", "x.socket", "x"));
	assert_false(scope_is_unit("/xy.service", "xy.service", "x"));
	assert_false(scope_is_unit("/x", "x", "x.service"));
	assert_false(scope_is_unit("/y.service", "y.service", "x"));
}

/* A guest has a unit of that name as well; the scope in which the guest runs is the host's. */
static void units_are_those_of_the_host(void **state)
{
	(void)state;
	assert_true(scope_is_unit("/system.slice/x.service", "x.service", "x"));
	assert_false(scope_is_unit("/lxc.payload.g/system.slice/x.service", "x.service", "x"));
	assert_false(scope_is_unit("/machine.slice/machine-g.scope/payload/x.service", "x.service",
				   "x"));
	assert_false(scope_is_unit("/machine.slice/machine-g.scope/x.service", "x.service", "x"));
	assert_false(
		scope_is_unit("/systemd-nspawn@g.service/init.scope", "init.scope", "init.scope"));
	assert_true(scope_is_unit("/machine.slice/machine-g.scope", "machine-g.scope",
				  "machine-g.scope"));
	assert_true(scope_is_unit("/systemd-nspawn@g.service", "systemd-nspawn@g.service",
				  "systemd-nspawn@g"));
}

struct tree {
	struct cgroups *cgroups;
	char path[512], name[64]; /* of a cgroup of our own, a service */
};

static void need_tree(struct tree *tree)
{
	if (cgroups__new(&tree->cgroups)) {
		print_message("SKIPPED: no cgroup2 mount\n");
		skip();
	}
	snprintf(tree->name, sizeof(tree->name), "sockleak-missing-%d", getpid());
	snprintf(tree->path, sizeof(tree->path), "%s/%s.service", cgroups__mount(tree->cgroups),
		 tree->name);
	if (mkdir(tree->path, 0755)) {
		print_message("SKIPPED: cannot make a cgroup\n");
		cgroups__free(tree->cgroups);
		skip();
	}
}

static void end_tree(struct tree *tree)
{
	rmdir(tree->path);
	cgroups__free(tree->cgroups);
}

static void what_is_there_is_not_missing(void **state)
{
	struct options options = { 0 };
	_cleanup_text_ struct text lines = TEXT_INIT;
	struct tree tree;

	(void)state;
	need_tree(&tree);
	options.units = (struct option_list){ { tree.name }, 1 };
	assert_int_equal(scope_missing(&options, tree.cgroups, &lines), 0);
	assert_string_equal(text_str(&lines), "");
	end_tree(&tree);
}

/* A letter is wrong; or it is another word altogether. */
static void what_may_have_been_meant(void **state)
{
	struct options options = { 0 };
	_cleanup_text_ struct text lines = TEXT_INIT, wanted = TEXT_INIT;
	char typo[64];
	struct tree tree;

	(void)state;
	need_tree(&tree);
	snprintf(typo, sizeof(typo), "%s", tree.name);
	typo[2] = 'k';
	options.units = (struct option_list){ { typo, tree.name, "\033qqqqqqqqqqqq" }, 3 };
	assert_int_equal(scope_missing(&options, tree.cgroups, &lines), 2);
	text_addf(&wanted,
		  "--unit %s: no such unit runs (did you mean %s.service? 'systemctl list-units' "
		  "lists running units)\n"
		  "--unit \\x1bqqqqqqqqqqqq: no such unit runs ('systemctl list-units' lists "
		  "running units)\n",
		  typo, tree.name);
	assert_string_equal(text_str(&lines), text_str(&wanted));
	end_tree(&tree);
}

static void containers_and_pods_have_lines_of_their_own(void **state)
{
	struct options options = { .machines = { { "nosuchguest" }, 1 },
				   .containers = { { CONTAINER }, 1 },
				   .pods = { { POD }, 1 } };
	_cleanup_text_ struct text lines = TEXT_INIT;
	struct tree tree;

	(void)state;
	need_tree(&tree);
	assert_int_equal(scope_missing(&options, tree.cgroups, &lines), 3);
	assert_non_null(strstr(text_str(&lines), "--machine nosuchguest: no such machine runs ("));
	assert_non_null(
		strstr(text_str(&lines), "--container " CONTAINER ": no such container runs ("));
	assert_non_null(strstr(text_str(&lines), "\n--pod " POD ": no such pod runs ("));
	end_tree(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_need_not_say_so),
		cmocka_unit_test(units_are_those_of_the_host),
		cmocka_unit_test(what_is_there_is_not_missing),
		cmocka_unit_test(what_may_have_been_meant),
		cmocka_unit_test(containers_and_pods_have_lines_of_their_own),
	};

	return cmocka_run_group_tests_name("scope_missing", tests, NULL, NULL);
}
