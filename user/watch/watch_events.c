/* SPDX-License-Identifier: BSD-2-Clause */
/* The path of an event: attributed, accounted; the accounts call on_change() of watch.c. */
#include "watch/watch_private.h"

#include <errno.h>
#include <stdint.h>

#include "host/process.h"
#include "lib/signals.h"
#include "lib/time.h"
#include "watch/debug_log.h"

/* For events that have waited, at once; while the agent ends, nobody reads what comes of them. */
#define TAKING_NS (NSEC_PER_SEC / 2)
#define STOPPING_NS (NSEC_PER_SEC / 4)

/* The socket has no account yet. */
static int open_leak(struct watch *watch, const struct event *event)
{
	_cleanup_attributed_ struct attributed attributed = { .event = event };
	struct stack_evidence evidence = tracer__stack_evidence(watch->tracer);
	int err;

	err = attribution__find(watch->attribution, &evidence, &attributed);
	if (err)
		return err;
	if (watch->options->debug)
		debug_log_stack(&attributed);
	if (!attributed.was_reported)
		history__add(tracer__history(watch->tracer), &event->socket, attributed.stack,
			     !event->maybe_in_use);
	if (!suppressions__take(watch->suppressions, event, attributed.owner, attributed.stack))
		err = leaks__apply_tried(watch->leaks, event, attributed.owner, attributed.stack,
					 &attributed.tried);
	return err;
}

/*
 * A leak that a run has left stays open in the accounts, so there is a limit. False: there are as
 * many as the kernel side tracks at once.
 */
static bool may_keep_left(struct watch *watch)
{
	if (watch->options->command != COMMAND_RUN || watch->n_left < watch->options->max_sockets)
		return true;
	watch->summary.left_not_kept++;
	return false;
}

/* The socket has an account; its class or its holder has changed. */
static int change_leak(struct watch *watch, const struct event *event, __u32 holder)
{
	_cleanup_attributed_ struct attributed attributed = { .event = event };
	struct stack_evidence evidence = tracer__stack_evidence(watch->tracer);

	attribution__find_try(watch->attribution, evidence, &attributed);
	if (holder != event->tgid)
		attribution__own(watch->attribution, &attributed); /* otherwise the owner stays */
	return leaks__apply_tried(watch->leaks, event, attributed.owner, /* stack= */ NULL,
				  &attributed.tried);
}

/* The hooks of close mark what was closed; else it is closed too, or its process is gone. */
static bool has_exited(const struct event *event, __u32 holder)
{
	return event->reason == END_CLOSED && !(event->socket.flags & PENDING_CLOSED) && holder &&
	       !process_alive((pid_t)holder);
}

static int end_leak(struct watch *watch, const struct event *event, __u32 holder)
{
	struct event ended = *event;

	if (has_exited(event, holder)) {
		if (watch->late) /* it was open to the end, whoever has closed it then */
			return 0;
		ended.reason = END_EXITED;
	}
	if (holder && watch->n_left)
		watch->n_left--;
	return leaks__apply(watch->leaks, &ended, /* owner= */ NULL, /* stack= */ NULL);
}

static int account(struct watch *watch, const struct event *event)
{
	__u32 holder = leaks__holder(watch->leaks, event);

	if (event->kind == EVENT_ENDED)
		return end_leak(watch, event, holder);
	if (holder)
		return change_leak(watch, event, holder);
	if (!may_keep_left(watch))
		return 0;
	watch->n_left++;
	return open_leak(watch, event);
}

/* -EINPROGRESS: later, when the resolver is not busy any more; nothing was done. */
static int take_event(struct watch *watch, const struct event *event)
{
	int err;

	if (event->kind == EVENT_USED)
		return climb_watch__used(watch->climbs, watch->tracer, event);
	if (event->kind == EVENT_SUSPECT) {
		attribution__look(watch->attribution, tracer__stack_evidence(watch->tracer), event);
		return 0;
	}
	if (event->kind == EVENT_ENDED)
		history__forget(tracer__history(watch->tracer), event->socket.inode);
	if (suppressions__holds(watch->suppressions, &event->socket)) {
		if (event->kind == EVENT_ENDED)
			suppressions__forget(watch->suppressions, &event->socket);
		return 0;
	}
	err = account(watch, event);
	if (err && err != -EINPROGRESS)
		watch->summary.leaks_not_accounted++;
	return err == -EINPROGRESS ? err : 0;
}

/* Events that wait for the resolver, or came after another one of their socket that does. */
static bool has_to_wait(struct watch *watch, const struct event *event)
{
	return (event->kind != EVENT_ENDED && attribution__is_busy(watch->attribution)) ||
	       postponed__has(watch->postponed, event->socket.inode);
}

static void take_until(struct watch *watch, __u64 until_ns)
{
	const struct event *event;
	unsigned int times;

	while (postponed__count(watch->postponed) && clock_now(CLOCK_MONOTONIC) < until_ns &&
	       !attribution__is_busy(watch->attribution)) {
		event = postponed__first(watch->postponed, &times);
		attribution__be_patient(watch->attribution, times);
		if (!take_event(watch, event))
			postponed__drop_first(watch->postponed);
	}
	attribution__be_patient(watch->attribution, 0);
}

void watch__event(const struct event *met, void *ctx)
{
	struct watch *watch = ctx;
	struct event event = *met;

	if (doubt_has(&watch->doubt, &event))
		event.class = CLASS_NONE;
	if (!has_to_wait(watch, &event) && !take_event(watch, &event))
		return;
	if (event.kind == EVENT_SUSPECT && !postponed__room(watch->postponed))
		return; /* it only has names looked up early */
	if (postponed__add(watch->postponed, &event))
		watch->summary.leaks_not_accounted++;
}

void take_postponed(struct watch *watch)
{
	take_until(watch,
		   clock_now(CLOCK_MONOTONIC) + (signals_stop_asked() ? STOPPING_NS : TAKING_NS));
}
