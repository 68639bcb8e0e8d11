/* SPDX-License-Identifier: BSD-2-Clause */
/* expendable: children that are given up, and how a stuck one is told from one that works. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/expendable.h"
#include "lib/signals.h"

#define STUCK_NS (200 * NSEC_PER_MSEC)
#define SHORT_NS (500 * NSEC_PER_MSEC)
#define LONG_NS (60 * NSEC_PER_SEC)

static pid_t child_that(void (*does)(void))
{
	pid_t child = fork();

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* when an assertion fails */
		for (;;)
			does();
	}
	assert_true(child > 0);
	return child;
}

static void waits(void)
{
	pause();
}

static void computes(void)
{
}

static void waits_often(void)
{
	usleep(1000);
}

/* How long its answer, which never comes, is waited for. */
static __u64 patience_of(void (*does)(void), struct patience patience)
{
	pid_t child = child_that(does);
	__u64 begun_ns = clock_now(CLOCK_MONOTONIC);
	char byte;
	struct message message = { .data = &byte, .size = 1 };
	int ends[2];
	__u64 spent_ns;

	patience.children[0] = child;
	assert_int_equal(channel_pair(ends), 0);
	assert_int_equal(expendable_receive(ends[0], &message, &patience), -ETIMEDOUT);
	spent_ns = clock_now(CLOCK_MONOTONIC) - begun_ns;
	close(ends[0]);
	close(ends[1]);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return spent_ns;
}

static __u64 patience_with(void (*does)(void), __u64 most_ns)
{
	return patience_of(does, (struct patience){ .limit_ns = most_ns, .stuck_ns = STUCK_NS });
}

static void one_that_works_has_its_time(void **state)
{
	(void)state;
	assert_true(patience_with(computes, SHORT_NS) >= SHORT_NS);
	assert_true(patience_with(waits_often, SHORT_NS) >= SHORT_NS);
}

/* On a processor that another one keeps busy it hardly ever runs. */
static void computes_when_idle(void)
{
	const struct sched_param none = { 0 };
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	assert_int_equal(sched_setaffinity(0, sizeof(first), &first), 0);
	assert_int_equal(sched_setscheduler(0, SCHED_IDLE, &none), 0);
	for (;;)
		;
}

static void keeps_busy(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
}

static void one_that_may_not_run_has_longer(void **state)
{
	/* the first look, until which it is not known to wait, counts for less, however late */
	struct patience patience = { .limit_ns = PATIENCE_LOOK_NS + 50 * NSEC_PER_MSEC,
				     .stuck_ns = LONG_NS };
	char byte;
	struct message message = { .data = &byte, .size = 1 };
	pid_t busy;
	int ends[2];

	(void)state;
	if (access("/proc/self/schedstat", F_OK)) {
		print_message("this kernel has no CONFIG_SCHED_INFO\n");
		skip();
	}
	busy = child_that(keeps_busy);
	patience.children[0] = child_that(computes_when_idle);
	assert_int_equal(channel_pair(ends), 0);
	patience.until_ns = clock_now(CLOCK_MONOTONIC) + 3 * patience.limit_ns;
	assert_int_equal(expendable_receive(ends[0], &message, &patience), -EINPROGRESS);
	kill(busy, SIGKILL); /* first, or the other one does not come to end */
	assert_int_equal(waitpid(busy, NULL, 0), busy);
	kill(patience.children[0], SIGKILL);
	assert_int_equal(waitpid(patience.children[0], NULL, 0), patience.children[0]);
	close(ends[0]);
	close(ends[1]);
}

static void one_that_is_stuck_has_not(void **state)
{
	__u64 spent_ns = patience_with(waits, LONG_NS);

	(void)state;
	assert_true(spent_ns >= STUCK_NS);
	assert_true(spent_ns < LONG_NS / 2);
}

static void an_answer_is_received(void **state)
{
	struct patience patience = { .limit_ns = LONG_NS, .stuck_ns = LONG_NS };
	char byte = 0;
	struct message message = { .data = &byte, .size = 1 };
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	assert_int_equal(channel_send(ends[1], "x", 1, -1, CHANNEL_NO_DEADLINE), 0);
	assert_int_equal(expendable_receive(ends[0], &message, &patience), 0);
	assert_int_equal(byte, 'x');
	close(ends[1]);
	assert_int_equal(expendable_receive(ends[0], &message, &patience), -EPIPE);
	close(ends[0]);
}

/* What comes before the answer is no answer, however much of it comes. */
static void questions_do_not_prolong_it(void **state)
{
	struct patience patience = { .limit_ns = STUCK_NS, .stuck_ns = LONG_NS };
	char byte = 0;
	struct message message = { .data = &byte, .size = 1 };
	int ends[2];

	(void)state;
	patience.children[0] = child_that(computes);
	assert_int_equal(channel_pair(ends), 0);
	do {
		assert_int_equal(channel_send(ends[1], "x", 1, -1, CHANNEL_NO_DEADLINE), 0);
		assert_int_equal(expendable_receive(ends[0], &message, &patience), 0);
	} while (!expendable_is_late(&patience));
	assert_true(expendable_used(&patience) >= STUCK_NS);
	/* one that has come is still received, and no other one is waited for */
	assert_int_equal(channel_send(ends[1], "y", 1, -1, CHANNEL_NO_DEADLINE), 0);
	assert_int_equal(expendable_receive(ends[0], &message, &patience), 0);
	assert_int_equal(byte, 'y');
	assert_int_equal(expendable_receive(ends[0], &message, &patience), -ETIMEDOUT);
	close(ends[0]);
	close(ends[1]);
	kill(patience.children[0], SIGKILL);
	assert_int_equal(waitpid(patience.children[0], NULL, 0), patience.children[0]);
}

/* It is full, as when the child does not come to read. */
static void one_that_does_not_read_is_stuck(void **state)
{
	static char data[CHANNEL_MAX];
	struct patience patience = { .limit_ns = LONG_NS, .stuck_ns = STUCK_NS };
	int ends[2], err;

	(void)state;
	patience.children[0] = child_that(waits);
	assert_int_equal(channel_pair(ends), 0);
	do {
		err = expendable_send(ends[0], data, sizeof(data), -1, &patience);
	} while (!err);
	assert_int_equal(err, -ETIMEDOUT);
	close(ends[0]);
	close(ends[1]);
	kill(patience.children[0], SIGKILL);
	assert_int_equal(waitpid(patience.children[0], NULL, 0), patience.children[0]);
}

static void one_that_can_end_does(void **state)
{
	struct expendables expendables = { 0 };
	pid_t child = child_that(waits);

	(void)state;
	expendables_give_up(&expendables, child, 1000);
	while (expendables_count(&expendables))
		usleep(1000);
	assert_int_equal(kill(child, 0), -1);
	assert_int_equal(errno, ESRCH);
}

/* A child in a call that no signal ends cannot be made here: these were not killed. */
static void stuck_ones_are_limited(void **state)
{
	struct expendables expendables = { 0 };

	(void)state;
	for (unsigned int i = 0; i < EXPENDABLES_LEFT; i++) {
		assert_true(expendables_may_start(&expendables));
		assert_int_equal(expendables_hold(&expendables, 1000), i >= EXPENDABLES_USER);
		expendables.left[expendables.count++] =
			(struct left_child){ child_that(waits),
					     i < EXPENDABLES_USER ? 1000 : 2000 + i };
	}
	assert_false(expendables_may_start(&expendables));
	assert_false(expendables_hold(&expendables, 2000 + EXPENDABLES_USER));
	kill(expendables.left[0].pid, SIGKILL);
	while (expendables_count(&expendables) == EXPENDABLES_LEFT)
		usleep(1000);
	assert_false(expendables_hold(&expendables, 1000));
	assert_true(expendables_may_start(&expendables));
	for (unsigned int i = 0; i < expendables.count; i++)
		kill(expendables.left[i].pid, SIGKILL);
	while (expendables_count(&expendables))
		usleep(1000);
}

/* A process that keeps children from being waited for, because it traces them, until it ends. */
static pid_t tracer_of(const pid_t *children, unsigned int count)
{
	int ready[2];
	char byte;
	pid_t tracer;

	assert_int_equal(pipe(ready), 0);
	tracer = fork();
	assert_true(tracer >= 0);
	if (!tracer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (unsigned int i = 0; i < count; i++)
			while (ptrace(PTRACE_SEIZE, children[i], 0, 0))
				usleep(1000); /* it may not have allowed this yet */
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return tracer;
}

static void may_be_traced(void)
{
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	pause();
}

/* One less than the limit is stuck, two more work, and then both of them are stuck. */
static void both_at_the_limit_are_kept(void **state)
{
	struct expendables expendables = { 0 };
	pid_t children[EXPENDABLES_LEFT - 1 + PATIENCE_CHILDREN], tracer;
	const unsigned int count = sizeof(children) / sizeof(children[0]);

	(void)state;
	for (unsigned int i = 0; i < count; i++)
		children[i] = child_that(may_be_traced);
	tracer = tracer_of(children, count);
	for (unsigned int i = 0; i < EXPENDABLES_LEFT - 1; i++)
		expendables_give_up(&expendables, children[i], 1000);
	assert_true(expendables_may_start(&expendables));
	for (unsigned int i = EXPENDABLES_LEFT - 1; i < count; i++)
		expendables_give_up(&expendables, children[i], 1000);
	assert_int_equal(expendables_count(&expendables), count);
	assert_false(expendables_may_start(&expendables));
	kill(tracer, SIGKILL);
	assert_int_equal(waitpid(tracer, NULL, 0), tracer);
	while (expendables_count(&expendables))
		usleep(1000);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie is left */
	assert_int_equal(errno, ECHILD);
}

/* Last, because it remains asked for. */
static void a_stop_does_not_wait_for_them(void **state)
{
	const struct patience patience = { .limit_ns = LONG_NS,
					   .stuck_ns = LONG_NS,
					   .at_stop_ns = STUCK_NS };
	struct patience without_limit = patience;

	(void)state;
	without_limit.at_stop_ns = 0;
	signals_ask_stop();
	assert_true(patience_of(computes, patience) < LONG_NS / 2);
	assert_true(patience_of(waits, without_limit) < LONG_NS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_works_has_its_time),
		cmocka_unit_test(one_that_may_not_run_has_longer),
		cmocka_unit_test(one_that_is_stuck_has_not),
		cmocka_unit_test(an_answer_is_received),
		cmocka_unit_test(questions_do_not_prolong_it),
		cmocka_unit_test(one_that_does_not_read_is_stuck),
		cmocka_unit_test(one_that_can_end_does),
		cmocka_unit_test(stuck_ones_are_limited),
		cmocka_unit_test(both_at_the_limit_are_kept),
		cmocka_unit_test(a_stop_does_not_wait_for_them),
	};

	return cmocka_run_group_tests_name("expendable", tests, NULL, NULL);
}
