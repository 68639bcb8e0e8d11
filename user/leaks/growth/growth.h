/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * growth: when a number of open sockets counts as growing. Pure: the caller passes every time
 * in. How fast it grows is the matter of rate.h.
 *
 * Growth begins when the number has passed its own peak by sockets of min_steps moments
 * (--min-growth), which differ by their times of birth. One socket is one step; a pool, or threads
 * that each make theirs at start, are one or two.
 *
 * It goes on while the peak is passed again and again, and silence ends it. Silence is time in
 * which a new socket would have been counted and none was. A socket is counted long after its
 * birth: when it is older than --older-than, a connect on it has come to its end, and a sweep
 * has met it. So silence is not the age of the newest socket. It begins when the last socket
 * was counted; the beginning of a run, when none could be counted yet, is not a part of it.
 *
 * The longest pause that the growth has survived decides how much silence ends it:
 * PAUSES_OF_SILENCE times that pause, at least MIN_SILENCE_NS and at most MAX_SILENCE_NS. The
 * mean gap would not do, because leaks come by chance or in bursts. When gaps are independent
 * of each other (an exponential distribution), one of 55 is longer than four mean gaps, and
 * such a site would cease and begin to leak all day. With the longest pause one of 20 such
 * leaks ceases once, among its first sockets, and the others never do. A leak in bursts may
 * cease once, at its first pause of more than MIN_SILENCE_NS. So a leak
 *   - of a socket every 50 s, or more often, ends 5 minutes after its last one was counted;
 *   - of one every 20 minutes ends after two hours;
 *   - of any rhythm ends after 6 hours.
 * A longest pause that does not come again is forgotten after PAUSES_REMEMBERED times its
 * length. When it lies among the first FIRST_STEPS steps (one socket was made at the start of
 * a program that began to leak later), the SETTLED_STEPS-th step ends it.
 */
#ifndef SOCKLEAK_GROWTH_H
#define SOCKLEAK_GROWTH_H

#include <linux/types.h>
#include <stdbool.h>

#include "options/defaults.h"

#define PAUSES_OF_SILENCE 6
#define PAUSES_REMEMBERED 8
#define FIRST_STEPS 3
#define SETTLED_STEPS 12
/* So many moments of one sweep are distinguished in any order; further ones must be newer. */
#define MAX_FRESH 8

/* Work that is done every minute, or every few minutes, makes no longer pause. */
#define MIN_SILENCE_NS (300ULL * 1000000000)
/* A leak of one socket an hour goes on; a leak of each night begins anew each night. */
#define MAX_SILENCE_NS (6ULL * 3600 * 1000000000)

struct growth {
	unsigned int peak;    /* the most there ever were */
	unsigned int steps;   /* moments of birth of those that were more than ever before */
	__u64 last_step_ns;   /* birth of the last one, without the fresh ones */
	__u64 counted_ns;     /* when the last one was counted */
	__u64 silent_ns;      /* the silence since then */
	__u64 pause_ns;	      /* the longest silence that a step has ended */
	__u64 pause_ended_ns; /* when that was; 0 = among the first steps */
	__u64 later_ns;	      /* the longest one since then */
	/* Since the last growth_tick(): */
	bool is_changed;
	bool has_grown;		   /* by a socket that was counted since then */
	unsigned int fresh;	   /* steps */
	__u64 fresh_ns[MAX_FRESH]; /* their births, in any order, as a sweep finds them */
};

/* One socket more, and when sockets are counted. */
struct growth_birth {
	__u64 born_ns;
	__u64 counted_ns; /* now; for a socket that was known before, when it could have been */
	__u64 moment_ns;  /* a socket born within this time of a step is of the same moment */
};

/* There are `open` now, this one included. */
void growth_step(struct growth *growth, unsigned int open, const struct growth_birth *birth);
/* The last one was made in the place of another, which was not counted here: no growth. */
void growth_renew(struct growth *growth, unsigned int open);
/* One of those that were counted belongs elsewhere: as if it had not been, as far as is known. */
void growth_take_back(struct growth *growth);
/*
 * A sweep is over, and all that it found is counted. During `watched_ns` of the time since the
 * last one a socket could have been counted. True: it has changed, and is to be kept for the
 * next run.
 */
bool growth_tick(struct growth *growth, __u64 now_ns, __u64 watched_ns);
/*
 * An earlier run has kept it, and this run begins. It goes on if so little time has passed
 * since the last socket was counted that this silence would not have ended it.
 */
void growth_resume(struct growth *growth, __u64 now_ns);
/* The silence that ends it. */
__u64 growth_patience_ns(const struct growth *growth);
/* Has it ever grown? */
bool growth_began(const struct growth *growth, unsigned int min_steps);
/* Does it grow now? */
bool growth_goes_on(const struct growth *growth, unsigned int min_steps);

#endif /* SOCKLEAK_GROWTH_H */
