/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quarantine: whose files have brought the resolver down, and are not to be opened
 * for a while. A process is kept out after the first time; a user after the
 * third within ten minutes, or when they have taken half a minute of the
 * resolver's time, so that nobody can hold up the agent for long by making
 * processes. Pure: times come in with the caller.
 */
#ifndef SOCKLEAK_QUARANTINE_H
#define SOCKLEAK_QUARANTINE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/time.h"

/* How long, since the last time. */
#define QUARANTINE_NS (600 * NSEC_PER_SEC)
#define QUARANTINE_USER_STRIKES 3
/*
 * The resolver's time that a user may take, counted from its first use for as long as a quarantine
 * lasts.
 */
#define QUARANTINE_USER_NS (30 * NSEC_PER_SEC)
/* When there are more, the oldest is let out. */
#define QUARANTINE_PLACES 64

struct quarantine {
	struct quarantine_place {
		__u64 last_ns; /* 0 = an empty place */
		__u64 spent_ns, spent_since_ns;
		__u32 id;
		bool is_user;
		unsigned int strikes;
	} places[QUARANTINE_PLACES];
};

/* The resolver failed over a file of a process of a user. */
void quarantine_strike(struct quarantine *quarantine, pid_t tgid, uid_t uid, __u64 now_ns);
/* It took so long, which was unusually long, over files of a user. */
void quarantine_spend(struct quarantine *quarantine, uid_t uid, __u64 spent_ns, __u64 now_ns);
/* Are its files to be left alone? */
bool quarantine_holds(const struct quarantine *quarantine, pid_t tgid, uid_t uid, __u64 now_ns);

#endif /* SOCKLEAK_QUARANTINE_H */
