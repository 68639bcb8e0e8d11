/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * growth: when a number of open sockets counts as growing. Pure; every time comes in with
 * the caller. How fast it grows is rate.h's.
 *
 * It begins: the number has passed its own peak by sockets of min_steps moments
 * (--min-growth), told apart by their times of birth. One socket is one step; a pool, or
 * threads that each make theirs at start, are one or two.
 *
 * It goes on while the peak is passed again and again, and ends by silence. Silence is time
 * in which a new socket would have been counted and none was. A socket is counted long after
 * its birth: when it is older than --older-than, a connect on it has come to its end, and a
 * sweep has met it. So silence is never now minus a time of birth: it begins when the last
 * socket was counted, and the beginning of a run, when none could have been, is no part of it.
 *
 * How much silence ends it follows from the longest pause that it has made so far, and gone
 * on after: PAUSES_OF_SILENCE of these, but at least MIN_SILENCE_NS and at most
 * MAX_SILENCE_NS. The longest pause and not the mean of all, for leaks come by chance or in
 * bursts: with a mean gap m the next one is longer than four times m in one of 55 cases, and
 * the site would be said to have ended and to have begun again all day. Of gaps that are
 * independent of each other (exponential) one leak of 20, at most, is ever said to have ended
 * while it goes on, and that among its first sockets; one in bursts at its first long pause at
 * most. So a leak
 *   - of one socket every 50 s, or more, ends 5 minutes after its last one was counted;
 *   - of one every 20 minutes ends after two hours;
 *   - whatever it was before, it ends after 6 hours.
 * A longest pause that is not made again is forgotten: after PAUSES_REMEMBERED times as long;
 * when it lies among the first FIRST_STEPS steps (a socket that was made at the start of a
 * program that began to leak later) with the SETTLED_STEPS-th step.
 */
#ifndef SOCKLEAK_GROWTH_H
#define SOCKLEAK_GROWTH_H

#include <linux/types.h>
#include <stdbool.h>

/* One is a daemon's only socket, two a pool that was refilled; three are a habit. */
#define MIN_STEPS 3

#define PAUSES_OF_SILENCE 6
#define PAUSES_REMEMBERED 8
#define FIRST_STEPS 3
#define SETTLED_STEPS 12
/* Moments that a sweep tells apart in any order; those beyond them by the newest. */
#define MAX_FRESH 8

/* What is done every minute, or every few minutes, makes no pause that is longer. */
#define MIN_SILENCE_NS (300ULL * 1000000000)
/* A leak an hour is one that goes on; one a night begins each night anew. */
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
	unsigned int fresh;	   /* steps, whose births are these: a sweep finds */
	__u64 fresh_ns[MAX_FRESH]; /* its sockets in any order */
};

/* One socket more, and when sockets are counted. */
struct growth_birth {
	__u64 born_ns;
	__u64 counted_ns; /* now; of one that is looked at anew, when it could have been at first */
	__u64 moment_ns;  /* what is born within this time after the last step is of that moment */
};

/* There are `open` now, this one included. */
void growth_step(struct growth *growth, unsigned int open, const struct growth_birth *birth);
/* One of those that were counted was another's: as if it had not been, as far as can be told. */
void growth_take_back(struct growth *growth);
/*
 * A sweep has been made, and all that it found is counted. `watched_ns` of the time since the
 * last one were such that a socket could have been. True: it has changed, and is to be kept
 * for the next run.
 */
bool growth_tick(struct growth *growth, __u64 now_ns, __u64 watched_ns);
/*
 * It was kept by an earlier run, and this one begins: it goes on if it did when the other
 * ended, as far as can be told, whatever the time in between.
 */
void growth_resume(struct growth *growth, __u64 now_ns);
/* The silence that ends it. */
__u64 growth_patience_ns(const struct growth *growth);
/* Has it ever grown? */
bool growth_began(const struct growth *growth, unsigned int min_steps);
/* Does it grow now? */
bool growth_goes_on(const struct growth *growth, unsigned int min_steps);

#endif /* SOCKLEAK_GROWTH_H */
