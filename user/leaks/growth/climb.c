/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/growth/climb.h"

#define NS_PER_MINUTE 60e9

/* From here on; what was reached before stays the peak. */
static void begin_climb(struct climb *climb, __u32 count, __u64 now_ns)
{
	climb->base = count;
	climb->began_ns = now_ns;
	climb->last_ns = now_ns;
	climb->pause_ns = 0;
	climb->steps = 0;
}

/* Before its first new peak, a climb begins at the least that was counted. */
static bool has_fallen(const struct climb *climb, __u32 count)
{
	if (count <= climb->base)
		return true;
	return climb->steps && climb->peak > count &&
	       climb->peak - count > (climb->peak - climb->base) / 2;
}

/* Is it silent for longer than this many times its pauses and the least silence? */
static bool is_silent(const struct climb *climb, unsigned int times, __u64 now_ns)
{
	__u64 patience = climb->pause_ns * CLIMB_PAUSES;

	if (patience < CLIMB_MIN_SILENCE_NS)
		patience = CLIMB_MIN_SILENCE_NS;
	patience *= times;
	if (patience > CLIMB_MAX_SILENCE_NS)
		patience = CLIMB_MAX_SILENCE_NS;
	return now_ns - climb->last_ns > patience;
}

static bool has_climbed(const struct climb *climb)
{
	return climb->steps >= CLIMB_STEPS && climb->count >= climb->base + CLIMB_LEAST &&
	       climb->last_ns - climb->began_ns >= CLIMB_LEAST_NS;
}

void climb_note(struct climb *climb, __u32 count, __u64 now_ns)
{
	bool rests = has_climbed(climb) && !climb_goes_on(climb, now_ns);

	if (count > climb->peak && rests)
		begin_climb(climb, climb->count, now_ns);
	climb->count = count;
	if (!climb->began_ns || has_fallen(climb, count))
		begin_climb(climb, count, now_ns);
	if (count <= climb->peak)
		return;
	climb->peak = count;
	if (count == climb->base)
		return; /* the first count */
	if (now_ns - climb->last_ns > climb->pause_ns)
		climb->pause_ns = now_ns - climb->last_ns;
	climb->last_ns = now_ns;
	climb->steps++;
}

bool climb_may_come(const struct climb *climb, __u64 now_ns)
{
	return climb->steps && !is_silent(climb, CLIMB_HOPE, now_ns);
}

bool climb_goes_on(const struct climb *climb, __u64 now_ns)
{
	return has_climbed(climb) && !is_silent(climb, 1, now_ns);
}

__u32 climb_growth(const struct climb *climb)
{
	return climb->count > climb->base ? climb->count - climb->base : 0;
}

void climb_rate_note(struct climb_rate *rate, const struct climb *climb, __u64 now_ns)
{
	if (rate->from_ns < climb->began_ns) {
		rate->from_ns = rate->next_ns = climb->began_ns;
		rate->from = rate->next = climb->base;
	}
	if (now_ns - rate->next_ns < CLIMB_RATE_NS)
		return;
	rate->from_ns = rate->next_ns;
	rate->from = rate->next;
	rate->next_ns = now_ns;
	rate->next = climb->count;
}

bool climb_per_minute(const struct climb_rate *rate, const struct climb *climb, __u64 now_ns,
		      double *ret_per_minute)
{
	if (!rate->from_ns || now_ns <= rate->from_ns)
		return false;
	*ret_per_minute = ((double)climb->count - rate->from) * NS_PER_MINUTE /
			  (double)(now_ns - rate->from_ns);
	return true;
}
