/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/stack_store.h"

#include <stdlib.h>
#include <uthash.h>

struct stored {
	__u64 hash; /* of two that have the same the later one is kept */
	struct stack *stack;
	UT_hash_handle hh;
};

struct stack_store {
	struct stored *stored; /* a uthash table, the oldest first */
};

struct stack_store *stack_store__new(void)
{
	return calloc(1, sizeof(struct stack_store));
}

static void forget_stack(struct stack_store *store, struct stored *stored)
{
	HASH_DEL(store->stored, stored);
	stack_unref(stored->stack);
	free(stored);
}

void stack_store__free(struct stack_store *store)
{
	if (!store)
		return;
	while (store->stored)
		forget_stack(store, store->stored);
	free(store);
}

/* Is there room for a new stack, if need be that of stored ones that nobody else has? */
static bool store_make_room(struct stack_store *store, const struct stack *stack)
{
	size_t bytes = stack_bytes(stack);

	while (store->stored && stacks_held() + bytes > STACK_STORE_BYTES)
		forget_stack(store, store->stored);
	return stacks_held() + bytes <= STACK_STORE_BYTES;
}

/* Takes the reference, and gives one back. */
static struct stack *in_one_piece(struct stack *stack)
{
	struct stack *copy = stack_copy(stack);

	if (!copy)
		return stack;
	stack_unref(stack);
	return copy;
}

struct stack *stack_store__intern(struct stack_store *store, struct stack *stack)
{
	__u64 hash = stack_hash(stack);
	struct stored *stored;

	HASH_FIND(hh, store->stored, &hash, sizeof(hash), stored);
	if (stored && stack_equal(stored->stack, stack)) {
		stack_unref(stack);
		return stack_ref(stored->stack);
	}
	if (stored)
		forget_stack(store, stored);
	stack = in_one_piece(stack);
	if (!store_make_room(store, stack)) {
		stack_unref(stack);
		return NULL;
	}
	stack_charge(stack);
	if (HASH_COUNT(store->stored) >= STACK_STORE_MAX)
		forget_stack(store, store->stored);
	stored = calloc(1, sizeof(*stored));
	if (!stored)
		return stack;
	stored->hash = hash;
	HASH_ADD(hh, store->stored, hash, sizeof(stored->hash), stored);
	if (!stored->hh.tbl) {
		free(stored);
		return stack;
	}
	stored->stack = stack_ref(stack);
	return stack;
}
