/* SPDX-License-Identifier: BSD-2-Clause */
/* preemption: what each source says, which of them counts, and that in doubt it is assumed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel/hooks/preemption.h"

#define DYNAMIC "#1 SMP PREEMPT_DYNAMIC Debian 6.12.118-1"
#define VOLUNTARY \
	"CONFIG_PREEMPT_BUILD=y\nCONFIG_PREEMPT_VOLUNTARY=y\n# CONFIG_PREEMPT is not set\n"

static bool of(const char *version, const char *sched, const char *cmdline, const char *config)
{
	return preemption_of(&(struct preemption_sources){ version, sched, cmdline, config });
}

static void by_version(void **state)
{
	(void)state;
	assert_false(of("#1 SMP Debian 5.10", NULL, NULL, NULL));
	assert_true(of("#1 SMP PREEMPT Debian", NULL, "preempt=none", VOLUNTARY));
	assert_true(of("#1 SMP PREEMPT_RT Debian", "(none) full", NULL, NULL));
}

static void by_debugfs(void **state)
{
	(void)state;
	assert_false(of(DYNAMIC, "(none) voluntary full \n", "preempt=full", NULL));
	assert_false(of(DYNAMIC, "none (voluntary) full \n", NULL, NULL));
	assert_true(of(DYNAMIC, "none voluntary (full) \n", NULL, VOLUNTARY));
	assert_true(of(DYNAMIC, "none voluntary full (lazy) \n", NULL, VOLUNTARY));
	assert_true(of(DYNAMIC, "full (lazy)\n", NULL, VOLUNTARY));
}

static void by_command_line(void **state)
{
	(void)state;
	assert_false(of(DYNAMIC, NULL, "quiet preempt=none\n", NULL));
	assert_false(of(DYNAMIC, NULL, "preempt=full preempt=voluntary quiet", NULL));
	assert_true(of(DYNAMIC, NULL, "preempt=full quiet", VOLUNTARY));
	assert_true(of(DYNAMIC, NULL, "preempt=nonesuch", NULL));
	assert_false(of(DYNAMIC, NULL, "xpreempt=full", VOLUNTARY));
}

static void by_config(void **state)
{
	(void)state;
	assert_false(of(DYNAMIC, NULL, "quiet", VOLUNTARY));
	assert_false(of(DYNAMIC, NULL, NULL, "\nCONFIG_PREEMPT_NONE=y\n"));
	assert_true(
		of(DYNAMIC, NULL, NULL, "\n# CONFIG_PREEMPT_NONE is not set\nCONFIG_PREEMPT=y\n"));
	assert_true(of(DYNAMIC, NULL, "quiet", NULL));
	assert_true(of(NULL, NULL, NULL, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_version),
		cmocka_unit_test(by_debugfs),
		cmocka_unit_test(by_command_line),
		cmocka_unit_test(by_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
