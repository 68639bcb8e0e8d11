/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

static int add_fds(posix_spawn_file_actions_t *actions, const struct spawn_fd *fds)
{
	for (; fds->child >= 0; fds++) {
		int err = fds->ours == SPAWN_NULL ?
				  posix_spawn_file_actions_addopen(actions, fds->child, "/dev/null",
								   O_RDWR, 0) :
				  posix_spawn_file_actions_adddup2(actions, fds->ours, fds->child);

		if (err)
			return err;
	}
	return 0;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t questions, all;

	sigemptyset(&questions);
	sigaddset(&questions, SIGUSR1);
	sigaddset(&questions, SIGUSR2);
	sigaddset(&questions, SIGHUP);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &questions);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setpgroup(attributes, 0);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
							    POSIX_SPAWN_SETPGROUP);
}

int spawn(const char *path, char *const arguments[], char *const environment[],
	  const struct spawn_fd *fds, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err;

	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = posix_spawnattr_init(&attributes);
	if (err)
		goto destroy_actions;
	err = set_attributes(&attributes);
	if (!err)
		err = add_fds(&actions, fds);
	if (!err)
		err = posix_spawn(ret_pid, path, &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
destroy_actions:
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}
