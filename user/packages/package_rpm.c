/* SPDX-License-Identifier: BSD-2-Clause */
#include "packages/package_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/time.h"

#define RPM "/usr/bin/rpm"
/* Much less than the time in which a child of the agent has to begin or end a wait: patience.h. */
#define MOVE_MS 100
#define MAX_ANSWER 4096 /* bytes */
#define QUERY "%{NAME} %{EPOCHNUM} %{VERSION}-%{RELEASE} %{ARCH}\\n"

const char *package_rpm_database(void)
{
	static const char *const directories[] = { "/usr/lib/sysimage/rpm", "/var/lib/rpm" };
	/* of SQLite, ndb and Berkeley DB */
	static const char *const files[] = { "rpmdb.sqlite", "Packages.db", "Packages" };
	char path[64];
	size_t i, j;

	for (i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		for (j = 0; j < sizeof(files) / sizeof(files[0]); j++) {
			snprintf(path, sizeof(path), "%s/%s", directories[i], files[j]);
			if (!access(path, R_OK))
				return directories[i];
		}
	}
	return NULL;
}

/* ---- Running rpm ---- */

/*
 * In the child. The resolver may send no signals (call_filter.h), so the kernel ends rpm at the
 * deadline by a timer, which exec keeps. Nor may it open anything for writing: what rpm says on
 * standard error fails.
 */
static void exec_rpm(const char *database, const char *path, int out_fd, __u64 deadline_ns)
{
	char *environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/", NULL };
	char *arguments[] = { "rpm",  "--dbpath", (char *)database, "-qf",
			      "--qf", QUERY,	  (char *)path,	    NULL };
	int left_ms = clock_left_ms(deadline_ns) + 1;
	struct itimerval end = { .it_value = { left_ms / 1000, left_ms % 1000 * 1000 } };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	signal(SIGALRM, SIG_DFL);
	if (null < 0 || setitimer(ITIMER_REAL, &end, NULL) || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0)
		_exit(127);
	execve(RPM, arguments, environment);
	_exit(127);
}

static int spawn_rpm(const char *database, const char *path, int out_fd, __u64 deadline_ns,
		     pid_t *ret_pid)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		exec_rpm(database, path, out_fd, deadline_ns);
	*ret_pid = pid;
	return 0;
}

/* Until the deadline, but not for long, so that this process is not taken for a stuck one. */
static int moment_ms(__u64 deadline_ns)
{
	int left_ms = clock_left_ms(deadline_ns);

	return left_ms < MOVE_MS ? left_ms : MOVE_MS;
}

/* Read to the end of the file, at most to a full buffer. */
static int read_answer(int fd, __u64 deadline_ns, char *ret_answer, size_t size)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t got;

	while (len + 1 < size) {
		if (clock_now(CLOCK_MONOTONIC) >= deadline_ns)
			return -ETIMEDOUT;
		if (poll(&pollfd, 1, moment_ms(deadline_ns)) <= 0)
			continue;
		got = read(fd, ret_answer + len, size - 1 - len);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (!got)
			break;
		len += got > 0 ? (size_t)got : 0;
	}
	ret_answer[len] = '\0';
	return 0;
}

/*
 * Wait for its end, which may be an end by force. One that cannot even be killed
 * (stuck in the kernel) is left behind.
 */
static int reap(pid_t pid, bool killed, __u64 deadline_ns)
{
	__u64 last_ns = deadline_ns + NSEC_PER_SEC;
	int status = 0;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (!killed && clock_now(CLOCK_MONOTONIC) > deadline_ns)
			killed = true;
		if (killed)
			kill(-pid, SIGKILL);
		if (clock_now(CLOCK_MONOTONIC) > last_ns)
			return -ETIMEDOUT;
		poll(NULL, 0, 1);
	}
	if (killed)
		return -ETIMEDOUT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ENOENT;
}

static int run_rpm(const char *database, const char *path, __u64 deadline_ns, char *ret_answer,
		   size_t size)
{
	int pipe_fds[2], err, result;
	pid_t pid = 0;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	_cleanup_close_ int out_fd = pipe_fds[0], in_fd = pipe_fds[1];

	err = spawn_rpm(database, path, in_fd, deadline_ns, &pid);
	if (err)
		return err;
	close(TAKE_FD(in_fd)); /* or there is no end to what it says */
	err = read_answer(out_fd, deadline_ns, ret_answer, size);
	close(TAKE_FD(out_fd));
	result = reap(pid, err == -ETIMEDOUT, deadline_ns);
	return err ? err : result;
}

/* ---- What it says ---- */

int package_finish_rpm(struct package *package)
{
	const char *version = strchr(package->version, ':');
	int len;

	version = version ? version + 1 : package->version;
	len = snprintf(package->debug, sizeof(package->debug), "%s-%s.%s", package->name, version,
		       package->arch);
	if (len < 0 || (size_t)len >= sizeof(package->debug) ||
	    !package_is_word(package->version) || !package_is_word(version) ||
	    !package_is_word(package->name) || !package_is_word(package->arch))
		return -EINVAL;
	return 0;
}

int package_parse_rpm(const char *answer, struct package *ret_package)
{
	struct package package = { .kind = PACKAGE_RPM, .source = PACKAGE_FROM_RPM };
	char name[128], epoch[16], version[96], arch[32];
	int len;

	if (sscanf(answer, "%127s %15s %95s %31s", name, epoch, version, arch) != 4)
		return -ENOENT;
	if (package_copy_word(package.name, sizeof(package.name), name) ||
	    package_copy_word(package.arch, sizeof(package.arch), arch))
		return -ENOENT;
	len = snprintf(package.version, sizeof(package.version), "%s%s%s",
		       strcmp(epoch, "0") ? epoch : "", strcmp(epoch, "0") ? ":" : "", version);
	if (len < 0 || (size_t)len >= sizeof(package.version) || package_finish_rpm(&package))
		return -ENOENT;
	*ret_package = package;
	return 0;
}

int package_from_rpm(const char *database, const char *path, __u64 deadline_ns,
		     struct package *ret_package)
{
	char answer[MAX_ANSWER];
	int err = run_rpm(database, path, deadline_ns, answer, sizeof(answer));

	if (err)
		return err;
	return package_parse_rpm(answer, ret_package);
}
