/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions of scripts are named while their process has them: see attribution_private.h. */
#include "watch/attribution/attribution_private.h"

#include <stdlib.h>

/*
 * In one sweep: stacks that are named, some 0.3 ms each, and snapshots that are read to find out
 * whether they have scripts. Stacks beyond are named when their sockets are leaks.
 */
#define STACKS_A_SWEEP 32
#define READS_A_SWEEP 256
/* Most sockets never become leaks, and nobody says so: the oldest give way. */
#define MAX_EARLY 4096

static struct early *find_early(struct attribution *attribution, const struct pending *socket)
{
	struct early_key key = { socket->inode, socket->since_ns };
	struct early *early;

	HASH_FIND(hh, attribution->early, &key, sizeof(key), early);
	return early;
}

static void drop_early(struct attribution *attribution, struct early *early)
{
	HASH_DEL(attribution->early, early);
	stack_unref(early->stack);
	free(early);
}

void early_clear(struct attribution *attribution)
{
	while (attribution->early)
		drop_early(attribution, attribution->early);
}

struct stack *early_take(struct attribution *attribution, const struct pending *socket)
{
	struct early *early = find_early(attribution, socket);
	struct stack *stack = early ? stack_ref(early->stack) : NULL;

	if (early)
		drop_early(attribution, early);
	return stack;
}

static bool names_a_function(const struct stack *stack)
{
	for (unsigned int i = 0; i < stack->count; i++)
		if (stack->frames[i].script && stack->frames[i].function)
			return true;
	return false;
}

void early_put_back(struct attribution *attribution, const struct pending *socket,
		    struct stack *stack)
{
	struct early *early = calloc(1, sizeof(*early));

	if (!early)
		return;
	if (HASH_COUNT(attribution->early) >= MAX_EARLY)
		drop_early(attribution, attribution->early);
	early->key = (struct early_key){ socket->inode, socket->since_ns };
	HASH_ADD(hh, attribution->early, key, sizeof(early->key), early);
	if (early->hh.tbl)
		early->stack = stack_ref(stack);
	else
		free(early);
}

void early_count_cut(struct attribution *attribution, const struct snapshot *snapshot)
{
	if (!snapshot || !snapshot->script_kind)
		return;
	attribution->scripts_faulted += snapshot->script_cut == SCRIPT_CUT_FAULT;
	attribution->scripts_cut += snapshot->script_cut == SCRIPT_CUT_ROOM;
}

void early_begin_sweep(struct attribution *attribution)
{
	turns_begin(&attribution->early_stacks, STACKS_A_SWEEP);
	turns_begin(&attribution->early_reads, READS_A_SWEEP);
}

void early_name(struct attribution *attribution, const struct stack_evidence *evidence,
		const struct event *event)
{
	const struct pending *socket = &event->socket;
	const struct snapshot *snapshot;
	struct subject code = code_of(attribution, event);
	struct stack *stack;

	if (!(socket->flags & PENDING_SNAPSHOT) || !evidence->look_at || !code.tgid ||
	    !turns_has(&attribution->early_stacks, code.uid) ||
	    !turns_take(&attribution->early_reads, code.uid) || find_early(attribution, socket))
		return;
	snapshot = evidence->look_at(evidence->ctx, socket);
	if (!snapshot || !snapshot->script_kind ||
	    (snapshot->script_record && !snapshot->script_len))
		return;
	if (!turns_take(&attribution->early_stacks, code.uid))
		return;
	if (resolver__unwind(attribution->resolver, &code, snapshot, &stack))
		return;
	if (stack->source == STACK_SNAPSHOT && names_a_function(stack))
		early_put_back(attribution, socket, stack);
	stack_unref(stack);
}
