/* SPDX-License-Identifier: BSD-2-Clause */
/* A child is not ended by what asks sockleak for something, from before its exec on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/spawn.h"

/* How a shell ends that does this. */
static int status_of(const char *command)
{
	char *arguments[] = { "sh", "-c", (char *)command, NULL };
	char *environment[] = { NULL };
	const struct spawn_fd fds[] = { { STDIN_FILENO, SPAWN_NULL }, { -1, -1 } };
	int status = 0;
	pid_t pid;

	assert_int_equal(spawn("/bin/sh", arguments, environment, fds, &pid), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void what_asks_for_a_report_does_not_end_it(void **state)
{
	int status = status_of("kill -USR1 $$; kill -HUP $$; exit 7");

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

static void what_ends_a_process_ends_it(void **state)
{
	int status = status_of("kill -TERM $$; exit 7");

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_asks_for_a_report_does_not_end_it),
		cmocka_unit_test(what_ends_a_process_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
