/* SPDX-License-Identifier: BSD-2-Clause */
/* hook_kinds: which kind is the best on kernels that were looked at, and when some are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/hooks/hook_kinds.h"

#define REFUSED(choice) (1U << (choice))
#define NO_FUNCTIONS (REFUSED(HOOKS_FENTRY) | REFUSED(HOOKS_KPROBE_MULTI))
#define NO_EVENTS (REFUSED(HOOKS_TRACEPOINT) | REFUSED(HOOKS_RAW_SYSCALLS))

static const struct kernel_traits voluntary_6_12 = { .pools_returns = true };
static const struct kernel_traits full_6_12 = { .preempts = true, .pools_returns = true };
static const struct kernel_traits lazy_6_18 = { .preempts = true };
static const struct kernel_traits lazy_7_3 = { .preempts = true, .tracepoints_may = true };

static enum hooks_choice best(const struct kernel_traits *traits, unsigned int mask)
{
	bool refused[HOOKS_CHOICES];

	for (unsigned int i = 0; i < HOOKS_CHOICES; i++)
		refused[i] = mask & REFUSED(i);
	return hook_kind_best(traits, refused);
}

static void nothing_is_refused(void **state)
{
	(void)state;
	assert_int_equal(best(&voluntary_6_12, 0), HOOKS_FENTRY);
	assert_int_equal(best(&full_6_12, 0), HOOKS_TRACEPOINT);
	assert_int_equal(best(&lazy_6_18, 0), HOOKS_KPROBE_MULTI);
	assert_int_equal(best(&lazy_7_3, 0), HOOKS_KPROBE_MULTI);
}

static void some_are_refused(void **state)
{
	(void)state;
	assert_int_equal(best(&voluntary_6_12, NO_FUNCTIONS), HOOKS_TRACEPOINT);
	assert_int_equal(best(&lazy_6_18, NO_FUNCTIONS | NO_EVENTS), HOOKS_RAW_TP);
	assert_int_equal(best(&full_6_12, NO_EVENTS), HOOKS_RAW_TP);
	/* Since 7.2 the tracepoints of the calls miss some, those of all calls do not. */
	assert_int_equal(best(&lazy_7_3, NO_FUNCTIONS), HOOKS_RAW_SYSCALLS);
}

/* Where all that is left misses calls one is taken all the same, and says so. */
static void the_best_of_the_bad(void **state)
{
	(void)state;
	assert_int_equal(best(&lazy_7_3, REFUSED(HOOKS_KPROBE_MULTI) | NO_EVENTS), HOOKS_FENTRY);
	assert_non_null(hook_kind(HOOKS_FENTRY)->misses(&lazy_7_3));
	assert_int_equal(best(&lazy_7_3, NO_FUNCTIONS | NO_EVENTS), HOOKS_RAW_TP);
	assert_int_equal(best(&lazy_7_3, NO_FUNCTIONS | NO_EVENTS | REFUSED(HOOKS_RAW_TP)),
			 HOOKS_AUTO);
}

static void the_table_is_whole(void **state)
{
	(void)state;
	assert_null(hook_kind(HOOKS_AUTO));
	assert_null(hook_kind(HOOKS_CHOICES));
	for (unsigned int i = HOOKS_AUTO + 1; i < HOOKS_CHOICES; i++) {
		const struct hook_kind *kind = hook_kind((enum hooks_choice)i);

		assert_non_null(kind->name);
		assert_non_null(kind->sections[0]);
		assert_non_null(kind->sees);
		assert_non_null(kind->costs);
		assert_non_null(kind->needs);
		assert_non_null(kind->misses);
	}
}

/* The option's names are those of the table, in its order. */
static void the_option_has_them_all(void **state)
{
	const struct option_spec *spec = option_find("hooks");

	(void)state;
	assert_string_equal(spec->choices[HOOKS_AUTO], "auto");
	for (unsigned int i = HOOKS_AUTO + 1; i < HOOKS_CHOICES; i++)
		assert_string_equal(spec->choices[i], hook_kind((enum hooks_choice)i)->name);
	assert_null(spec->choices[HOOKS_CHOICES]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_refused),	   cmocka_unit_test(some_are_refused),
		cmocka_unit_test(the_best_of_the_bad),	   cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(the_option_has_them_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
