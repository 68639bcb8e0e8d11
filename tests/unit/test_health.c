/* SPDX-License-Identifier: BSD-2-Clause */
/* health: what /proc says of us, and that counters never run back. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/health.h"
#include "lib/time.h"

static void times_are_behind_the_name(void **state)
{
	static const char stat[] = "42 (a) R 1 (b) S 1 2 3 4 5 6 7 8 9 10 250 75 11 12 20";
	__u64 user, kernel;

	(void)state;
	assert_true(health_parse_times(stat, 100, &user, &kernel));
	assert_int_equal(user, 2500 * NSEC_PER_MSEC);
	assert_int_equal(kernel, 750 * NSEC_PER_MSEC);
	assert_false(health_parse_times("42 (a) S 1 2 3", 100, &user, &kernel));
	assert_false(health_parse_times("", 100, &user, &kernel));
	assert_false(health_parse_times(stat, 0, &user, &kernel));
}

static void this_process_is_seen(void **state)
{
	struct health health = { 0 };

	(void)state;
	health_update(&health, (const pid_t[HEALTH_CHILDREN]){ 0 });
	assert_true(health.started_ns > 0);
	assert_true(health.rss_bytes > 100 * 1024);
	assert_int_equal(health.resolver_rss_bytes, 0);
}

static void spin(void)
{
	for (volatile int i = 0; i < 300 * 1000 * 1000; i++)
		;
}

/* A child's time stays when it has ended, whether it is waited for or not. */
static void time_is_kept(void **state)
{
	struct health health = { 0 };
	__u64 alone, running, after;
	int ready[2], status;
	pid_t child;
	char byte;

	(void)state;
	health_update(&health, (const pid_t[HEALTH_CHILDREN]){ 0 });
	alone = health.user_ns + health.system_ns;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (!child) {
		spin();
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	health_update(&health, (const pid_t[HEALTH_CHILDREN]){ child });
	running = health.user_ns + health.system_ns;
	assert_true(running - alone > 50 * NSEC_PER_MSEC);
	assert_true(health.resolver_rss_bytes > 0);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	health_update(&health, (const pid_t[HEALTH_CHILDREN]){ 0 });
	after = health.user_ns + health.system_ns;
	assert_true(after >= running);
	assert_int_equal(health.resolver_rss_bytes, 0);
	close(ready[0]);
	close(ready[1]);
}

static void nothing_runs_back(void **state)
{
	struct health health = { .user_ns = ~0ULL, .system_ns = ~0ULL, .started_ns = 7 };

	(void)state;
	health_update(&health, (const pid_t[HEALTH_CHILDREN]){ 0x7ffffff0 }); /* no such one */
	assert_true(health.user_ns == ~0ULL && health.system_ns == ~0ULL);
	assert_int_equal(health.started_ns, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_behind_the_name),
		cmocka_unit_test(this_process_is_seen),
		cmocka_unit_test(time_is_kept),
		cmocka_unit_test(nothing_runs_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
