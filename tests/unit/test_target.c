/* SPDX-License-Identifier: BSD-2-Clause */
/* target: a program is held until it is released, and its status is a shell's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/target.h"
#include "lib/text.h"

static struct target *held(const char *command)
{
	char *arguments[] = { "sh", "-c", (char *)command, NULL };
	struct text error = TEXT_INIT;
	struct target *target = NULL;

	assert_int_equal(target__start(arguments, NULL, 0, &target, &error), 0);
	return target;
}

static int status_of(const char *command, int *ret_signal)
{
	struct target *target = held(command);
	struct text error = TEXT_INIT;
	bool is_own = false;
	int status;

	assert_int_equal(target__release(target, &is_own, &error), 0);
	status = target__wait(target, ret_signal);
	target__free(target);
	return status;
}

static void the_status_is_a_shells(void **state)
{
	int signal = 0;

	(void)state;
	assert_int_equal(status_of("exit 7", &signal), 7);
	assert_int_equal(signal, 0);
	assert_int_equal(status_of("kill -TERM $$", &signal), 128 + SIGTERM);
	assert_int_equal(signal, SIGTERM);
}

static void it_does_nothing_before_it_is_released(void **state)
{
	struct target *target = held("exit 7");
	struct pollfd end = { .fd = target__fd(target), .events = POLLIN };
	int signal;

	(void)state;
	assert_int_equal(poll(&end, 1, 50), 0);
	kill(target__pid(target), SIGINT);
	assert_int_equal(poll(&end, 1, -1), 1);
	assert_int_equal(target__wait(target, &signal), 128 + SIGINT);
	target__free(target);
}

static void it_ends_with_who_holds_it(void **state)
{
	struct target *target = held("sleep 1000");
	struct pollfd end = { .fd = dup(target__fd(target)), .events = POLLIN };

	(void)state;
	target__free(target);
	assert_int_equal(poll(&end, 1, -1), 1);
	close(end.fd);
}

static void what_cannot_be_executed_is_named(void **state)
{
	char *arguments[] = { "sockleak-no-such-program", NULL };
	struct text error = TEXT_INIT;
	struct target *target = NULL;
	bool is_own = true;

	(void)state;
	assert_int_equal(target__start(arguments, NULL, 0, &target, &error), 0);
	assert_int_equal(target__release(target, &is_own, &error), -ENOENT);
	assert_false(is_own);
	assert_string_equal(text_str(&error), "cannot execute 'sockleak-no-such-program': No such "
					      "file or directory");
	target__free(target);
	text_free(&error);
}

/* A child that has ended. It stays until somebody waits for it. */
static pid_t ended_child(void)
{
	pid_t pid = fork();
	siginfo_t ended;

	if (!pid)
		_exit(3);
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	return pid;
}

/* As one that the program has cloned with CLONE_PARENT. */
static void adopted_children_are_reaped(void **state)
{
	pid_t adopted = ended_child(), helper;
	struct target *target = held("exit 7");
	struct pollfd end = { .fd = target__fd(target), .events = POLLIN };
	struct text error = TEXT_INIT;
	bool is_own = false;
	int signal;

	(void)state;
	target__reap_adopted(target, NULL, 0);
	assert_int_equal(waitpid(adopted, NULL, WNOHANG), -1);
	helper = ended_child();
	target__reap_adopted(target, &helper, 1);
	assert_int_equal(waitpid(helper, NULL, WNOHANG), helper);
	assert_int_equal(target__release(target, &is_own, &error), 0);
	assert_int_equal(poll(&end, 1, -1), 1);
	target__reap_adopted(target, NULL, 0);
	assert_int_equal(target__wait(target, &signal), 7);
	target__free(target);
}

static void an_unknown_user_is_refused(void **state)
{
	char *arguments[] = { "true", NULL };
	struct text error = TEXT_INIT;
	struct target *target = NULL;

	(void)state;
	assert_int_equal(target__start(arguments, "sockleak-nobody", 0, &target, &error), -ENOENT);
	assert_string_equal(text_str(&error), "--user sockleak-nobody: there is no such user");
	text_free(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_status_is_a_shells),
		cmocka_unit_test(it_does_nothing_before_it_is_released),
		cmocka_unit_test(it_ends_with_who_holds_it),
		cmocka_unit_test(what_cannot_be_executed_is_named),
		cmocka_unit_test(adopted_children_are_reaped),
		cmocka_unit_test(an_unknown_user_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
