/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack_store: equal stacks as one object, since thousands of leaks have the same.
 * Pure; the oldest of 1024 gives way (to be stored again when it comes again).
 *
 * It is also where the memory of all stacks that are held, here or by others, is
 * bounded: a program can leak from as many different stacks as it likes.
 */
#ifndef SOCKLEAK_STACK_STORE_H
#define SOCKLEAK_STACK_STORE_H

#include "stacks/stack.h"

#define STACK_STORE_MAX 1024
#define STACK_STORE_BYTES (128 * 1024 * 1024) /* some 40,000 stacks of 30 frames */

struct stack_store;

/* NULL: no memory. Free with stack_store__free(); NULL is allowed there. */
struct stack_store *stack_store__new(void);
void stack_store__free(struct stack_store *store);

/*
 * The stack that is equal to this one, if there is any, else this one. Takes the
 * reference to `stack`, gives one back; NULL when STACK_STORE_BYTES are held
 * already. Without memory it is simply not stored.
 */
struct stack *stack_store__intern(struct stack_store *store, struct stack *stack);

#endif /* SOCKLEAK_STACK_STORE_H */
