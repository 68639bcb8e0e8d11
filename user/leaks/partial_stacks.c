/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/partial_stacks.h"

#include <stdlib.h>
#include <utlist.h>

#include "leaks/leaks_private.h"
#include "stacks/call_sites.h"
#include "stacks/culprit.h"
#include "stacks/site_id.h"

/* The partial stacks of one call. */
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

/*
 * Does it say all that a stack can say? One of an interpreter does if it names its scripts, or did
 * in a former run.
 */
static bool says_all(const struct stack *stack)
{
	return stack->source == STACK_SNAPSHOT &&
	       (stack_names_scripts(stack) || stack->site != site_id(stack) ||
		!culprit_lasting_place(stack).language);
}

void partial_stacks_add(struct leaks *leaks, struct leak *leak)
{
	const struct pending *socket = &leak->event.socket;
	struct partial_call *call;

	if (!socket->call_site || !leak->stack || leaks->by_process)
		return;
	if (says_all(leak->stack))
		return;
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

/* Where a leak of a script belongs by now; 0 = where it is. */
static __u64 site_of_script(const struct leaks *leaks, const struct leak *leak)
{
	__u64 site;

	if (leak->stack->source != STACK_SNAPSHOT)
		return call_sites__site(leaks->call_sites, &leak->event.socket);
	call_sites__script_site(leaks->call_sites, &leak->event.socket, &site);
	return site ?: site_id(leak->stack); /* all of its native frames are known */
}

/*
 * They keep their short stacks: one call is reached on many ways. And they stay listed, for they
 * move back when a second function is known to make the call.
 */
void partial_stacks_gather(struct leaks *leaks, const struct event *event,
			   const struct stack *whole)
{
	bool of_scripts = stack_names_scripts(whole) || culprit_lasting_place(whole).language;
	bool learnt = call_sites__learn(leaks->call_sites, &event->socket, whole);
	struct stack *last = NULL, *moved = NULL; /* most have the same one */
	struct partial_call *call = find_partial(leaks->partial_calls, &event->socket);
	struct leak *leak, *next;
	__u64 site;

	if (!learnt)
		return; /* they are where they belong */
	for (leak = call ? call->leaks : NULL; leak; leak = next) {
		next = leak->next_partial;
		site = of_scripts ? site_of_script(leaks, leak) :
				    call_sites__site(leaks->call_sites, &leak->event.socket);
		if (!site)
			site = site_id(leak->stack);
		if (!moved || leak->stack != last || moved->site != site) {
			stack_unref(last);
			stack_unref(moved);
			last = stack_ref(leak->stack);
			moved = stack_copy(leak->stack);
			if (moved)
				moved->site = site;
		}
		if (moved)
			leak_rehome(leaks, leak, moved, /* with_growth= */ false);
	}
	stack_unref(last);
	stack_unref(moved);
}
