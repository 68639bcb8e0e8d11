/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/climb_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/descriptor_counter.h"
#include "lib/time.h"

/* Counting may use a hundredth of a processor. */
#define COUNT_SHARE 100

struct climb_watch {
	struct attribution *attribution;
	struct climbs *climbs;
	unsigned int most;
	__u64 due_ns; /* when the next count is allowed */
	__u64 lost;   /* counts that failed, or had no memory for a process */
	bool met_process;
};

struct climb_watch *climb_watch__new(struct attribution *attribution, unsigned int most)
{
	struct climb_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->attribution = attribution;
	watch->most = most;
	watch->climbs = climbs__new(most);
	if (!watch->climbs) {
		free(watch);
		return NULL;
	}
	return watch;
}

void climb_watch__free(struct climb_watch *watch)
{
	if (!watch)
		return;
	climbs__free(watch->climbs);
	free(watch);
}

void climb_watch__limit(struct climb_watch *watch, unsigned int most)
{
	watch->most = most;
	climbs__limit(watch->climbs, most);
}

static int on_process(const struct process_descriptors *process, void *ctx)
{
	struct climb_watch *watch = ctx;

	watch->met_process = true;
	if (climbs__count(watch->climbs, process))
		watch->lost++;
	return 0;
}

/* A count that failed half-way is none: processes that it did not meet are still there. */
static void count_all(struct climb_watch *watch, struct descriptor_counter *counter, __u64 now_ns)
{
	__u64 began_ns = clock_now(CLOCK_BOOTTIME);

	climbs__begin(watch->climbs, now_ns);
	if (descriptor_counter__count(counter, on_process, watch))
		watch->lost++;
	else
		climbs__end(watch->climbs);
	watch->due_ns = now_ns + (clock_now(CLOCK_BOOTTIME) - began_ns) * COUNT_SHARE;
}

static void count_kinds(struct climb_watch *watch, struct descriptor_counter *counter, bool all,
			__u64 now_ns)
{
	__u32 by_kind[SOCKLEAK_KINDS_AT_ONCE][DESCRIPTOR_KINDS], tgids[SOCKLEAK_KINDS_AT_ONCE];
	struct climber *due[SOCKLEAK_KINDS_AT_ONCE];
	unsigned int count = climbs__due(watch->climbs, all, now_ns, SOCKLEAK_KINDS_AT_ONCE, due);
	__u64 began_ns = clock_now(CLOCK_BOOTTIME), took_ns;

	for (unsigned int i = 0; i < count; i++)
		tgids[i] = due[i]->process.tgid;
	if (!count)
		return;
	if (descriptor_counter__kinds(counter, tgids, count, by_kind)) {
		watch->lost++;
		return;
	}
	took_ns = clock_now(CLOCK_BOOTTIME) - began_ns;
	for (unsigned int i = 0; i < count; i++)
		climber_note_kinds(due[i], by_kind[i], now_ns, took_ns);
}

/* As if it held a leak: its owner is then found as that of a leak. */
static void find_climbers_owner(struct climb_watch *watch, struct climber *climber)
{
	const struct process_descriptors *process = &climber->process;
	struct event event = { .kind = EVENT_SUSPECT, .tgid = process->tgid, .uid = process->uid };
	struct attributed attributed = { .event = &event };

	event.socket.tgid = process->tgid;
	event.socket.uid = process->uid;
	event.socket.cgroup_id = process->cgroup_id;
	memcpy(event.comm, process->comm, sizeof(event.comm));
	if (!attribution__own(watch->attribution, &attributed))
		climber->owner = attributed.owner; /* taken over */
}

static void find_owners(struct climb_watch *watch)
{
	for (unsigned int i = 0; i < climbs__followed(watch->climbs); i++) {
		struct climber *climber = climbs__get(watch->climbs, i);

		if (climber->climbs && !climber->owner)
			find_climbers_owner(watch, climber);
	}
}

static void follow_sockets(struct climb_watch *watch, struct descriptor_counter *counter)
{
	__u32 tgids[SOCKLEAK_FOLLOWED];
	unsigned int all = climbs__followed(watch->climbs), count;

	for (count = 0; count < all && count < SOCKLEAK_FOLLOWED; count++)
		tgids[count] = climbs__get(watch->climbs, count)->process.tgid;
	descriptor_counter__follow(counter, tgids, count);
}

int climb_watch__used(struct climb_watch *watch, struct tracer *tracer, const struct event *event)
{
	struct stack_evidence evidence = tracer__stack_evidence(tracer);
	_cleanup_attributed_ struct attributed attributed = { .event = event };

	if (climbs__note_used(watch->climbs, &event->socket))
		return 0;
	if (attribution__find(watch->attribution, &evidence, &attributed) == -EINPROGRESS)
		return -EINPROGRESS;
	climbs__note_maker(watch->climbs, &event->socket, attributed.stack);
	return 0;
}

static void summarize(struct climb_watch *watch, struct summary *summary)
{
	summary->climbs = watch->climbs;
	summary->climbing_left_out = climbs__left_out(watch->climbs);
	summary->counts_failed = watch->lost;
	if (watch->met_process)
		summary->nothing_watched = false;
}

void climb_watch__sweep(struct climb_watch *watch, struct tracer *tracer, bool last,
			struct summary *summary)
{
	struct descriptor_counter *counter = tracer__descriptors(tracer);

	if (!watch->most)
		return;
	if (last || summary->now_ns >= watch->due_ns) {
		count_all(watch, counter, summary->now_ns);
		count_kinds(watch, counter, last, summary->now_ns);
		find_owners(watch);
	}
	follow_sockets(watch, counter);
	summarize(watch, summary);
}

void climb_watch__look(struct climb_watch *watch, struct tracer *tracer, const struct leaks *leaks,
		       struct summary *summary)
{
	if (!watch->most)
		return;
	count_kinds(watch, tracer__descriptors(tracer), /* all= */ true, summary->now_ns);
	for (unsigned int i = 0; i < climbs__followed(watch->climbs); i++) {
		struct climber *climber = climbs__get(watch->climbs, i);

		climber->leaked = leaks__open_in(leaks, climber->process.tgid);
	}
	summarize(watch, summary);
}
