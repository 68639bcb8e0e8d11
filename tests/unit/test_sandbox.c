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
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

/* ---- As under the unit: with the agent's own user ---- */

static char own_file[64]; /* of that user, as the textfile is */

static bool signals(pid_t pid)
{
	struct f_owner_ex owner = { F_OWNER_PID, pid };
	int null = open("/dev/null", O_RDONLY);

	return !kill(pid, 0) || !kill(-pid, 0) || !syscall(SYS_tgkill, pid, pid, 0) ||
	       !syscall(SYS_tkill, pid, 0) || !fcntl(null, F_SETOWN, pid) ||
	       !fcntl(null, F_SETOWN_EX, &owner);
}

static bool changes_limits(pid_t pid)
{
	struct rlimit none = { 0, 0 };
	struct sched_param param = { 0 };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	return !prlimit(pid, RLIMIT_NOFILE, &none, NULL) ||
	       !setpriority(PRIO_PROCESS, (id_t)pid, 19) ||
	       !sched_setscheduler(pid, SCHED_IDLE, &param) ||
	       !sched_setaffinity(pid, sizeof(cpus), &cpus);
}

/* Where the kernel has Landlock: the filter of calls does not see the flags of this one. */
static bool opens_for_writing(const char *path)
{
	struct open_how how = { .flags = O_RDWR };

	return syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >
		       0 &&
	       syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)) >= 0;
}

static bool changes_files(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid);
	return opens_for_writing(path) || opens_for_writing(own_file) ||
	       open(path, O_WRONLY) >= 0 || open(own_file, O_RDWR) >= 0 ||
	       open(own_file, O_RDONLY | O_TRUNC) >= 0 || !truncate(own_file, 0) ||
	       !chmod(own_file, 0) || !rename(own_file, "/tmp/sockleak-taken") ||
	       !link(own_file, "/tmp/sockleak-taken") || !unlink(own_file) ||
	       !mkdir("/tmp/sockleak-made", 0700);
}

static bool gets_rights(void)
{
	return !unshare(CLONE_NEWUSER) || syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0) >= 0 ||
	       syscall(SYS_bpf, 0, NULL, 0) >= 0 || chroot("/") == 0;
}

/* What it needs: files, a child (rpm), and to send itself a signal, as abort() does. */
static bool still_works(void)
{
	int fd = open(own_file, O_RDONLY), status;
	pid_t child = fork();

	if (!child)
		_exit(7);
	return fd >= 0 && child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 7 && !syscall(SYS_tgkill, getpid(), gettid(), 0);
}

static int try_as_same_user(pid_t service)
{
	if (!become_nobody() || sandbox_enter())
		return 128;
	return (signals(service) ? 1 : 0) | (changes_limits(service) ? 2 : 0) |
	       (changes_files(service) ? 4 : 0) | (gets_rights() ? 8 : 0) |
	       (reads_memory(service) ? 16 : 0) | (still_works() ? 0 : 32);
}

static void its_own_user_is_safe(void **state)
{
	pid_t service, child;
	int status, fd;

	(void)state;
	if (geteuid()) {
		print_message("SKIPPED: to become nobody needs root\n");
		skip();
	}
	strcpy(own_file, "/tmp/sockleak-sandbox-XXXXXX");
	fd = mkstemp(own_file);
	assert_true(fd >= 0);
	assert_int_equal(fchown(fd, NOBODY, NOBODY), 0);
	close(fd);
	service = start_prepared_child(become_nobody);
	assert_true(service > 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		_exit(try_as_same_user(service));
	assert_int_equal(waitpid(child, &status, 0), child);
	kill_child(service);
	assert_int_equal(unlink(own_file), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_safe),
		cmocka_unit_test(its_own_user_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
