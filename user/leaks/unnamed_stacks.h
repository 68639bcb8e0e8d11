/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unnamed_stacks: which stacks of a site's leaks may get better names, because there was no debug
 * information for all of their code. Pure.
 */
#ifndef SOCKLEAK_UNNAMED_STACKS_H
#define SOCKLEAK_UNNAMED_STACKS_H

#include "leaks/leaks.h"

/* A leak of the site that has this very stack; NULL: there is none any more. */
const struct leak *site_leak_of_stack(const struct site *site, const struct stack *stack);

/*
 * At most `max` such stacks, each once and with a reference; the one that the site shows comes
 * first. Each process has one of its own for the same way. Returns their number.
 */
unsigned int site_unnamed_stacks(const struct site *site, struct stack **ret_stacks,
				 unsigned int max);

#endif /* SOCKLEAK_UNNAMED_STACKS_H */
