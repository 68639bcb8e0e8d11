/* SPDX-License-Identifier: BSD-2-Clause */
#include "growth.h"

#include <string.h>

#define NS_PER_S 1000000000ULL

void growth_step(struct growth *growth, unsigned int open, __u64 born_ns, __u64 moment_ns)
{
	if (open <= growth->peak)
		return;
	growth->peak = open;
	if (growth->steps && born_ns < growth->last_step_ns + moment_ns)
		return;
	if (!growth->steps++)
		growth->first_step_ns = born_ns;
	growth->last_step_ns = born_ns;
}

void growth_take_back(struct growth *growth)
{
	if (growth->peak)
		growth->peak--;
	if (growth->steps > growth->peak) /* each step was a new peak */
		growth->steps = growth->peak;
}

bool growth_began(const struct growth *growth, unsigned int min_steps)
{
	return growth->steps >= min_steps;
}

bool growth_goes_on(const struct growth *growth, unsigned int min_steps, __u64 now_ns)
{
	__u64 silence_ns;

	if (growth->steps < 2 || !growth_began(growth, min_steps))
		return false;
	silence_ns = (growth->last_step_ns - growth->first_step_ns) / (growth->steps - 1) *
		     STEPS_OF_SILENCE;
	if (silence_ns < MIN_SILENCE_NS)
		silence_ns = MIN_SILENCE_NS;
	return now_ns - growth->last_step_ns <= silence_ns;
}

void rate_sample(struct rate *rate, unsigned int open, __u64 now_ns)
{
	unsigned int old = 0;

	while (old < rate->count && now_ns - rate->samples[old].ns > RATE_WINDOW_NS)
		old++;
	rate->count -= old;
	memmove(rate->samples, rate->samples + old, rate->count * sizeof(*rate->samples));
	if (!rate->count ||
	    (rate->count < RATE_SAMPLES &&
	     now_ns - rate->samples[rate->count - 1].ns >= RATE_WINDOW_NS / RATE_SAMPLES))
		rate->samples[rate->count++] = (struct rate_sample){ now_ns, open };
	rate->known = now_ns - rate->samples[0].ns >= NS_PER_S;
	rate->per_minute = 0;
	if (rate->known)
		rate->per_minute = ((double)open - rate->samples[0].open) * 60 * NS_PER_S /
				   (double)(now_ns - rate->samples[0].ns);
}
