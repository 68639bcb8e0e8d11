/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * climb: whether the number of descriptors of a process climbs, by the counts that are taken of it
 * now and then. Pure: the caller passes every time in. Small, because each process of the host has
 * one.
 *
 * A climb is a row of counts that are each more than ever before. A process climbs when there were
 * CLIMB_STEPS, and it has CLIMB_LEAST descriptors more than at their beginning, CLIMB_LEAST_NS
 * before the last of them. So the start of a program, a burst, and a slow drift by two or three
 * are not one. A number that falls back by half of what it had climbed ends the climb, and what was
 * reached before does not count again: a pool that grows and shrinks climbs at most once.
 *
 * It rests by silence: CLIMB_PAUSES times the longest pause between two new peaks, at least
 * CLIMB_MIN_SILENCE_NS and at most CLIMB_MAX_SILENCE_NS. A pool that has warmed up is silent from
 * then on, so this is short. Growth after it is another climb, which begins there. That there may
 * be a climb is believed for CLIMB_HOPE times that, with the same bound: a caller that looks at the
 * process in the meantime should not forget what it has seen.
 */
#ifndef SOCKLEAK_CLIMB_H
#define SOCKLEAK_CLIMB_H

#include <linux/types.h>
#include <stdbool.h>

#define CLIMB_STEPS 4
#define CLIMB_LEAST 8
#define CLIMB_LEAST_NS (10ULL * 1000000000)
#define CLIMB_PAUSES 3
#define CLIMB_MIN_SILENCE_NS (10ULL * 1000000000)
#define CLIMB_HOPE 6
#define CLIMB_MAX_SILENCE_NS (6ULL * 3600 * 1000000000)

struct climb {
	__u64 began_ns; /* when there were `base` */
	__u64 last_ns;	/* when the last new peak was counted */
	__u64 pause_ns; /* the longest time between two of them */
	__u32 base;	/* descriptors at the beginning */
	__u32 count;	/* now */
	__u32 peak;	/* the most that were ever counted */
	__u32 steps;	/* new peaks since the beginning */
};

/* There are `count` now. Begin with a struct of zeros. */
void climb_note(struct climb *climb, __u32 count, __u64 now_ns);
/* Has it begun to climb, as far as can be seen? It may be one when there are more counts. */
bool climb_may_come(const struct climb *climb, __u64 now_ns);
/* Does it climb now? */
bool climb_goes_on(const struct climb *climb, __u64 now_ns);
/* How many more descriptors there are than at its beginning. */
__u32 climb_growth(const struct climb *climb);

/*
 * How fast the number of a process climbs: over the last CLIMB_RATE_NS, or twice as long at most,
 * and from the beginning of the climb if that is later.
 */
#define CLIMB_RATE_NS (300ULL * 1000000000)

struct climb_rate {
	__u64 from_ns, next_ns; /* the window begins; the next one will */
	__u32 from, next;	/* descriptors then */
};

void climb_rate_note(struct climb_rate *rate, const struct climb *climb, __u64 now_ns);
/* More descriptors in a minute. False: it is not known yet. */
bool climb_per_minute(const struct climb_rate *rate, const struct climb *climb, __u64 now_ns,
		      double *ret_per_minute);

#endif /* SOCKLEAK_CLIMB_H */
