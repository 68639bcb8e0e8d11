/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refusals: the processes whose calls of socket() fail, or have failed, for want of a
 * descriptor, each with how often, since when, and from where in the code. Holds the
 * accounts and answers questions. Pure: every time comes in with the caller.
 *
 * A *spell* of a process begins with a call that fails and is over when none has failed
 * for SPELL_QUIET_NS. An account is of the last spell; it is forgotten REFUSAL_KEPT_NS
 * after its last failure, so that a report can tell of what was, also of a process that
 * has ended; one that is full for longer is kept until it is not. At most REFUSALS_KEPT are
 * held: of those whose spell is over the one that failed the longest time ago gives way.
 */
#ifndef SOCKLEAK_REFUSALS_H
#define SOCKLEAK_REFUSALS_H

#include <stdbool.h>
#include <uthash.h>

#include "descriptors.h"
#include "host/workloads/owner.h"
#include "leaks/growth/forecast.h"
#include "sockleak.h"
#include "stacks/stack.h"

#define SPELL_QUIET_NS (60ULL * 1000000000)
#define REFUSALS_KEPT (2 * SOCKLEAK_MAX_REFUSALS)
#define REFUSAL_KEPT_NS (3600ULL * 1000000000)

/* A process that is, or was, at its limit; or that failed since the host was at its own. */
struct limited {
	struct refusal_key key;
	struct refusal refusal; /* of the last spell */
	struct owner *owner;	/* NULL = no memory for it */
	struct stack *stack;	/* of the spell's first call; NULL = not known */
	struct forecast fds;	/* its descriptors; looked_ns 0 = not known */
	__u64 kinds_ns;		/* when its descriptors were counted by kind; 0 = never */
	__u32 by_kind[DESCRIPTOR_KINDS];
	bool over;	 /* the spell is; the kernel's side has forgotten it */
	bool ended;	 /* the process has */
	bool unfinished; /* its stack is still being looked up: it is not announced yet */
	/* private: */
	bool announced;
	UT_hash_handle hh;
};

struct refusals;

/*
 * `recent_ns`: a failure that is not longer ago is one of now, where descriptors cannot
 * tell. NULL: no memory. Free with refusals__free(); NULL is allowed there.
 */
struct refusals *refusals__new(__u64 recent_ns);
void refusals__free(struct refusals *refusals);

/*
 * Take in what the kernel's side has noted. *ret_more: calls that have failed since it
 * was taken in last. *ret_new: a spell has begun, for which the caller is to find owner
 * and stack. NULL: no memory.
 */
struct limited *refusals__apply(struct refusals *refusals, const struct refusal_key *key,
				const struct refusal *refusal, __u64 *ret_more, bool *ret_new);
/* The owner of the calls, and their stack; both are taken over, and may be NULL. */
void limited_describe(struct limited *limited, struct owner *owner, struct stack *stack);

/* Its name in reports: SOCKLEAK_COMM_LEN bytes. */
const char *limited_name(const struct limited *limited);

/* Forget what was too long ago, but for a process that is at its limit still. */
void refusals__expire(struct refusals *refusals, __u64 now_ns);

/*
 * The host's open files and how many it may have, as of now. If several are noted less than
 * SPELL_QUIET_NS apart, the largest counts, because some files are closed before one looks.
 */
void refusals__note_host(struct refusals *refusals, __u64 now_ns, __u64 open, __u64 max);

/*
 * Those that are to be announced, each spell once: a process at its own limit, and the
 * first one of those that fail since the host is at its. NULL: there is none (any more).
 */
const struct limited *refusals__announce(struct refusals *refusals);

/* All accounts, in no order: a uthash table, go on by ->hh.next. NULL: there are none. */
struct limited *refusals__all(struct refusals *refusals);

/* ---- For reports. NULL for `refusals` is allowed: there are none. ---- */

/*
 * Those of an error (0 = of either), who is at its limit now first, then who failed last; at
 * most `most` of them into ret_list. Returns how many there are in all.
 */
size_t refusals__list(const struct refusals *refusals, __u64 now_ns, __s32 error, size_t most,
		      const struct limited **ret_list);
/*
 * Is it at its limit now? By its descriptors where those are known. One that is full and
 * calls socket() no more is so, too: the next call of anything fails.
 */
bool refusals__is_now(const struct refusals *refusals, const struct limited *limited, __u64 now_ns);

/*
 * Are its descriptors to be looked at again? Before next_ns, too, when it was not full at the
 * last look and has failed since.
 */
bool limited_is_due(const struct limited *limited, __u64 now_ns);

/* All of ENFILE together. */
struct host_refusals {
	unsigned int processes; /* 0 = there were none */
	__u64 count, first_ns, last_ns;
	const struct limited *most;  /* the process that failed most */
	__u64 files_open, files_max; /* the most that were seen then; max 0 = not known */
	bool was_full;		     /* they were all that there may be; not so when not known */
	bool is_recent;		     /* one has failed just now */
};
struct host_refusals refusals__host(const struct refusals *refusals, __u64 now_ns);

#endif /* SOCKLEAK_REFUSALS_H */
