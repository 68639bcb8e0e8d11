/* SPDX-License-Identifier: BSD-2-Clause */
/* A scan adds up a process: its rows, their order, and the function of most, said honestly. */
#include "report_fixture.h"

#include "leaks/process_total.h"
#include "report/json/json_report.h"

static struct leaks *leaks;
static struct owner *owner;
static __u64 inode;

static int setup(void **state)
{
	(void)state;
	leaks = leaks__new(~0U, SECOND, ignore, NULL);
	leaks__group_by_process(leaks);
	leaks__tune(leaks, 0, 1);
	owner = owner_new(NULL, NULL, NULL);
	inode = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	leaks__free(leaks);
	owner_unref(owner);
	return 0;
}

static struct stack *stack_of(__u64 site, const char *function)
{
	struct stack *stack = a_stack(function);

	stack->site = site;
	return stack;
}

/* So many sockets of one row. The stack is taken. */
static void hold(__u32 tgid, unsigned int count, enum leak_class cls, struct stack *stack)
{
	for (unsigned int i = 0; i < count; i++) {
		struct event event = a_event(++inode, "worker");

		event.tgid = event.socket.tgid = tgid;
		event.class = cls;
		event.maybe_in_use = cls == CLASS_BOUND_ONLY;
		if (cls == CLASS_UNKNOWN_ORIGIN) {
			event.socket.flags = PENDING_ORIGIN_UNKNOWN;
			event.socket.since_ns = 0;
		}
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	}
	stack_unref(stack);
}

static long sites_of(struct site *const **ret_sites)
{
	leaks__tick(leaks, NOW);
	leaks__add_up(leaks);
	return leaks__sites(leaks, ret_sites);
}

static char *report_on_all(void)
{
	static struct summary summary;
	struct site *const *sites;
	struct text out = TEXT_INIT;
	long count = sites_of(&sites);

	summary = (struct summary){ .now_ns = NOW, .is_scan = true };
	summary.leaks = leaks__totals(leaks);
	for (long i = 0; i < count; i++)
		summary.uncertain += sites[i]->maybe_in_use ? sites[i]->open : 0;
	text_report(&out, leaks, &summary, &whole);
	return out.data;
}

static void rows_of_a_process_stand_together(void **state)
{
	struct site *const *sites;
	long count;

	(void)state;
	hold(1, 5, CLASS_PROBED, stack_of(1, "f"));
	hold(2, 3, CLASS_PROBED, stack_of(1, "f"));
	hold(2, 4, CLASS_UNKNOWN_ORIGIN, NULL);
	hold(3, 6, CLASS_PROBED, stack_of(1, "f"));
	hold(2, 9, CLASS_BOUND_ONLY, stack_of(1, "f")); /* may be in use: apart, and last */
	hold(4, 6, CLASS_PROBED, stack_of(1, "f"));
	hold(3, 0, CLASS_PROBED, NULL);
	count = sites_of(&sites);
	assert_int_equal(count, 6);
	for (long i = 0; i < count; i++) {
		static const struct {
			__u32 tgid;
			unsigned int open, process_open;
		} wanted[] = { { 2, 4, 7 }, { 2, 3, 7 }, { 3, 6, 6 },
			       { 4, 6, 6 }, { 1, 5, 5 }, { 2, 9, 9 } };

		assert_int_equal(sites[i]->processes->tgid, wanted[i].tgid);
		assert_int_equal(sites[i]->open, wanted[i].open);
		assert_int_equal(sites[i]->process_open, wanted[i].process_open);
	}
}

/* The function of most is not that of all; of several sites of one function it is the sum. */
static void the_function_of_most(void **state)
{
	struct process_total total;
	struct site *const *sites;
	long count;

	(void)state;
	hold(1, 4, CLASS_UNKNOWN_ORIGIN, NULL);
	hold(1, 3, CLASS_PROBED, stack_of(1, "most_in_one_row"));
	hold(1, 2, CLASS_PROBED, stack_of(2, "most"));
	hold(1, 2, CLASS_CONNECT_FAILED, stack_of(3, "most"));
	count = sites_of(&sites);
	total = process_total(sites, count);
	assert_int_equal(total.rows, 4);
	assert_int_equal(total.open, 11);
	assert_int_equal(total.made, 4);
	assert_string_equal(culprit_place(total.made_by->stack).frame->function, "most");
	assert_int_equal(total.by_class[CLASS_PROBED], 5);
	assert_int_equal(total.oldest_ns, NOW - 65 * SECOND);
	assert_false(total.all_ages_known);
}

static void the_headline_adds_up(void **state)
{
	char *text;

	(void)state;
	hold(42, 4, CLASS_UNKNOWN_ORIGIN, NULL);
	hold(42, 3, CLASS_PROBED, stack_of(1, "Transport"));
	hold(7, 5, CLASS_PROBED, stack_of(1, "f"));
	text = report_on_all();
	assert_non_null(strstr(text, "12 unconnected sockets in 2 processes; worker[42] holds 7, "
				     "oldest at least 1m05s\n3 of 7 created in Transport "
				     "(libtransport.so.2)\n"));
	assert_non_null(strstr(text, "4 of the 7 that this process holds\n"));
	assert_non_null(strstr(text, "3 of the 7 that this process holds\n"));
	assert_null(strstr(text, "of the 5 that"));
	free(text);
}

static void a_process_of_one_place(void **state)
{
	char *text;

	(void)state;
	hold(42, 2, CLASS_PROBED, stack_of(1, "f"));
	hold(42, 1, CLASS_CONNECT_FAILED, stack_of(2, "f"));
	text = report_on_all();
	assert_non_null(
		strstr(text, "3 unconnected sockets in 1 process: worker[42], oldest 1m05s"));
	assert_non_null(strstr(text, "in f (libtransport.so.2)\n"));
	assert_null(strstr(text, "created in f"));
	free(text);
}

static void no_stack_is_no_place(void **state)
{
	char *text;

	(void)state;
	hold(42, 2, CLASS_UNKNOWN_ORIGIN, NULL);
	text = report_on_all();
	assert_true(!strncmp(text, "2 unconnected sockets in 1 process: worker[42]\n", 47));
	free(text);
}

static void the_json_adds_up(void **state)
{
	struct summary summary = { .now_ns = NOW, .is_scan = true };
	_cleanup_text_ struct text out = TEXT_INIT, one = TEXT_INIT;
	struct site *const *sites;

	(void)state;
	hold(42, 4, CLASS_UNKNOWN_ORIGIN, NULL);
	hold(42, 3, CLASS_PROBED, stack_of(1, "Transport"));
	hold(42, 2, CLASS_BOUND_ONLY, NULL);
	hold(7, 5, CLASS_PROBED, NULL);
	sites_of(&sites);
	json_summary(&out, leaks, &summary, 10);
	assert_non_null(strstr(
		text_str(&out),
		"\"processes\":[{\"pid\":42,\"comm\":\"worker\",\"name\":\"worker\",\"unit\":null,"
		"\"machine\":null,\"container\":null,\"pod\":null,\"open\":7,\"may_be_in_use\":"
		"false,"
		"\"classes\":{\"probed\":3,\"unknown_origin\":4},\"oldest\":\"1970-01-01T00:15:35."
		"000Z\","
		"\"culprit\":{\"function\":\"Transport\""));
	assert_non_null(strstr(text_str(&out), "\"culprit_open\":3},{\"pid\":7,"));
	assert_non_null(strstr(text_str(&out), "\"open\":2,\"may_be_in_use\":true,"));
	json_summary(&one, leaks, &summary, 1);
	assert_null(strstr(text_str(&one), "\"pid\":7"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_of_a_process_stand_together),
		TEST(the_function_of_most),
		TEST(the_headline_adds_up),
		TEST(a_process_of_one_place),
		TEST(no_stack_is_no_place),
		TEST(the_json_adds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
