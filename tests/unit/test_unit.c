/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a unit lets the agent keep its pins, and when a kernel may refuse it tracepoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>

#include "tracefs.h"
#include "unit.h"

static bool may_pin(const char *writable, const char *directory)
{
	struct unit unit = { .writable = (char *)writable, .protects_tunables = true };

	return unit_may_pin(&unit, directory);
}

static void pins_need_a_path_below(void **state)
{
	(void)state;
	assert_true(may_pin("-/var/lib/x -/sys/fs/bpf/sockleak", "/sys/fs/bpf/sockleak"));
	assert_true(may_pin(" /sys/fs/bpf/a", "/sys/fs/bpf/a/b"));
	assert_false(may_pin("-/sys/fs/bpf", "/sys/fs/bpf/sockleak"));
	assert_false(may_pin("-/sys/fs/bpf", "/sys/fs/bpf"));
	assert_false(may_pin("", "/sys/fs/bpf/sockleak"));
	assert_false(may_pin("/sys/fs/bpf/sock", "/sys/fs/bpf/sockleak"));
	assert_false(may_pin("/", "/sys/fs/bpf/sockleak"));
}

static void pins_elsewhere_are_not_its_affair(void **state)
{
	struct unit unit = { .writable = (char *)"" };

	(void)state;
	assert_true(may_pin("", "/run/bpf/sockleak"));
	assert_true(may_pin("", "/sys/fs/bpffs"));
	assert_true(unit_may_pin(&unit, "/sys/fs/bpf/sockleak"));
}

static void levels_above_linux_own_ask_for_more(void **state)
{
	const unsigned long long few = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON;

	(void)state;
	assert_false(tracefs_may_refuse(2, few));
	assert_false(tracefs_may_refuse(-1, few));
	assert_true(tracefs_may_refuse(3, few));
	assert_true(tracefs_may_refuse(4, few));
	assert_false(tracefs_may_refuse(4, few | 1ULL << CAP_SYS_ADMIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pins_need_a_path_below),
		cmocka_unit_test(pins_elsewhere_are_not_its_affair),
		cmocka_unit_test(levels_above_linux_own_ask_for_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
