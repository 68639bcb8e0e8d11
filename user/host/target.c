/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/target.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/signals.h"
#include "lib/text.h"

#define EXIT_HELD 125 /* nobody has released it */

struct target {
	pid_t pid;
	int fd;	    /* pidfd */
	int hold;   /* write end: a byte lets it run */
	int result; /* read end: struct failure, or nothing once it is executed */
	const char *name;
};

/* The step of the child that did not work. */
struct failure {
	int error;
	bool is_own; /* it was not exec */
};

/* The rights that the program gets; NULL = ours. */
static int take_rights(const struct passwd *user)
{
	if (!user)
		return 0;
	if (initgroups(user->pw_name, user->pw_gid) || setgid(user->pw_gid) || setuid(user->pw_uid))
		return errno;
	return 0;
}

/* The child's life up to exec. */
static void __attribute__((noreturn))
be_held(char **arguments, const struct passwd *user, unsigned int closed, int hold, int result)
{
	struct failure failure = { 0 };
	ssize_t len;
	char go;

	signals_restore();
	while ((len = read(hold, &go, sizeof(go))) < 0 && errno == EINTR)
		;
	if (len != sizeof(go))
		_exit(EXIT_HELD);
	failure.error = take_rights(user);
	failure.is_own = failure.error;
	if (!failure.error) {
		for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
			if (closed & 1U << fd)
				close(fd);
		execvp(arguments[0], arguments);
		failure.error = errno;
	}
	len = write(result, &failure, sizeof(failure));
	_exit(len == sizeof(failure) ? 0 : EXIT_HELD);
}

static int find_user(const char *name, const struct passwd **ret_user, struct text *ret_error)
{
	if (!name)
		return 0;
	errno = 0;
	*ret_user = getpwnam(name);
	if (*ret_user)
		return 0;
	text_add(ret_error, "--user ");
	text_add_clean(ret_error, name, strlen(name));
	text_addf(ret_error, ": %s", errno ? strerror(errno) : "there is no such user");
	return -ENOENT;
}

static int fork_held(struct target *target, char **arguments, const struct passwd *user,
		     unsigned int closed)
{
	int hold[2], result[2];

	if (pipe2(hold, O_CLOEXEC))
		return -errno;
	_cleanup_close_ int held = hold[0];

	target->hold = hold[1];
	if (pipe2(result, O_CLOEXEC))
		return -errno;
	_cleanup_close_ int failed = result[1];

	target->result = result[0];
	target->pid = fork();
	if (target->pid < 0)
		return -errno;
	if (!target->pid) {
		close(target->hold); /* or it would never see that we are gone */
		be_held(arguments, user, closed, held, failed);
	}
	target->fd = (int)syscall(SYS_pidfd_open, target->pid, 0);
	return target->fd < 0 ? -errno : 0;
}

int target__start(char **arguments, const char *user, unsigned int closed,
		  struct target **ret_target, struct text *ret_error)
{
	const struct passwd *rights = NULL;
	struct target *target;
	int err = find_user(user, &rights, ret_error);

	if (err)
		return err;
	target = calloc(1, sizeof(*target));
	if (!target)
		return -ENOMEM;
	target->fd = target->hold = target->result = -1;
	target->name = arguments[0];
	err = fork_held(target, arguments, rights, closed);
	if (err) {
		text_addf(ret_error, "cannot start a process: %s", strerror(-err));
		target__free(target);
		return err;
	}
	*ret_target = target;
	return 0;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void target__free(struct target *target)
{
	if (!target)
		return;
	close_end(&target->hold); /* one that is still held ends by this */
	close_end(&target->result);
	close_end(&target->fd);
	free(target);
}

pid_t target__pid(const struct target *target)
{
	return target->pid;
}

int target__fd(const struct target *target)
{
	return target->fd;
}

int target__release(struct target *target, bool *ret_is_own, struct text *ret_error)
{
	struct failure failure = { 0 };
	ssize_t len = write(target->hold, "", 1);

	close_end(&target->hold);
	if (len != 1)
		return 0; /* a signal has ended it */
	while ((len = read(target->result, &failure, sizeof(failure))) < 0 && errno == EINTR)
		;
	close_end(&target->result);
	if (len != sizeof(failure))
		return 0;
	text_add(ret_error,
		 failure.is_own ? "cannot take the rights of --user for '" : "cannot execute '");
	text_add_clean(ret_error, target->name, strlen(target->name));
	text_addf(ret_error, "': %s", strerror(failure.error));
	*ret_is_own = failure.is_own;
	return -failure.error;
}

static bool is_one_of(pid_t pid, const pid_t *pids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

void target__reap_adopted(const struct target *target, const pid_t *others, size_t count)
{
	siginfo_t ended;

	for (;;) {
		ended.si_pid = 0;
		/* The program's own status stays for target__wait(). */
		if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) || !ended.si_pid ||
		    ended.si_pid == target->pid || is_one_of(ended.si_pid, others, count))
			return;
		waitpid(ended.si_pid, NULL, WNOHANG);
	}
}

int target__wait(struct target *target, int *ret_signal)
{
	int status = 0;

	while (waitpid(target->pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return *ret_signal ? 128 + *ret_signal : WEXITSTATUS(status);
}
