/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame_rules: the table of code that makes sockets for others, or runs others' code: C
 * libraries, wrappers of socket(), standard libraries, interpreters and what scripts call of
 * them, emulators. A rule goes by names alone. The first rule that matches a frame holds; a
 * frame that no rule matches is the program's own. Pure.
 */
#ifndef SOCKLEAK_FRAME_RULES_H
#define SOCKLEAK_FRAME_RULES_H

#include <stddef.h>

#include "stacks/names/mangling.h"

#define FRAME_JIT "[jit]" /* the module of code that a JIT compiler made, and has named */

/* The owner of a frame's code. */
enum frame_kind {
	FRAME_OF_PROGRAM = 0,
	FRAME_OF_RUNTIME,     /* a standard library, an event loop: it runs what it was given */
	FRAME_OF_WRAPPER,     /* it makes sockets for its callers */
	FRAME_OF_BINDING,     /* the same, for scripts of one language */
	FRAME_OF_INTERPRETER, /* it executes scripts, or code of a virtual machine */
	FRAME_OF_EMULATOR,    /* it executes the program, whose own stack cannot be seen */
	FRAME_OF_TRAMPOLINE,  /* it only leads from its caller to a function of another language */
	FRAME_OF_LIBC,	      /* libc and what stands in for its socket(); the last kind */
};

struct frame_rule {
	enum frame_kind kind;
	/* The name of bindings and interpreters in reports, or the name of an emulator. */
	const char *language;
	/* A pattern of the base name; of the path if it begins with a star and has a slash. */
	const char *module;
	const char *function; /* a pattern; NULL here or above: any, also an unknown one */
	const char *why;      /* for --debug and for readers */
	/* Bits of enum mangling: other languages have a package net, or a namespace tokio, too. */
	unsigned int mangling;
};

/*
 * The rule for a frame in the module of this path, in this function; NULL: none matches.
 * `mangling`: bits of enum mangling, what the symbol may be of; MANGLING_ANY: not known.
 */
const struct frame_rule *frame_rule_find(const char *module, const char *function,
					 unsigned int mangling);

/* All rules, in their order, for the tests. */
const struct frame_rule *frame_rules(size_t *ret_count);

#endif /* SOCKLEAK_FRAME_RULES_H */
