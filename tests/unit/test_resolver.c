/* SPDX-License-Identifier: BSD-2-Clause */
/* Resolver: what becomes of a question when its process cannot be started. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "resolver/resolver.h"

/* More than a process or a user may fail before their files are left alone. */
#define FAILURES 6

static unsigned int spawned; /* resolvers */

/* In place of the C library's: a host at its limit of processes, and then one of whose nobody is.
 */
int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	bool is_opener = !strcmp(argv[1], OPENER_ARGUMENT);

	(void)path, (void)actions, (void)attributes, (void)envp;
	if (!is_opener)
		assert_string_equal(argv[1], RESOLVER_ARGUMENT);
	if (!is_opener && ++spawned <= FAILURES)
		return EAGAIN;
	*pid = fork();
	if (!*pid && is_opener)
		pause(); /* until it is given up */
	if (!*pid)
		_exit(1); /* it crashes */
	return *pid < 0 ? errno : 0;
}

static unsigned int open_descriptors(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void not_started_is_nobodys_fault(void **state)
{
	struct opener *opener = opener__new();
	struct resolver *resolver = resolver__new(opener, NULL, NULL);
	const struct resolver_counts *counts = resolver__counts(resolver);
	const struct subject subject = { getpid(), getuid() };
	unsigned int start, descriptors;
	struct package package;
	struct stack *stack;
	__u64 pc = 0x1000;

	(void)state;
	spawned = 0;
	assert_int_equal(opener__ensure(opener, &start), 0);
	descriptors = open_descriptors();
	assert_int_equal(resolver__resolve(resolver, &subject, &pc, 1, 0, STACK_FP, &stack),
			 -EAGAIN);
	assert_int_equal(resolver__package(resolver, &subject, "/bin/sh", NULL, &package), -EAGAIN);
	while (spawned < FAILURES)
		assert_int_equal(resolver__look(resolver, &subject), -EAGAIN);
	assert_int_equal(counts->not_started, FAILURES);
	assert_int_equal(counts->crashed + counts->late + counts->plain, 0);
	assert_int_equal(resolver__pid(resolver), 0);
	assert_int_equal(open_descriptors(), descriptors);
	/* The next question starts one, of which the failure is another matter. */
	assert_int_equal(resolver__look(resolver, &subject), -ECHILD);
	assert_int_equal(spawned, FAILURES + 1);
	assert_int_equal(counts->not_started, FAILURES);
	assert_int_equal(counts->crashed, 1);
	resolver__free(resolver);
	opener__free(opener);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(not_started_is_nobodys_fault) };

	return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
