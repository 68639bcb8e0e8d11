/* SPDX-License-Identifier: BSD-2-Clause */
/* text_place: how a place in code (culprit.h) is named in reports, log lines and labels. Pure. */
#ifndef SOCKLEAK_TEXT_PLACE_H
#define SOCKLEAK_TEXT_PLACE_H

#include "host/workloads/owner.h"
#include "lib/text.h"
#include "stacks/culprit.h"

/*
 * "open_session (libx.so.2, package libx 1.2)", "Python code run by gunicorn", "code that valgrind
 * hides". `program`: the base name of the executable, or what the process is called. The package
 * may be NULL, and is not named with scripts: it is the interpreter's.
 */
void place_add(struct text *line, const struct code_place *place, const char *program,
	       const char *package);
/* " at session.c:210", nothing when that is not known. */
void place_add_source(struct text *line, const struct code_place *place);
/* The culprit of a stack with its source; nothing when no place in it is known. */
void place_add_culprit(struct text *line, const struct stack *stack, const char *program);
/* Only the function, as a label: "open_session", "Python code", "code under valgrind", or "". */
void place_add_function(struct text *line, const struct code_place *place);

/*
 * What `program` is for a process of this owner (or NULL) that reports call by this name. The
 * buffer's, or the owner's.
 */
struct program_name {
	char bytes[SOCKLEAK_COMM_LEN + 1];
};
const char *place_program(const struct owner *owner, const char name[SOCKLEAK_COMM_LEN],
			  struct program_name *buffer);

#endif /* SOCKLEAK_TEXT_PLACE_H */
