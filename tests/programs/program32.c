/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 32-bit program leaks a socket, and one whose connect was refused. Hooks on functions see them
 * made, and its stack leads through its vdso; those on system calls see 64-bit programs alone.
 */
#include "program.h"

#define SEEN "@fentry|kprobe.multi="

static void run_leaker(const int out[2])
{
	char path[PATH_MAX];
	ssize_t len = check(readlink("/proc/self/exe", path, sizeof(path) - 1));

	path[len] = '\0';
	strcpy(strrchr(path, '/') + 1, "leaker32");
	check(dup2(out[1], STDOUT_FILENO));
	close(out[0]);
	execl(path, path, NULL);
	_exit(errno == ENOEXEC ? 0 : 1); /* or it may not be had: see the Makefile */
}

static unsigned long inode_in(pid_t pid, int fd)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	check(stat(path, &st));
	return st.st_ino;
}

int main(void)
{
	int out[2], fds[2];
	pid_t pid;

	check(pipe2(out, O_CLOEXEC));
	pid = start_child();
	if (!pid)
		run_leaker(out);
	close(out[1]);
	if (read(out[0], fds, sizeof(fds)) != sizeof(fds)) {
		int status;

		check(waitpid(pid, &status, 0));
		if (status)
			die("leaker32");
		skip("no 32-bit programs in this kernel");
	}
	check(fds[0]);
	expect_leak_of(inode_in(pid, fds[0]),
		       "pid=%d fd=%d class=unknown_origin class" SEEN "never_used "
		       "stack_source=null stack_source" SEEN "snapshot "
		       "function" SEEN "make_socket_32",
		       pid, fds[0]);
	expect_leak_of(inode_in(pid, fds[1]),
		       "pid=%d fd=%d class=unknown_origin class" SEEN "connect_failed "
		       "connect_tries=0 connect_tries" SEEN "1 destination=null "
		       "destination" SEEN "127.0.0.1:1 function" SEEN "leak",
		       pid, fds[1]);
	ready();
	return 0;
}
