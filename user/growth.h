/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * growth: when a number of open sockets counts as growing, and how fast it does.
 * Pure; every time comes in with the caller.
 *
 * A number grows once it has passed its own peak by sockets of min_steps moments
 * (--min-growth), told apart by their times of birth. One socket is one step; a pool, or
 * threads that each make theirs at start, are one or two.
 *
 * It has stopped growing when no step has come for STEPS_OF_SILENCE times the
 * usual time between two, so that a leak an hour is still one, and for at least
 * MIN_SILENCE_NS.
 */
#ifndef SOCKLEAK_GROWTH_H
#define SOCKLEAK_GROWTH_H

#include <linux/types.h>
#include <stdbool.h>

/* One is a daemon's only socket, two a pool that was refilled; three are a habit. */
#define MIN_STEPS 3
#define STEPS_OF_SILENCE 4
#define MIN_SILENCE_NS (60ULL * 1000000000)

struct growth {
	unsigned int peak;  /* the most there ever were */
	unsigned int steps; /* moments of birth of those that were more than ever before */
	__u64 first_step_ns;
	__u64 last_step_ns;
};

/*
 * There are `open` now, the newest of them born at a time. What is born within
 * moment_ns after the last step is of the same moment.
 */
void growth_step(struct growth *growth, unsigned int open, __u64 born_ns, __u64 moment_ns);
/* One of those that were counted was another's: as if it had not been, as far as can be told. */
void growth_take_back(struct growth *growth);
/* Has it ever grown? */
bool growth_began(const struct growth *growth, unsigned int min_steps);
/* Does it grow now? */
bool growth_goes_on(const struct growth *growth, unsigned int min_steps, __u64 now_ns);

/* Rates are over this time at most, from a sample every RATE_SAMPLES-th of it. */
#define RATE_WINDOW_NS (600ULL * 1000000000)
#define RATE_SAMPLES 64

struct rate {
	bool known; /* there are samples of a second at least */
	double per_minute;
	/* private: */
	struct rate_sample {
		__u64 ns;
		unsigned int open;
	} samples[RATE_SAMPLES];
	unsigned int count;
};

/* There are so many now. */
void rate_sample(struct rate *rate, unsigned int open, __u64 now_ns);

#endif /* SOCKLEAK_GROWTH_H */
