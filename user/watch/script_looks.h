/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script_looks: how many programs are asked for the recipe of their script frames at once, and
 * which were asked before. Each question waits for the resolver, and every user can start programs
 * that are named like an interpreter: without a limit they could hold up the agent. Pure: times
 * come in with the caller.
 */
#ifndef SOCKLEAK_SCRIPT_LOOKS_H
#define SOCKLEAK_SCRIPT_LOOKS_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/time.h"

/*
 * A look at an interpreter takes some milliseconds. In a sweep: as many as a host starts new
 * programs at once, and no more than half a second, which delays what is reported unnoticeably. At
 * the start all interpreters of the host are new.
 */
#define LOOKS_SWEEP 16
#define LOOKS_SWEEP_NS (NSEC_PER_SEC / 2)
#define LOOKS_START 256
#define LOOKS_START_NS (4 * NSEC_PER_SEC)
/* One user has a quarter of either, so that others' programs have their turn. */
#define LOOKS_USER_SHARE 4
/* Users that are kept separate. If there are more, the rest wait. */
#define LOOKS_USERS 32
/* Files that are remembered. When there are more, the oldest is forgotten. */
#define LOOKS_FILES 256

/* A file as stat(2) has it. One that is written anew is another one. */
struct script_file {
	__u64 device, inode, size;
	__s64 mtime_ns;
};

struct script_looks {
	unsigned int most, count;
	__u64 most_ns, spent_ns;
	struct looks_of_user {
		uid_t uid;
		unsigned int count;
		__u64 spent_ns;
	} users[LOOKS_USERS];
	unsigned int n_users;
	struct script_file files[LOOKS_FILES];
	unsigned int next_file;
};

/* From now on so many looks, in so much time. */
void script_looks_begin(struct script_looks *looks, unsigned int most, __u64 most_ns);
/* May a program of a user be looked at? Else it has to wait. */
bool script_looks_may(const struct script_looks *looks, uid_t uid);
/* A look at one has taken so long. Only after script_looks_may(). */
void script_looks_spend(struct script_looks *looks, uid_t uid, __u64 spent_ns);

/* A file was looked at. */
void script_looks_remember(struct script_looks *looks, const struct script_file *file);
/* Was it? */
bool script_looks_knows(const struct script_looks *looks, const struct script_file *file);

#endif /* SOCKLEAK_SCRIPT_LOOKS_H */
