/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/partial_stacks.h"

#include <stdlib.h>
#include <utlist.h>

#include "leaks/leaks_private.h"
#include "stacks/site_id.h"

/* The strays of one call. */
struct partial_call {
	__u64 key;	    /* pending.call_site */
	struct leak *leaks; /* by next_partial, the oldest first; never empty */
	UT_hash_handle hh;
};

static struct partial_call *find_partial(struct partial_call *calls, const struct pending *socket)
{
	__u64 key = socket->call_site;
	struct partial_call *call;

	HASH_FIND(hh, calls, &key, sizeof(key), call);
	return call;
}

static struct partial_call *add_call(struct partial_call **calls, const struct pending *socket)
{
	struct partial_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->key = socket->call_site;
	HASH_ADD(hh, *calls, key, sizeof(call->key), call);
	if (call->hh.tbl)
		return call;
	free(call);
	return NULL;
}

static struct leak *first_of(struct partial_call *calls, const struct pending *socket)
{
	struct partial_call *call = find_partial(calls, socket);

	return call ? call->leaks : NULL;
}

void partial_stacks_add(struct leaks *leaks, struct leak *leak)
{
	const struct pending *socket = &leak->event.socket;
	struct partial_call *call;

	if (!socket->call_site || !leak->stack || leaks->by_process)
		return;
	if (leak->stack->site && leak->stack->site != site_id(leak->stack))
		return; /* it was given that of the first whole one: call_sites.h */
	call = find_partial(leaks->partial_calls, socket) ?:
							    add_call(&leaks->partial_calls, socket);
	if (!call)
		return;
	DL_APPEND2(call->leaks, leak, prev_partial, next_partial);
	leak->partial_of = call;
}

void partial_stacks_remove(struct leaks *leaks, struct leak *leak)
{
	struct partial_call *call = leak->partial_of;

	if (!call)
		return;
	DL_DELETE2(call->leaks, leak, prev_partial, next_partial);
	leak->partial_of = NULL;
	if (call->leaks)
		return;
	HASH_DEL(leaks->partial_calls, call);
	free(call);
}

/* They keep their short stacks: one call is reached on many ways. */
void partial_stacks_gather(struct leaks *leaks, const struct event *event,
			   const struct stack *whole)
{
	struct stack *last = NULL, *moved = NULL; /* most have the same one */
	struct leak *leak;

	if (!whole->site) /* code without a file, which is no place to be moved to */
		return;
	while ((leak = first_of(leaks->partial_calls, &event->socket))) {
		partial_stacks_remove(leaks, leak);
		if (!moved || leak->stack != last) {
			stack_unref(last);
			stack_unref(moved);
			last = stack_ref(leak->stack);
			moved = stack_copy(leak->stack);
			if (moved)
				moved->site = whole->site;
		}
		if (moved)
			leak_rehome(leaks, leak, moved, /* with_growth= */ false);
	}
	stack_unref(last);
	stack_unref(moved);
}
