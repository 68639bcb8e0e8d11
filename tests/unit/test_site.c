/* SPDX-License-Identifier: BSD-2-Clause */
/* site: its processes, which stack it shows, its class and age, and the order of a report. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include <cmocka.h>

#include "leaks/site.h"

static void the_last_leak_ends_the_account(void **state)
{
	struct site *site = calloc(1, sizeof(*site));
	struct site_process *process;

	(void)state;
	process = site_process_get(site, 42);
	assert_int_equal(process->tgid, 42);
	assert_int_equal(process->open, 0);
	process->open = 2;
	assert_ptr_equal(site_process_get(site, 42), process);
	site_process_get(site, 43)->open = 1;
	assert_int_equal(HASH_COUNT(site->processes), 2);
	site_process_leave(site, process);
	assert_ptr_equal(site_process_get(site, 42), process);
	assert_int_equal(process->open, 1);
	site_process_leave(site, process);
	assert_int_equal(HASH_COUNT(site->processes), 1);
	assert_int_equal(site->processes->tgid, 43);
	site_free(site); /* with the account that is left */
}

static struct stack *stack_with(unsigned int frames, unsigned int lines)
{
	struct stack *stack = stack_new(frames);

	assert_non_null(stack);
	for (unsigned int i = 0; i < lines; i++)
		stack->frames[i].line = i + 1;
	return stack;
}

/* Does a site that shows the first one show the second one then? */
static bool takes(struct stack *shown, struct stack *other)
{
	struct site *site = calloc(1, sizeof(*site));
	bool has_taken;

	site_show_better(site, shown);
	assert_ptr_equal(site->stack, shown);
	site_show_better(site, other);
	has_taken = site->stack == other;
	if (has_taken) /* the reference is given back */
		assert_int_equal(shown->refs, 1);
	site_free(site);
	stack_unref(shown);
	stack_unref(other);
	return has_taken;
}

static void lines_count_more_than_frames(void **state)
{
	struct site none = { 0 };

	(void)state;
	site_show_better(&none, NULL);
	assert_null(none.stack);
	assert_false(takes(stack_with(3, 1), NULL));
	assert_true(takes(stack_with(3, 1), stack_with(2, 2)));
	assert_true(takes(stack_with(3, 1), stack_with(4, 1)));
	assert_false(takes(stack_with(3, 1), stack_with(3, 1)));
	assert_false(takes(stack_with(3, 1), stack_with(2, 1)));
	assert_false(takes(stack_with(2, 1), stack_with(9, 0)));
}

static struct stack *stack_that_names(const char *function)
{
	struct stack *stack = stack_with(2, 0);

	stack->frames[1].module = strdup("/srv/app");
	stack->frames[1].function = strdup(function);
	return stack;
}

/* It is asked for once; the answer belongs to the stack. */
static void who_names_the_function_goes_first(void **state)
{
	struct stack *named = stack_ref(stack_that_names("open_one"));
	struct stack *nameless = stack_ref(stack_with(2, 2));

	(void)state;
	assert_true(takes(stack_with(2, 2), named));
	assert_false(takes(stack_that_names("open_one"), nameless));
	assert_int_equal(named->naming, NAMES_CULPRIT);
	assert_int_equal(nameless->naming, NAMES_NO_CULPRIT);
	stack_unref(named);
	stack_unref(nameless);
}

static void its_class_is_that_of_most(void **state)
{
	struct site site = { .class = CLASS_PROBED };

	(void)state;
	site_class(&site);
	assert_int_equal(site.class, CLASS_NONE);
	site.by_class[CLASS_NEVER_USED] = 2;
	site.by_class[CLASS_CONNECT_FAILED] = 3;
	site_class(&site);
	assert_int_equal(site.class, CLASS_CONNECT_FAILED);
	site.by_class[CLASS_NONE] = 4; /* whose class is not known */
	site_class(&site);
	assert_int_equal(site.class, CLASS_NONE);
}

static void what_is_held_back_has_no_age(void **state)
{
	struct leak leaks[3] = { 0 };
	struct site site = { .oldest_ns = 1 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		leaks[i].event.socket.since_ns = 300 - 100 * (__u64)i;
		leaks[i].held_back = i == 2;
		DL_PREPEND(site.leaks, &leaks[i]);
	}
	site.by_class[CLASS_PROBED] = 2;
	site_summarize(&site);
	assert_int_equal(site.oldest_ns, 200);
	assert_int_equal(site.class, CLASS_PROBED);
	leaks[0].held_back = leaks[1].held_back = true;
	site_summarize(&site);
	assert_int_equal(site.oldest_ns, 0);
}

/* Of two sites, whichever way round they are asked for. */
static void expect_first(struct site *first, struct site *second)
{
	assert_true(site_worse_first(&first, &second) < 0);
	assert_true(site_worse_first(&second, &first) > 0);
}

/* What counts first is put against all that counts later. */
static void the_worst_comes_first(void **state)
{
	struct site_process low = { .tgid = 1 }, high = { .tgid = 2 };
	struct site a = { .key = 2 }, b = { .key = 1 };

	(void)state;
	expect_first(&b, &a);
	a.oldest_ns = 5, b.oldest_ns = 6;
	expect_first(&a, &b);
	b.open = 1;
	expect_first(&b, &a);
	a.process_open = b.process_open = 7;
	a.processes = &low, b.processes = &high;
	expect_first(&a, &b);
	b.process_open = 8;
	expect_first(&b, &a);
	a.leaking = true;
	expect_first(&a, &b);
	a.maybe_in_use = true;
	expect_first(&b, &a);
}

static void a_site_is_its_own_equal(void **state)
{
	struct site site = { .key = 7, .open = 3 }, *one = &site;

	(void)state;
	assert_int_equal(site_worse_first(&one, &one), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_leak_ends_the_account),
		cmocka_unit_test(lines_count_more_than_frames),
		cmocka_unit_test(who_names_the_function_goes_first),
		cmocka_unit_test(its_class_is_that_of_most),
		cmocka_unit_test(what_is_held_back_has_no_age),
		cmocka_unit_test(the_worst_comes_first),
		cmocka_unit_test(a_site_is_its_own_equal),
	};

	return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
