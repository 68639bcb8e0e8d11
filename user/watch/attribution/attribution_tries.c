/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a call on a leaked socket failed: see bpf/tries.bpf.h. */
#include "watch/attribution/attribution_private.h"

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

/* In the map of snapshots it stands as if it were another socket's. */
static struct pending as_socket(const struct event *event)
{
	return (struct pending){ .inode = TRY_INODE(event->socket.inode),
				 .since_ns = event->try_ns,
				 .slot = event->try_slot,
				 .flags = PENDING_SNAPSHOT };
}

bool search_try(struct attribution *attribution, const struct stack_evidence *evidence,
		struct attributed *attributed)
{
	const struct event *event = attributed->event;
	const struct pending socket = as_socket(event);
	struct raw_stack raw = { 0 };
	struct subject code;

	if (!event->try_ns)
		return false;
	evidence->read_raw(evidence->ctx, &socket, &raw);
	if (!raw.snapshot)
		return false;
	code = code_of_try(attribution, event, raw.snapshot);
	if (code.tgid &&
	    !resolver__unwind(attribution->resolver, &code, raw.snapshot, &attributed->tried.stack))
		attributed->tried.call = raw.snapshot->call;
	return true;
}

void drop_try(const struct stack_evidence *evidence, const struct event *event)
{
	const struct pending socket = as_socket(event);

	if (evidence->drop)
		evidence->drop(evidence->ctx, &socket);
}

int attribution__find_try(struct attribution *attribution, struct stack_evidence evidence,
			  struct attributed *attributed)
{
	bool is_read;

	begin_search(attribution);
	is_read = search_try(attribution, &evidence, attributed);
	if (lacks_answers(attribution))
		return put_off(attributed);
	if (is_read)
		drop_try(&evidence, attributed->event);
	return 0;
}
