/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/growth/growth.h"

static __u64 time_between(__u64 from_ns, __u64 to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

/* Later steps are compared with the newest of them. */
static void settle_fresh(struct growth *growth)
{
	for (unsigned int i = 0; i < growth->fresh; i++)
		if (growth->fresh_ns[i] > growth->last_step_ns)
			growth->last_step_ns = growth->fresh_ns[i];
	growth->fresh = 0;
}

static bool is_of_a_known_moment(const struct growth *growth, const struct growth_birth *birth)
{
	if (growth->last_step_ns && birth->born_ns < growth->last_step_ns + birth->moment_ns)
		return true;
	for (unsigned int i = 0; i < growth->fresh; i++)
		if (time_between(birth->born_ns, growth->fresh_ns[i]) < birth->moment_ns &&
		    time_between(growth->fresh_ns[i], birth->born_ns) < birth->moment_ns)
			return true;
	return false;
}

void growth_step(struct growth *growth, unsigned int open, const struct growth_birth *birth)
{
	if (open <= growth->peak)
		return;
	growth->peak = open;
	growth->is_changed = true;
	if (birth->counted_ns > growth->counted_ns) {
		growth->counted_ns = birth->counted_ns;
		growth->has_grown = true;
	}
	if (is_of_a_known_moment(growth, birth))
		return;
	growth->steps++;
	if (growth->fresh == MAX_FRESH)
		settle_fresh(growth);
	growth->fresh_ns[growth->fresh++] = birth->born_ns;
}

void growth_renew(struct growth *growth, unsigned int open)
{
	if (open <= growth->peak)
		return;
	growth->peak = open;
	growth->is_changed = true;
}

void growth_take_back(struct growth *growth)
{
	if (growth->peak)
		growth->peak--;
	if (growth->steps > growth->peak) /* each step was a new peak */
		growth->steps = growth->peak;
	growth->is_changed = true;
}

/* A pause is over: it has grown again. */
static void learn(struct growth *growth, __u64 pause_ns, __u64 now_ns)
{
	bool is_forgotten;

	if (growth->steps < 2 || pause_ns > MAX_SILENCE_NS)
		return; /* the first step ends no pause, and so long a pause is an end */
	if (pause_ns >= growth->pause_ns) {
		growth->pause_ns = pause_ns;
		growth->pause_ended_ns = growth->steps > FIRST_STEPS ? now_ns : 0;
		growth->later_ns = 0;
		return;
	}
	if (pause_ns > growth->later_ns)
		growth->later_ns = pause_ns;
	is_forgotten = growth->pause_ended_ns ? time_between(growth->pause_ended_ns, now_ns) >
							growth->pause_ns * PAUSES_REMEMBERED :
						growth->steps >= SETTLED_STEPS;
	if (!is_forgotten)
		return;
	growth->pause_ns = growth->later_ns;
	growth->pause_ended_ns = now_ns;
	growth->later_ns = 0;
}

bool growth_tick(struct growth *growth, __u64 now_ns, __u64 watched_ns)
{
	bool is_changed = growth->is_changed;

	growth->silent_ns += watched_ns;
	if (growth->has_grown) {
		learn(growth, growth->silent_ns, now_ns);
		growth->silent_ns = time_between(growth->counted_ns, now_ns);
	}
	growth->is_changed = growth->has_grown = false;
	settle_fresh(growth);
	return is_changed;
}

void growth_resume(struct growth *growth, __u64 now_ns)
{
	if (!growth->steps)
		return;
	growth->silent_ns = time_between(growth->counted_ns, now_ns);
	if (growth->silent_ns <= growth_patience_ns(growth))
		growth->silent_ns = 0;
}

__u64 growth_patience_ns(const struct growth *growth)
{
	__u64 patience_ns = growth->pause_ns * PAUSES_OF_SILENCE;

	if (patience_ns < MIN_SILENCE_NS)
		return MIN_SILENCE_NS;
	return patience_ns < MAX_SILENCE_NS ? patience_ns : MAX_SILENCE_NS;
}

bool growth_began(const struct growth *growth, unsigned int min_steps)
{
	return growth->steps >= min_steps;
}

bool growth_goes_on(const struct growth *growth, unsigned int min_steps)
{
	return growth->steps > 1 && growth_began(growth, min_steps) &&
	       growth->silent_ns <= growth_patience_ns(growth);
}
