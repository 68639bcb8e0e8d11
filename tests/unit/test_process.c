/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes: this one, a zombie, one that is gone, one with an awkward name. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child_fixture.h"
#include "host/process.h"

static void own_exe(void **state)
{
	char wanted[PATH_MAX] = "", *exe = NULL;

	(void)state;
	assert_true(readlink("/proc/self/exe", wanted, sizeof(wanted) - 1) > 0);
	assert_int_equal(process_exe(getpid(), &exe), 0);
	assert_string_equal(exe, wanted);
	free(exe);
}

static void start_times(void **state)
{
	struct timespec now;
	__u64 ours, theirs, now_ns;
	pid_t pid;

	(void)state;
	usleep(30000); /* ticks are 10 ms */
	pid = start_child();
	assert_int_equal(process_start_time(getpid(), &ours), 0);
	assert_int_equal(process_start_time(pid, &theirs), 0);
	clock_gettime(CLOCK_BOOTTIME, &now);
	now_ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	assert_true(ours < theirs);
	assert_true(theirs <= now_ns && now_ns - theirs < 1000000000);
	kill_child(pid);
}

/* The device of /proc has no file system that gives it another number in stat(2). */
static void device_of_a_mount(void **state)
{
	unsigned int major, minor;
	struct statx st;

	(void)state;
	assert_int_equal(statx(AT_FDCWD, "/proc/self", 0, STATX_BASIC_STATS | STATX_MNT_ID, &st),
			 0);
	if (!(st.stx_mask & STATX_MNT_ID))
		skip(); /* before Linux 5.8 */
	assert_int_equal(process_mount_device(getpid(), st.stx_mnt_id, &major, &minor), 0);
	assert_int_equal(major, st.stx_dev_major);
	assert_int_equal(minor, st.stx_dev_minor);
	assert_int_equal(process_mount_device(getpid(), 0xffffffff, &major, &minor), -ENOENT);
}

/* Its comm holds what ends and parts the fields of /proc/PID/stat. */
static void awkward_name(void **state)
{
	__u64 before, after;

	(void)state;
	assert_int_equal(process_start_time(getpid(), &before), 0);
	assert_int_equal(prctl(PR_SET_NAME, ") Z 1 (\n) 2"), 0);
	assert_int_equal(process_start_time(getpid(), &after), 0);
	assert_true(process_alive(getpid()));
	assert_int_equal(prctl(PR_SET_NAME, "test_process"), 0); /* children inherit it */
	assert_true(before == after);
}

/* Also of one whose files in /proc belong to root, because it does not let itself be dumped. */
static void who_started_it(void **state)
{
	uid_t wanted = geteuid() ? getuid() : 54321, uid;
	int ready[2];
	pid_t pid;
	char byte;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		if (setuid(wanted) || prctl(PR_SET_DUMPABLE, 0) ||
		    prctl(PR_SET_PDEATHSIG, SIGKILL) || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(process_uid(pid, &uid), 0);
	assert_int_equal(uid, wanted);
	assert_int_equal(process_uid(getpid(), &uid), 0);
	assert_int_equal(uid, getuid());
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_uid(pid, &uid), -ESRCH);
	close(ready[0]);
	close(ready[1]);
}

static void gone(void **state)
{
	pid_t pid = start_child();
	char *exe = (char *)state;
	__u64 start_ns = 77;

	assert_true(process_alive(pid));
	kill_child(pid);
	assert_false(process_alive(pid));
	assert_int_equal(process_exe(pid, &exe), -ESRCH);
	assert_int_equal(process_start_time(pid, &start_ns), -ESRCH);
	assert_ptr_equal(exe, state); /* untouched on failure */
	assert_true(start_ns == 77);
}

static void zombie(void **state)
{
	pid_t pid = start_child();
	siginfo_t info;
	char *exe;

	(void)state;
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(process_alive(pid));
	assert_int_equal(process_exe(pid, &exe), -ENOENT);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

#define REST " 0 0 0 0 0 0 0 0 20 0 1 0 77 4096 1"

/* Its descriptors are closed while it is not a zombie yet. */
static void on_its_way_out(void **state)
{
	struct process_stat stat;

	(void)state;
	assert_int_equal(process_parse_stat("7 (a) R 1 7 7 0 -1 4194304" REST, &stat), 0);
	assert_int_equal(stat.threads, 1);
	assert_false(process_stat_is_ending(&stat));
	assert_int_equal(process_parse_stat("7 (a) R 1 7 7 0 -1 4194308" REST, &stat), 0);
	assert_true(process_stat_is_ending(&stat));
	assert_int_equal(process_parse_stat("7 (a) Z 1 7 7 0 -1 4194304" REST, &stat), 0);
	assert_true(process_stat_is_ending(&stat));
	assert_int_equal(process_parse_stat("7 (a) R 1 7 7 0 -1", &stat), -EPROTO);
}

static void *outlive_main(void *argument)
{
	(void)argument;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nothing behind */
	pause();
	return NULL;
}

static bool main_thread_ended(pid_t pid)
{
	char path[64], line[512] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	return strstr(line, ") Z ");
}

/* The leader of such a process is a zombie, but its sockets are open. */
static void threads_run_on(void **state)
{
	pid_t pid = fork();
	pthread_t thread;
	int i;

	(void)state;
	assert_true(pid >= 0);
	if (!pid) {
		pthread_create(&thread, NULL, outlive_main, NULL);
		syscall(SYS_exit, 0);
	}
	for (i = 0; i < 500 && !main_thread_ended(pid); i++)
		usleep(10000);
	assert_true(main_thread_ended(pid));
	assert_true(process_alive(pid));
	kill_child(pid);
	assert_false(process_alive(pid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_exe),
		cmocka_unit_test(start_times),
		cmocka_unit_test(device_of_a_mount),
		cmocka_unit_test(awkward_name),
		cmocka_unit_test(gone),
		cmocka_unit_test(zombie),
		cmocka_unit_test(on_its_way_out),
		cmocka_unit_test(threads_run_on),
		cmocka_unit_test(who_started_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
