/* SPDX-License-Identifier: BSD-2-Clause */
/* forecast: the time until a process has no descriptor left. */
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "host/process.h"
#include "leaks/growth/forecast.h"

static void a_limit_is_reached_in_time(void **state)
{
	struct forecast forecast = { .looked_ns = 1,
				     .fds_open = 24,
				     .fds_limit = 1024,
				     .rate_known = true,
				     .per_minute = 20 };
	double seconds = -1;

	(void)state;
	assert_true(forecast_seconds(&forecast, &seconds));
	assert_int_equal((int)seconds, 3000);
}

static void a_limit_that_is_reached(void **state)
{
	struct forecast forecast = { .looked_ns = 1, .fds_open = 1024, .fds_limit = 1024 };
	double seconds = -1;

	(void)state;
	assert_true(forecast_seconds(&forecast, &seconds));
	assert_int_equal((int)seconds, 0);
	forecast.fds_limit = 256; /* lowered since */
	assert_true(forecast_seconds(&forecast, &seconds));
	assert_int_equal((int)seconds, 0);
}

static void never(void **state)
{
	struct forecast shrinks = { .looked_ns = 1,
				    .fds_open = 24,
				    .fds_limit = 1024,
				    .rate_known = true,
				    .per_minute = -3 };
	struct forecast unlimited = { .looked_ns = 1,
				      .fds_open = 24,
				      .fds_limit = FDS_UNLIMITED,
				      .rate_known = true,
				      .per_minute = 3 };
	struct forecast unknown = {
		.fds_open = 24, .fds_limit = 1024, .rate_known = true, .per_minute = 3
	};
	struct forecast no_rate = { .looked_ns = 1, .fds_open = 24, .fds_limit = 1024 };
	double seconds;

	(void)state;
	assert_false(forecast_seconds(&shrinks, &seconds));
	assert_false(forecast_seconds(&unlimited, &seconds));
	assert_false(forecast_seconds(&unknown, &seconds));
	assert_false(forecast_seconds(&no_rate, &seconds));
}

/* What the kernel says of this process is what it did. */
static void descriptors_of_a_process(void **state)
{
	__u64 before, after, limit;
	struct rlimit rlimit;
	bool counted;
	int fds[5];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &rlimit), 0);
	rlimit.rlim_cur = 200;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &rlimit), 0);
	assert_int_equal(process_fds(getpid(), &before, &limit, &counted), 0);
	assert_int_equal(limit, 200);
	for (int i = 0; i < 5; i++)
		fds[i] = open("/dev/null", O_RDONLY);
	assert_int_equal(process_fds(getpid(), &after, &limit, &counted), 0);
	assert_int_equal(after - before, 5);
	for (int i = 0; i < 5; i++)
		close(fds[i]);
	assert_int_equal(process_fds(0x7ffffffe, &after, &limit, &counted), -ESRCH);
}

/* A zombie has a limit and no descriptors: "0 of 200" would not be what it had. */
static void a_process_that_has_ended_has_none(void **state)
{
	__u64 open_now, limit;
	siginfo_t ended;
	pid_t pid = fork();
	bool counted;

	(void)state;
	if (!pid)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	assert_int_equal(process_fds(pid, &open_now, &limit, &counted), -ESRCH);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_is_reached_in_time),
		cmocka_unit_test(a_limit_that_is_reached),
		cmocka_unit_test(never),
		cmocka_unit_test(descriptors_of_a_process),
		cmocka_unit_test(a_process_that_has_ended_has_none),
	};

	return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}
