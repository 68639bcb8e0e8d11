/* SPDX-License-Identifier: BSD-2-Clause */
/* owner: who frees it, and by which name reports call its processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "host/workloads/owner.h"

static void the_last_reference_frees_it(void **state)
{
	struct owner *owner = owner_new(strdup("/usr/bin/ruby"), strdup("/a"), strdup("a.service"));

	(void)state;
	assert_int_equal(owner->refs, 1);
	assert_string_equal(owner->exe, "/usr/bin/ruby");
	assert_string_equal(owner->cgroup, "/a");
	assert_string_equal(owner->unit, "a.service");
	assert_null(owner->command);
	assert_string_equal(owner->workload.container, "");
	assert_ptr_equal(owner_ref(owner), owner);
	owner->command = strdup("ruby a.rb"); /* freed with it: LeakSanitizer looks */
	owner_unref(owner);
	assert_int_equal(owner->refs, 1);
	owner_unref(owner);
}

static void none_is_allowed(void **state)
{
	(void)state;
	assert_null(owner_ref(NULL));
	owner_unref(NULL);
}

static void a_renamed_program_is_called_by_its_file(void **state)
{
	struct owner owner = { .refs = 1 };
	const char comm[SOCKLEAK_COMM_LEN] = "MainThread";

	(void)state;
	assert_ptr_equal(owner_name(&owner, comm), comm);
	strcpy(owner.renamed, "node");
	assert_string_equal(owner_name(&owner, comm), "node");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_reference_frees_it),
		cmocka_unit_test(none_is_allowed),
		cmocka_unit_test(a_renamed_program_is_called_by_its_file),
	};

	return cmocka_run_group_tests_name("owner", tests, NULL, NULL);
}
