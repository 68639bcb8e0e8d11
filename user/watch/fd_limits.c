/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/fd_limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/host_files.h"
#include "host/process.h"
#include "kernel/descriptor_counter.h"
#include "lib/time.h"

/* If descriptors have to be counted one by one, that is done for a process at most this often. */
#define LOOK_PAUSE_NS (10 * NSEC_PER_SEC)
/* A failure counts as current for two intervals, and for at least this long. */
#define MIN_RECENT_NS (2 * NSEC_PER_SEC)

struct fd_limits {
	struct attribution *attribution;
	struct refusals *refusals;
	struct limit_series series;
	fd_limits_begin_fn on_begin;
	void *ctx;
	__u64 failed;	  /* failed calls when the kernel's side was read last */
	bool host_failed; /* some calls of this sweep failed with ENFILE */
};

struct fd_limits *fd_limits__new(struct attribution *attribution, __u64 interval_ns)
{
	struct fd_limits *limits = calloc(1, sizeof(*limits));

	if (!limits)
		return NULL;
	limits->attribution = attribution;
	limits->refusals =
		refusals__new(2 * interval_ns > MIN_RECENT_NS ? 2 * interval_ns : MIN_RECENT_NS);
	if (!limits->refusals) {
		free(limits);
		return NULL;
	}
	return limits;
}

void fd_limits__free(struct fd_limits *limits)
{
	if (!limits)
		return;
	refusals__free(limits->refusals);
	limit_series_clear(&limits->series);
	free(limits);
}

void fd_limits__on_begin(struct fd_limits *limits, fd_limits_begin_fn on_begin, void *ctx)
{
	limits->on_begin = on_begin;
	limits->ctx = ctx;
}

/* The call, as if it had created a socket: owner and stack are then found as those of a leak. */
static struct event event_of(const struct limited *limited)
{
	const struct refusal *refusal = &limited->refusal;
	struct event event = { .kind = EVENT_SUSPECT, .tgid = limited->key.tgid };
	struct pending *socket = &event.socket;

	event.uid = socket->uid = refusal->uid;
	socket->inode = REFUSAL_INODE(&limited->key);
	socket->since_ns = refusal->first_ns;
	socket->cgroup_id = refusal->cgroup_id;
	socket->origin = refusal->origin;
	socket->caller = refusal->caller;
	socket->tgid = limited->key.tgid;
	socket->slot = refusal->slot;
	socket->flags = refusal->has_stack ? PENDING_STACK : PENDING_SNAPSHOT;
	memcpy(event.comm, refusal->comm, sizeof(event.comm));
	return event;
}

static void describe(struct fd_limits *limits, struct tracer *tracer, struct limited *limited)
{
	struct stack_evidence evidence = tracer__stack_evidence(tracer);
	struct event event = event_of(limited);
	struct attributed attributed = { .event = &event };
	int err = attribution__find(limits->attribution, &evidence, &attributed);

	limited->unfinished = err == -EINPROGRESS;
	if (limited->unfinished) /* the owner at least */
		attribution__own(limits->attribution, &attributed);
	limited_describe(limited, attributed.owner, attributed.stack); /* takes both over */
}

/* Those whose stack the resolver has not found by the end of a former sweep. */
static void finish_descriptions(struct fd_limits *limits, struct tracer *tracer)
{
	for (struct limited *limited = refusals__all(limits->refusals); limited;
	     limited = limited->hh.next)
		if (limited->unfinished && !attribution__is_busy(limits->attribution))
			describe(limits, tracer, limited);
}

/* Returns how many could not be accounted. */
static unsigned int take_refusals(struct fd_limits *limits, struct tracer *tracer,
				  unsigned int most)
{
	struct refusal_key keys[SOCKLEAK_MAX_REFUSALS];
	struct refusal refusals[SOCKLEAK_MAX_REFUSALS];
	unsigned int count = tracer__refusals(tracer, keys, refusals), lost = 0;
	__u64 more;
	bool is_new;

	for (unsigned int i = 0; i < count; i++) {
		struct limited *limited =
			refusals__apply(limits->refusals, &keys[i], &refusals[i], &more, &is_new);

		if (limited && is_new)
			describe(limits, tracer, limited);
		if (limited && keys[i].error == ENFILE && more)
			limits->host_failed = true;
		lost += !limited || (keys[i].error == EMFILE && more &&
				     limit_series_add(&limits->series, limited, more, most));
	}
	return lost;
}

/* Does the process that failed still run? A younger one may have its number by now. */
static bool is_there(const struct limited *limited)
{
	__u64 start_ns;

	return process_alive((pid_t)limited->key.tgid) &&
	       !process_start_time((pid_t)limited->key.tgid, &start_ns) &&
	       start_ns <= limited->refusal.first_ns;
}

/* Is the spell over? Then the kernel's side forgets it, and has room for another one. */
static void check_end(struct tracer *tracer, struct limited *limited, bool quiet)
{
	limited->ended = !is_there(limited);
	if (limited->over || !(limited->ended || quiet))
		return;
	tracer__forget_refusal(tracer, &limited->key);
	limited->over = true;
}

/* Which kinds are they of? Counted rarely: it looks at each file. */
static void look_at_process_kinds(struct tracer *tracer, struct limited *limited, __u64 now_ns)
{
	__u32 by_kind[1][DESCRIPTOR_KINDS];

	if (limited->kinds_ns && now_ns < limited->kinds_ns + LOOK_PAUSE_NS)
		return;
	if (descriptor_counter__kinds(tracer__descriptors(tracer), &limited->key.tgid, 1, by_kind))
		return;
	limited->kinds_ns = now_ns;
	memcpy(limited->by_kind, by_kind[0], sizeof(limited->by_kind));
}

static void look_at_limited(struct tracer *tracer, struct limited *limited, __u64 now_ns)
{
	struct forecast *fds = &limited->fds;
	bool quiet = limited->refusal.last_ns + SPELL_QUIET_NS < now_ns, counted = false;
	bool is_due = limited_is_due(limited, now_ns);

	if (limited->ended || (limited->over && !is_due))
		return;
	check_end(tracer, limited, quiet);
	if (limited->ended || !is_due)
		return;
	fds->looked_ns = now_ns;
	if (process_fds((pid_t)limited->key.tgid, &fds->fds_open, &fds->fds_limit, &counted))
		fds->looked_ns = 0;
	fds->next_ns = now_ns + (counted || quiet ? LOOK_PAUSE_NS : 0);
	if (fds->looked_ns && fds->fds_open >= fds->fds_limit)
		look_at_process_kinds(tracer, limited, now_ns);
}

static void look_at_all(struct fd_limits *limits, struct tracer *tracer,
			const struct summary *summary)
{
	__u64 open = 0, max = 0;

	for (struct limited *limited = refusals__all(limits->refusals); limited;
	     limited = limited->hh.next)
		look_at_limited(tracer, limited, summary->now_ns);
	if ((limits->host_failed || refusals__host(limits->refusals, summary->now_ns).is_recent) &&
	    !host_files(&open, &max))
		refusals__note_host(limits->refusals, summary->now_ns, open, max);
}

unsigned int fd_limits__sweep(struct fd_limits *limits, struct tracer *tracer, unsigned int most,
			      struct summary *summary)
{
	__u64 failed =
		summary->counters[COUNTER_SOCKET_EMFILE] + summary->counters[COUNTER_SOCKET_ENFILE];
	const struct limited *fresh;
	unsigned int lost = 0;

	limits->host_failed = false;
	finish_descriptions(limits, tracer);
	if (failed != limits->failed)
		lost = take_refusals(limits, tracer, most);
	limits->failed = failed;
	look_at_all(limits, tracer, summary);
	refusals__expire(limits->refusals, summary->now_ns);
	limit_series_expire(&limits->series, summary->now_ns);
	summary->refusals = limits->refusals;
	summary->limit_series = &limits->series;
	while ((fresh = refusals__announce(limits->refusals)))
		if (limits->on_begin)
			limits->on_begin(fresh, limits->ctx);
	return lost;
}
