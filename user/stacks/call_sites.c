/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/call_sites.h"

#include <stdlib.h>
#include <uthash.h>

#include "stacks/culprit.h"
#include "stacks/site_id.h"

#define MAX_CALL_SITES 4096

struct call_key {
	__u64 call; /* pending.call_site */
	__u32 tgid; /* 0 = of any process */
	__u32 exec_id;
};

struct call_site_known {
	struct call_key key;
	__u64 site;		  /* 0 = it is one of several */
	bool named;		  /* it is of a function that has a name */
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

static struct call_key call_key_of(const struct pending *socket, bool of_process)
{
	struct call_key key = { .call = socket->call_site };

	if (of_process) {
		key.tgid = socket->tgid;
		key.exec_id = socket->exec_id;
	}
	return key;
}

static struct call_site_known *find_call_site(const struct call_sites *call_sites,
					      const struct pending *socket, bool of_process)
{
	struct call_key key = call_key_of(socket, of_process);
	struct call_site_known *known;

	HASH_FIND(hh, call_sites->known, &key, sizeof(key), known);
	return known;
}

/* Its site as it would be if nothing were known of scripts; 0 = there is none, or no memory. */
static __u64 native_site(const struct stack *stack)
{
	struct stack *native = calloc(1, sizeof(*native) + stack->count * sizeof(*stack->frames));
	__u64 site;

	if (!native)
		return 0;
	native->source = stack->source;
	for (unsigned int i = 0; i < stack->count; i++)
		if (!stack->frames[i].script)
			native->frames[native->count++] = stack->frames[i];
	site = site_id(native);
	free(native); /* the strings are the other one's */
	return site;
}

/* After a restart the frames of scripts are not there any more, but the site still is. */
static bool is_of_script(const struct stack *stack, __u64 native)
{
	return stack_names_scripts(stack) ||
	       (stack->site != native && culprit_lasting_place(stack).language);
}

/*
 * Another site of a call that has one: of the two functions any may be meant, so it has none from
 * now on. But code without a name says nothing against one that has a name: it may be the same, in
 * a process whose symbols could not be read, or from before they were there.
 */
static bool learn_another(struct call_site_known *known, __u64 site, bool named)
{
	bool was_named = known->named;

	if (!known->site || known->site == site || !named)
		return false;
	known->site = was_named ? 0 : site;
	known->named = true;
	return true;
}

static bool learn_site(struct call_sites *call_sites, const struct pending *socket, __u64 site,
		       bool of_script, bool named)
{
	struct call_site_known *known = find_call_site(call_sites, socket, of_script);

	if (!site)
		return false;
	if (known)
		return learn_another(known, site, named);
	if (HASH_COUNT(call_sites->known) >= MAX_CALL_SITES)
		forget_call_site(call_sites, call_sites->known);
	known = calloc(1, sizeof(*known));
	if (!known)
		return false; /* the shorter stacks keep their own site then */
	known->key = call_key_of(socket, of_script);
	known->site = site;
	known->named = named;
	HASH_ADD(hh, call_sites->known, key, sizeof(known->key), known);
	if (known->hh.tbl)
		return true;
	free(known);
	return false;
}

static bool is_named(const struct stack *stack)
{
	struct code_place place = culprit_lasting_place(stack);

	return place.frame && !place.language && place.frame->function;
}

bool call_sites__learn(struct call_sites *call_sites, const struct pending *socket,
		       const struct stack *stack)
{
	bool learnt;
	__u64 native;

	if (!socket->call_site || !stack->site)
		return false;
	native = native_site(stack);
	if (!is_of_script(stack, native))
		return learn_site(call_sites, socket, stack->site, /* of_script= */ false,
				  is_named(stack));
	learnt = learn_site(call_sites, socket, native, /* of_script= */ false, /* named= */ false);
	return learn_site(call_sites, socket, stack->site, /* of_script= */ true,
			  /* named= */ true) ||
	       learnt;
}

bool call_sites__script_site(const struct call_sites *call_sites, const struct pending *socket,
			     __u64 *ret_site)
{
	const struct call_site_known *known;

	known = find_call_site(call_sites, socket, /* of_process= */ true);
	*ret_site = known ? known->site : 0;
	return known;
}

/* NULL: its shorter stacks keep their own site. */
static struct call_site_known *find_shared(const struct call_sites *call_sites,
					   const struct pending *socket)
{
	struct call_site_known *known;

	known = find_call_site(call_sites, socket, /* of_process= */ true);
	if (known && known->site)
		return known;
	known = find_call_site(call_sites, socket, /* of_process= */ false);
	return known && known->site ? known : NULL;
}

__u64 call_sites__site(const struct call_sites *call_sites, const struct pending *socket)
{
	struct call_site_known *known = find_shared(call_sites, socket);

	return known ? known->site : 0;
}

struct stack *call_sites__adopt(struct call_sites *call_sites, const struct pending *socket,
				struct stack *stack)
{
	struct call_site_known *known;
	struct stack *copy;

	if (!stack || !socket->call_site)
		return stack;
	known = find_shared(call_sites, socket);
	if (!known || stack->site == known->site)
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
