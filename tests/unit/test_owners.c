/* SPDX-License-Identifier: BSD-2-Clause */
/* owners: what is known of a process, how long, and when it is asked for anew. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child_fixture.h"
#include "host/workloads/owners.h"

#define KNOWN 1024 /* as owners.h says */

static struct owners *owners;

static int begin(void **state)
{
	(void)state;
	owners = owners__new(NULL);
	return owners ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	owners__free(owners);
	owners__free(NULL);
	return 0;
}

static struct owner *find(pid_t tgid)
{
	const struct event event = { .tgid = (__u32)tgid };
	struct owner *owner = owners__find(owners, &event);

	assert_non_null(owner);
	return owner;
}

static bool is_known(pid_t tgid)
{
	struct owner *owner = find(tgid);
	bool known = owner->exe;

	owner_unref(owner);
	return known;
}

static void this_process(void **state)
{
	char exe[PATH_MAX] = "";
	struct owner *owner = find(getpid());

	(void)state;
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	assert_string_equal(owner->exe, exe);
	assert_non_null(strstr(owner->command, "test_owners"));
	owner_unref(owner);
}

static void within_a_sweep_it_is_asked_for_once(void **state)
{
	struct owner *first = find(getpid()), *second = find(getpid()), *third;

	(void)state;
	assert_ptr_equal(first, second);
	owners__begin_sweep(owners);
	third = find(getpid());
	assert_ptr_not_equal(first, third);
	owner_unref(first);
	owner_unref(second);
	owner_unref(third);
}

/* A suspect may be gone when it is a leak: what was seen of it then is all there is. */
static void who_is_gone_is_known_if_looked_at_before(void **state)
{
	pid_t looked_at = start_child(), other = start_child();
	const struct event suspect = { .kind = EVENT_SUSPECT, .tgid = (__u32)looked_at };

	(void)state;
	owners__look(owners, &suspect);
	kill_child(looked_at);
	kill_child(other);
	owners__begin_sweep(owners);
	assert_true(is_known(looked_at));
	assert_false(is_known(other));
}

static void those_that_came_last_are_remembered(void **state)
{
	pid_t pid = start_child();
	struct event other = { .tgid = INT_MAX };

	(void)state;
	assert_true(is_known(pid));
	kill_child(pid);
	for (unsigned int i = 1; i <= KNOWN; i++) {
		owners__begin_sweep(owners);
		assert_true(is_known(pid));
		other.socket.cgroup_id = i; /* an account each */
		owners__look(owners, &other);
	}
	owners__begin_sweep(owners);
	assert_false(is_known(pid));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(this_process),
		TEST(within_a_sweep_it_is_asked_for_once),
		TEST(who_is_gone_is_known_if_looked_at_before),
		TEST(those_that_came_last_are_remembered),
	};

	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
