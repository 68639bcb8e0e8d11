/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/call_sites.h"

#include <stdlib.h>
#include <uthash.h>

#define MAX_CALL_SITES 4096

struct call_site_known {
	__u64 key;
	__u64 site;		  /* 0 = it is one of several */
	bool by_script;		  /* of a function of a script */
	struct stack *shorter;	  /* the last one that was given the site, to be given again */
	struct stack *shorter_of; /* of which: held, or another could come to lie at its address */
	UT_hash_handle hh;
};

struct call_sites {
	struct call_site_known *known; /* a uthash table, the oldest first */
};

static void forget_call_site(struct call_sites *call_sites, struct call_site_known *known)
{
	HASH_DEL(call_sites->known, known);
	stack_unref(known->shorter);
	stack_unref(known->shorter_of);
	free(known);
}

struct call_sites *call_sites__new(void)
{
	return calloc(1, sizeof(struct call_sites));
}

void call_sites__free(struct call_sites *call_sites)
{
	struct call_site_known *known, *next;

	if (!call_sites)
		return;
	HASH_ITER(hh, call_sites->known, known, next)
		forget_call_site(call_sites, known);
	free(call_sites);
}

static struct call_site_known *find_call_site(struct call_sites *call_sites, __u64 key)
{
	struct call_site_known *known;

	HASH_FIND(hh, call_sites->known, &key, sizeof(key), known);
	return known;
}

static bool names_scripts(const struct stack *stack)
{
	for (unsigned int i = 0; i < stack->count; i++)
		if (stack->frames[i].script)
			return true;
	return false;
}

/*
 * The native stack does not tell functions of scripts apart. The first one is better than what was
 * known before the interpreter was looked at; with a second one, a shorter stack may be of any.
 */
static void learn_script(struct call_site_known *known, const struct stack *stack)
{
	known->site = known->by_script ? 0 : stack->site;
	known->by_script = true;
}

void call_sites__learn(struct call_sites *call_sites, __u64 key, const struct stack *stack)
{
	struct call_site_known *known;

	if (!key || !stack->site)
		return;
	known = find_call_site(call_sites, key);
	if (known) {
		if (known->site != stack->site && names_scripts(stack))
			learn_script(known, stack);
		return;
	}
	if (HASH_COUNT(call_sites->known) >= MAX_CALL_SITES)
		forget_call_site(call_sites, call_sites->known);
	known = calloc(1, sizeof(*known));
	if (!known)
		return; /* the shorter stacks keep their own site then */
	known->key = key;
	known->site = stack->site;
	known->by_script = names_scripts(stack);
	HASH_ADD(hh, call_sites->known, key, sizeof(known->key), known);
	if (!known->hh.tbl)
		free(known);
}

struct stack *call_sites__adopt(struct call_sites *call_sites, __u64 key, struct stack *stack)
{
	struct call_site_known *known = key ? find_call_site(call_sites, key) : NULL;
	struct stack *copy;

	if (!stack || !known || !known->site || stack->site == known->site)
		return stack;
	if (!known->shorter || known->shorter_of != stack || known->shorter->site != known->site) {
		copy = stack_copy(stack);
		if (!copy)
			return stack;
		copy->site = known->site;
		stack_unref(known->shorter);
		stack_unref(known->shorter_of);
		known->shorter = copy;
		known->shorter_of = stack_ref(stack);
	}
	stack_unref(stack);
	return stack_ref(known->shorter);
}
