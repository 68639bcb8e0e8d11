/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int notify(const char *lines)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *name = getenv("NOTIFY_SOCKET");
	size_t len = name ? strlen(name) : 0;
	int fd, err = 0;

	if (!len)
		return 0;
	if ((*name != '/' && *name != '@') || len >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, name, len);
	if (*name == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static void drop_oldest_state(struct notify_states *states)
{
	memmove(states->lines[0], states->lines[1], sizeof(states->lines) - NOTIFY_LENGTH);
	states->count--;
}

int notify_kept_states(struct notify_states *states)
{
	while (states->count) {
		int err = notify(states->lines[0]);

		if (err == -EAGAIN)
			return 0;
		if (err) {
			states->count = 0;
			return err;
		}
		drop_oldest_state(states);
	}
	return 0;
}

int notify_state(struct notify_states *states, const char *lines)
{
	if (strlen(lines) >= NOTIFY_LENGTH)
		return -E2BIG;
	if (states->count == NOTIFY_KEPT)
		drop_oldest_state(states);
	strcpy(states->lines[states->count++], lines);
	return notify_kept_states(states);
}

__u64 notify_watchdog_ns(void)
{
	const char *limit = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long us;
	char *end;

	if (!limit || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	us = strtoull(limit, &end, 10);
	return *end || end == limit || us > ~0ULL / 1000 ? 0 : us * 1000;
}
