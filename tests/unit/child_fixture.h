/* SPDX-License-Identifier: BSD-2-Clause */
/* child_fixture: children that sleep until they are killed, and never outlive their test. */
#ifndef TEST_CHILD_FIXTURE_H
#define TEST_CHILD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define _unused_ __attribute__((unused))

_unused_ static pid_t start_child(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

_unused_ static void kill_child(pid_t pid)
{
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* The same, after `prepare` has been done in the child. -1: it could not be done, and none is left.
 */
_unused_ static pid_t start_prepared_child(bool (*prepare)(void))
{
	int ready[2];
	char byte;
	bool is_ready;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!prepare() || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	is_ready = read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	if (is_ready)
		return pid;
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return -1;
}

#endif
