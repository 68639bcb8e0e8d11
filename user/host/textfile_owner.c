/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/textfile_owner.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/capability.h>

#include "host/process.h"
#include "lib/cleanup.h"
#include "lib/proc_file.h"
#include "lib/text.h"

#define WRITER "# sockleak agent, pid %d, started %llu ns after boot\n"
#define AGENT_RIGHTS (1ULL << CAP_BPF | 1ULL << CAP_SYS_ADMIN)

void textfile_owner_add(struct text *text)
{
	__u64 start_ns;

	if (!process_start_time(getpid(), &start_ns))
		text_addf(text, WRITER, (int)getpid(), (unsigned long long)start_ns);
}

bool textfile_owner_parse(const char *text, pid_t *ret_pid, __u64 *ret_start_ns)
{
	unsigned long long start_ns;
	int pid;

	if (sscanf(text, WRITER, &pid, &start_ns) != 2 || pid <= 0)
		return false;
	*ret_pid = pid;
	*ret_start_ns = start_ns;
	return true;
}

/* The process that wrote it, by its first line, and its user. False: it has no such line. */
static bool read_writer(const char *path, pid_t *ret_pid, __u64 *ret_start_ns, uid_t *ret_uid)
{
	_cleanup_close_ int fd =
		open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	char line[128];
	ssize_t len;

	if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode))
		return false;
	len = read(fd, line, sizeof(line) - 1);
	if (len <= 0)
		return false;
	line[len] = '\0';
	*ret_uid = status.st_uid;
	return textfile_owner_parse(line, ret_pid, ret_start_ns);
}

static bool is_agent_of(pid_t pid, uid_t uid)
{
	const char *users, *rights;
	char text[4096];

	if (proc_file_read_of(pid, "status", text, sizeof(text)) < 0)
		return false;
	users = proc_file_field(text, "Uid:");
	rights = proc_file_field(text, "CapPrm:");
	return users && rights && strtoul(users, NULL, 10) == uid &&
	       strtoull(rights, NULL, 16) & AGENT_RIGHTS;
}

pid_t textfile_owner_other(const char *path)
{
	__u64 start_ns, found_ns;
	pid_t pid;
	uid_t uid;

	if (!read_writer(path, &pid, &start_ns, &uid) || pid == getpid())
		return 0;
	if (process_start_time(pid, &found_ns) || found_ns != start_ns || !process_alive(pid))
		return 0;
	return is_agent_of(pid, uid) ? pid : 0;
}
