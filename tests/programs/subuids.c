/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root makes a user namespace, as a container engine does. A user in it makes a further one, with
 * ten ids of its own, and a process of each id leaks ten sockets. On the host the user is 525288.
 */
#include "program.h"

#include <grp.h>

#define FIRST_ID 524288
#define USER 1000
#define IDS 10
#define SOCKETS 10

/* Maps the ids of the other process's namespace, from 0 on, to those from `outside` on. */
static void map_ids(pid_t pid, const char *name, int outside, int count)
{
	char path[64], line[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	snprintf(line, sizeof(line), "0 %d %d\n", outside, count);
	fd = check(open(path, O_WRONLY | O_CLOEXEC));
	check(write(fd, line, strlen(line)));
	close(fd);
}

static void map_all(pid_t pid, int outside, int count)
{
	map_ids(pid, "uid_map", outside, count);
	map_ids(pid, "gid_map", outside, count);
}

/* Returns in the namespace; `asked` and `mapped`: the one who may map its ids is told, and tells.
 */
static void enter_namespace(const int asked[2], const int mapped[2])
{
	check(unshare(CLONE_NEWUSER));
	tell(asked);
	wait_for(mapped);
}

static void become(int id)
{
	check(setgroups(0, NULL));
	check(setgid(id));
	check(setuid(id));
	check(prctl(PR_SET_DUMPABLE, 1)); /* its maps are its own */
}

static void leak(const int done[2], int id)
{
	become(id);
	for (int i = 0; i < SOCKETS; i++)
		make_socket(AF_INET, SOCK_STREAM, 0);
	tell(done);
	pause();
	_exit(0);
}

int main(void)
{
	int asked[2], mapped[2], done[2];
	pid_t container, user;

	make_signal(asked);
	make_signal(mapped);
	make_signal(done);
	container = start_child();
	if (!container) {
		enter_namespace(asked, mapped);
		check(setgid(0));
		check(setuid(0));
		check(prctl(PR_SET_DUMPABLE, 1));
		user = start_child();
		if (!user) {
			become(USER);
			enter_namespace(asked, mapped);
			for (int id = 1; id <= IDS; id++)
				if (!start_child())
					leak(done, id);
			pause();
		}
		wait_for(asked);
		map_all(user, USER, IDS + 1);
		tell(mapped);
		pause();
	}
	wait_for(asked);
	map_all(container, FIRST_ID, 65536);
	tell(mapped);
	for (int id = 1; id <= IDS; id++)
		wait_for(done);
	ready();
	return 0;
}
