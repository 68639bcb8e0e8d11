/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/growth/rate.h"

#include <string.h>

#include "leaks/growth/growth.h"

#define NS_PER_MINUTE 60e9

static void group_insert(struct rate *rate, unsigned int at, const struct rate_group *group)
{
	memmove(&rate->groups[at + 1], &rate->groups[at],
		(rate->count - at) * sizeof(rate->groups[0]));
	rate->groups[at] = *group;
	rate->count++;
}

static void group_remove(struct rate *rate, unsigned int at)
{
	rate->count--;
	memmove(&rate->groups[at], &rate->groups[at + 1],
		(rate->count - at) * sizeof(rate->groups[0]));
}

/* How many groups begin before that birth, or with it. */
static unsigned int groups_until(const struct rate *rate, __u64 born_ns)
{
	unsigned int n = rate->count;

	while (n && rate->groups[n - 1].first_ns > born_ns)
		n--;
	return n;
}

/*
 * The first group that counts when births before `from_ns` do not: with enough births from
 * it on, and none before it that is so much older that it is of another growth.
 */
static unsigned int first_group(const struct rate *rate, __u64 from_ns)
{
	unsigned int births = 0, i = rate->count;

	while (i && (rate->groups[i - 1].last_ns >= from_ns || births < RATE_KEPT)) {
		if (i < rate->count &&
		    rate->groups[i].first_ns - rate->groups[i - 1].last_ns > MAX_SILENCE_NS)
			break;
		births += rate->groups[--i].births;
	}
	return i;
}

static __u64 window_of(__u64 end_ns)
{
	return end_ns > RATE_WINDOW_NS ? end_ns - RATE_WINDOW_NS : 0;
}

static void forget_old(struct rate *rate)
{
	unsigned int first = first_group(rate, window_of(rate->groups[rate->count - 1].last_ns));

	rate->count -= first;
	memmove(rate->groups, rate->groups + first, rate->count * sizeof(rate->groups[0]));
}

void rate_birth(struct rate *rate, __u64 born_ns, __u64 counted_ns)
{
	const struct rate_group alone = { .first_ns = born_ns, .last_ns = born_ns, .births = 1 };
	unsigned int at = groups_until(rate, born_ns);
	struct rate_group *before = at ? &rate->groups[at - 1] : NULL;
	struct rate_group *after = at < rate->count ? &rate->groups[at] : NULL;

	if (counted_ns > rate->counted_ns)
		rate->counted_ns = counted_ns;
	if (before && (born_ns <= before->last_ns || born_ns - before->first_ns < RATE_GROUP_NS)) {
		before->births++;
		if (born_ns > before->last_ns)
			before->last_ns = born_ns;
	} else if (after && after->last_ns - born_ns < RATE_GROUP_NS) {
		after->births++;
		after->first_ns = born_ns;
	} else if (rate->count < RATE_GROUPS) {
		group_insert(rate, at, &alone);
	} else if (at) {
		group_remove(rate, 0);
		group_insert(rate, at - 1, &alone);
	}
	forget_old(rate);
}

void rate_take_back(struct rate *rate, __u64 born_ns)
{
	unsigned int at = groups_until(rate, born_ns);

	if (!at || born_ns > rate->groups[at - 1].last_ns)
		return; /* it is older than the window */
	if (!--rate->groups[at - 1].births)
		group_remove(rate, at - 1);
}

void rate_end(struct rate *rate)
{
	if (rate->count)
		rate->groups[rate->count - 1].ends++;
}

void rate_update(struct rate *rate, __u64 now_ns)
{
	unsigned int births = 0, ends = 0, first;
	__u64 silent_ns, first_ns, last_ns;
	double span_ns, enough_ns;

	rate->known = false;
	rate->per_minute = 0;
	rate->more = 0;
	rate->silent_ns = 0;
	if (!rate->count)
		return;
	silent_ns = now_ns > rate->counted_ns ? now_ns - rate->counted_ns : 0;
	last_ns = rate->groups[rate->count - 1].last_ns;
	first = first_group(rate, window_of(last_ns + silent_ns));
	first_ns = rate->groups[first].first_ns;
	for (unsigned int i = first; i < rate->count; i++) {
		births += rate->groups[i].births;
		ends += rate->groups[i].ends;
	}
	if (births < 2 || last_ns - first_ns < RATE_MOMENT_NS)
		return;
	rate->known = true;
	rate->more = (int)births - (int)ends;
	span_ns = (double)(last_ns - first_ns);
	enough_ns = span_ns / (births - 1) * PAUSES_OF_SILENCE;
	if ((double)silent_ns > enough_ns && silent_ns > RATE_SILENCE_NS)
		rate->silent_ns = silent_ns;
	if (rate->silent_ns > RATE_WINDOW_NS)
		return;
	rate->per_minute = (births - 1) / span_ns;
	if (rate->silent_ns)
		rate->per_minute = births / (span_ns + (double)silent_ns);
	rate->per_minute *= NS_PER_MINUTE * ((double)births - ends) / births;
}
