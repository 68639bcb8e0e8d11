/* SPDX-License-Identifier: BSD-2-Clause */
/* Sandbox: what a process in it cannot do, tried. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_fixture.h"
#include "resolver/sandbox.h"

#define NOBODY 65534

static char secret[16] = "secret";

/* A service that runs as nobody, too, as many do. */
static bool become_nobody(void)
{
	return !setgroups(0, NULL) && !setresgid(NOBODY, NOBODY, NOBODY) &&
	       !setresuid(NOBODY, NOBODY, NOBODY) &&
	       !prctl(PR_SET_DUMPABLE, 1); /* as after an exec */
}

static bool reads_memory(pid_t pid)
{
	char bytes[sizeof(secret)];
	struct iovec local = { bytes, sizeof(bytes) }, remote = { secret, sizeof(secret) };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) > 0;
}

static bool opens_memory(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, O_RDWR) >= 0;
}

static bool takes_descriptor(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	return syscall(SYS_pidfd_getfd, pidfd, 0, 0) >= 0;
}

/* A bit for each thing that it could do. */
static int try_all(pid_t service)
{
	if (sandbox_enter())
		return 128;
	return (reads_memory(service) ? 1 : 0) | (opens_memory(service) ? 2 : 0) |
	       (takes_descriptor(service) ? 4 : 0) | (socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? 8 : 0) |
	       (setuid(0) ? 0 : 16);
}

/* Its user is one that services have, too: it must not have them. */
static void neighbours_are_safe(void **state)
{
	pid_t service, child;
	int status;

	(void)state;
	if (geteuid()) {
		print_message("SKIPPED: to become nobody needs root\n");
		skip();
	}
	service = start_prepared_child(become_nobody);
	assert_true(service > 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		_exit(try_all(service));
	assert_int_equal(waitpid(child, &status, 0), child);
	kill_child(service);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
