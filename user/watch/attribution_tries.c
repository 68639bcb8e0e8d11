/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a call on a leaked socket failed: see bpf/tries.bpf.h. */
#include "watch/attribution_private.h"

/*
 * The process in whose code the stack of a failed call is looked up: the one that called, or the
 * holder if it can be a child of that one and runs the same code. 0: the code is no longer there.
 */
static struct subject code_of_try(struct attribution *attribution, const struct event *event,
				  const struct snapshot *snapshot)
{
	const struct pending *socket = &event->socket;

	if (snapshot->tgid == event->tgid)
		return (struct subject){ event->try_execed ? 0 : (pid_t)event->tgid, socket->uid };
	if (was_there(snapshot->tgid, event->try_ns))
		return subject_of((pid_t)snapshot->tgid);
	if (has_looked(attribution, snapshot->tgid, event->try_ns))
		return (struct subject){ (pid_t)snapshot->tgid, socket->uid };
	return (struct subject){ event->try_execed ? 0 : (pid_t)event->tgid, socket->uid };
}

void attribution__find_try(struct attribution *attribution, struct stack_evidence evidence,
			   struct attributed *attributed)
{
	const struct event *event = attributed->event;
	/* In the map of snapshots it stands as if it were another socket's. */
	const struct pending as_socket = { .inode = TRY_INODE(event->socket.inode),
					   .since_ns = event->try_ns,
					   .slot = event->try_slot,
					   .flags = PENDING_SNAPSHOT };
	struct raw_stack raw = { 0 };
	struct subject code;

	if (!event->try_ns)
		return;
	evidence.read_raw(evidence.ctx, &as_socket, &raw);
	if (!raw.snapshot)
		return;
	code = code_of_try(attribution, event, raw.snapshot);
	if (code.tgid &&
	    !resolver__unwind(attribution->resolver, &code, raw.snapshot, &attributed->tried.stack))
		attributed->tried.call = raw.snapshot->call;
}
