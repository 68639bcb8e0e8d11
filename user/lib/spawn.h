/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn: starts a program as an independent child: in a process group of its own, with no signal
 * ignored, and with no descriptors but those that are given to it. SIGUSR1, SIGUSR2 and SIGHUP are
 * blocked: they ask sockleak for something, and whoever sends them to all processes of that name or
 * unit would end the child, which has that name, too, until it calls exec.
 */
#ifndef SOCKLEAK_SPAWN_H
#define SOCKLEAK_SPAWN_H

#include <sys/types.h>

/* A descriptor of the child: one of ours (all of which are O_CLOEXEC), or /dev/null. */
struct spawn_fd {
	int child; /* its number there; -1 ends the list */
	int ours;  /* SPAWN_NULL = /dev/null */
};

#define SPAWN_NULL (-1)

/*
 * Start the program at a path. Those of the first three descriptors that `fds` does not
 * name are ours. The caller waits for *ret_pid; -*ret_pid is its process group. -errno: it
 * was not started.
 */
int spawn(const char *path, char *const arguments[], char *const environment[],
	  const struct spawn_fd *fds, pid_t *ret_pid);

#endif /* SOCKLEAK_SPAWN_H */
