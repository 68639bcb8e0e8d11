/* SPDX-License-Identifier: BSD-2-Clause */
/* Patience: which time counts against children, on machines that are quiet, paused and starved. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/patience.h"

#define MS NSEC_PER_MSEC
#define S NSEC_PER_SEC
#define STEP_NS (50 * MS) /* between two looks of a machine that is not starved */
#define BEGIN_NS (1000 * S)
#define LIMIT_NS (5 * S)
#define STUCK_NS (2 * S)

/* A machine with one child, and how it fares. */
struct machine {
	struct patience patience;
	struct child_sight sights[PATIENCE_CHILDREN];
	__u64 now_ns;
	bool stop_asked;
};

static struct machine begin(void)
{
	struct machine machine = {
		.now_ns = BEGIN_NS,
		.patience = { .children = { 10 }, .limit_ns = LIMIT_NS, .stuck_ns = STUCK_NS }
	};

	machine.sights[0] =
		(struct child_sight){ .switches = 7, .ran_ns = 30 * MS, .waited_ns = 20 * MS };
	patience_begin(&machine.patience, machine.now_ns, machine.sights);
	/* the begin knows no switches, so the first look sees a move */
	machine.sights[0].switches++;
	return machine;
}

static void look_after(struct machine *machine, __u64 passed_ns)
{
	machine->now_ns += passed_ns;
	patience_look(&machine->patience, machine->now_ns, machine->stop_asked, machine->sights);
}

/* It sleeps, in whatever state, and nothing changes. */
static void stands_still(struct machine *machine)
{
	machine->sights[0].is_runnable = false;
}

static void runs(struct machine *machine)
{
	machine->sights[0].is_runnable = true;
	machine->sights[0].ran_ns += STEP_NS;
}

/* It begins and ends short waits, as for a disk. */
static void waits_often(struct machine *machine)
{
	machine->sights[0].switches++;
}

/* One twenty-fifth of a processor: 2 ms, then 48 ms in which it could run. */
static void is_starved(struct machine *machine)
{
	machine->sights[0].is_runnable = true;
	machine->sights[0].ran_ns += STEP_NS / 25;
	machine->sights[0].waited_ns += STEP_NS / 25 * 24;
	machine->sights[0].switches++;
}

/* It could run, and the kernel will account for that when it does. */
static void waits_to_run(struct machine *machine)
{
	machine->sights[0].is_runnable = true;
}

/* How long until there is no more patience, by the clock, with a look at each step. */
static __u64 lasts(struct machine *machine, void (*fares)(struct machine *machine), __u64 step_ns)
{
	__u64 begun_ns = machine->now_ns;

	while (!machine->patience.is_over) {
		fares(machine);
		look_after(machine, step_ns);
	}
	return machine->now_ns - begun_ns;
}

static void on_a_quiet_machine_the_clock_counts(void **state)
{
	struct machine machine = begin();

	(void)state;
	assert_int_equal(lasts(&machine, stands_still, STEP_NS), STUCK_NS + 2 * STEP_NS);
	machine = begin();
	assert_int_equal(lasts(&machine, runs, STEP_NS), LIMIT_NS);
	assert_int_equal(patience_used(&machine.patience), LIMIT_NS);
	machine = begin();
	assert_int_equal(lasts(&machine, waits_often, STEP_NS), LIMIT_NS);
	/* as often as the agent looks between its sweeps */
	machine = begin();
	assert_int_equal(lasts(&machine, stands_still, 2 * STEP_NS), STUCK_NS + 4 * STEP_NS);
}

static void a_pause_does_not_count(void **state)
{
	struct machine machine = begin();

	(void)state;
	look_after(&machine, STEP_NS);
	look_after(&machine, 3600 * S);
	look_after(&machine, 3600 * S);
	assert_false(machine.patience.is_over);
	assert_true(patience_used(&machine.patience) <= STEP_NS + 2 * PATIENCE_LOOK_NS);
	/* one that works goes on, and one that is stuck is still found */
	waits_often(&machine);
	look_after(&machine, STEP_NS);
	assert_int_equal(lasts(&machine, stands_still, STEP_NS), STUCK_NS + STEP_NS);
}

static void looks_that_come_late_count_in_part(void **state)
{
	struct machine machine = begin();
	const __u64 looks = STUCK_NS / PATIENCE_LOOK_NS;

	(void)state;
	assert_int_equal(lasts(&machine, stands_still, S), (looks + 2) * S);
}

static void a_wait_for_a_processor_does_not_count(void **state)
{
	struct machine machine = begin();

	(void)state;
	for (unsigned int i = 0; i < 400; i++) { /* 20 s, in which it runs for 0.8 */
		is_starved(&machine);
		look_after(&machine, STEP_NS);
	}
	assert_false(machine.patience.is_over);
	assert_int_equal(patience_used(&machine.patience), 20 * S / PATIENCE_LEAST_PART);
}

static void nor_does_one_that_goes_on(void **state)
{
	struct machine machine = begin();
	__u64 waited_ns = 6 * S;

	(void)state;
	runs(&machine);
	look_after(&machine, STEP_NS);
	for (__u64 i = 0; i < waited_ns / STEP_NS; i++) {
		waits_to_run(&machine);
		look_after(&machine, STEP_NS);
		assert_false(machine.patience.is_over);
	}
	/* now it has run, and the kernel accounts for the wait: once */
	runs(&machine);
	machine.sights[0].waited_ns += waited_ns;
	look_after(&machine, STEP_NS);
	for (__u64 i = 0; i < S / STEP_NS; i++) {
		runs(&machine);
		look_after(&machine, STEP_NS);
	}
	assert_in_range(patience_used(&machine.patience), S + STEP_NS, S + 3 * STEP_NS);
}

/* It has run for so short a time that its clock did not go on. */
static void a_wait_that_is_accounted_for_is_over(void **state)
{
	struct machine machine = begin();

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		runs(&machine);
		look_after(&machine, STEP_NS);
	}
	for (unsigned int i = 1; i <= 20; i++) {
		waits_to_run(&machine);
		machine.sights[0].waited_ns += i == 10 ? 10 * STEP_NS : 0;
		look_after(&machine, STEP_NS);
	}
	assert_int_equal(patience_used(&machine.patience), 10 * STEP_NS);
}

/* So that it cannot be held for ever by whoever keeps the processors busy. */
static void a_tenth_counts_in_any_case(void **state)
{
	struct machine machine = begin();

	(void)state;
	assert_int_equal(lasts(&machine, waits_to_run, STEP_NS), LIMIT_NS * PATIENCE_LEAST_PART);
	machine = begin();
	assert_int_equal(lasts(&machine, is_starved, STEP_NS), LIMIT_NS * PATIENCE_LEAST_PART);
}

/* What it waited during a pause is not taken off what counts afterwards. */
static void a_wait_in_a_pause_counts_once(void **state)
{
	struct machine machine = begin();

	(void)state;
	look_after(&machine, STEP_NS);
	machine.sights[0].waited_ns += 3 * S;
	look_after(&machine, 3600 * S);
	assert_int_equal(patience_used(&machine.patience), STEP_NS + PATIENCE_LOOK_NS);
	machine = begin();
	machine.sights[0].waited_ns += 3600 * S;
	look_after(&machine, 3600 * S);
	assert_int_equal(patience_used(&machine.patience), PATIENCE_LOOK_NS / PATIENCE_LEAST_PART);
	assert_int_equal(lasts(&machine, waits_often, STEP_NS), LIMIT_NS);
}

static void times_that_are_not_known_count(void **state)
{
	struct machine machine = begin();

	(void)state;
	machine.sights[0] = (struct child_sight){ .is_runnable = true };
	machine.patience.records[0] = (struct child_record){ 0 };
	assert_int_equal(lasts(&machine, waits_to_run, STEP_NS), LIMIT_NS);
}

/* The resolver waits for the opener. */
static void one_of_two_that_moves_is_enough(void **state)
{
	struct machine machine = begin();

	(void)state;
	machine.patience.children[1] = 11;
	for (unsigned int i = 0; i < 50; i++) {
		machine.sights[1].switches++;
		look_after(&machine, STEP_NS);
	}
	assert_false(machine.patience.is_over);
	assert_int_equal(lasts(&machine, stands_still, STEP_NS), STUCK_NS + STEP_NS);
	/* nor does it matter which of them moves */
	machine = begin();
	machine.patience.children[1] = 11;
	assert_int_equal(lasts(&machine, waits_often, STEP_NS), LIMIT_NS);
	/* without it, its moves are nobody's */
	machine = begin();
	for (unsigned int i = 0; i < 50; i++) {
		machine.sights[1].switches++;
		look_after(&machine, STEP_NS);
	}
	assert_true(machine.patience.is_over);
}

static void a_stop_is_by_the_clock(void **state)
{
	struct machine machine = begin();

	(void)state;
	machine.patience.at_stop_ns = 300 * MS;
	machine.stop_asked = true;
	assert_int_equal(lasts(&machine, is_starved, STEP_NS), 8 * STEP_NS);
	machine = begin();
	machine.stop_asked = true;
	assert_int_equal(lasts(&machine, stands_still, STEP_NS), 5 * STEP_NS);
	machine = begin();
	machine.patience.at_stop_ns = 300 * MS;
	machine.stop_asked = true;
	look_after(&machine, STEP_NS);
	waits_often(&machine);
	look_after(&machine, S);
	assert_true(machine.patience.is_over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_a_quiet_machine_the_clock_counts),
		cmocka_unit_test(a_pause_does_not_count),
		cmocka_unit_test(looks_that_come_late_count_in_part),
		cmocka_unit_test(a_wait_for_a_processor_does_not_count),
		cmocka_unit_test(nor_does_one_that_goes_on),
		cmocka_unit_test(a_wait_that_is_accounted_for_is_over),
		cmocka_unit_test(a_tenth_counts_in_any_case),
		cmocka_unit_test(a_wait_in_a_pause_counts_once),
		cmocka_unit_test(times_that_are_not_known_count),
		cmocka_unit_test(one_of_two_that_moves_is_enough),
		cmocka_unit_test(a_stop_is_by_the_clock),
	};

	return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
