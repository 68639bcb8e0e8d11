/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script_programs: sees to it that the kernel's side knows how the script frames of programs are
 * found (include/scripts.h). Programs with the name of an interpreter are looked at when sockleak
 * starts, and in the first sweep after they have; any other one when it has made a socket whose
 * stack was copied: that socket, and those until the next sweep, have native frames alone. A recipe
 * holds for the executable: one that is started again has script frames from its first socket on.
 */
#ifndef SOCKLEAK_SCRIPT_PROGRAMS_H
#define SOCKLEAK_SCRIPT_PROGRAMS_H

#include "kernel/tracer.h"
#include "options/options.h"
#include "watch/attribution/attribution.h"

struct script_programs;

/*
 * For the programs of a tracer: look at what runs, at most 20,000 processes. All are the caller's
 * and outlive it. NULL when there is no memory: stacks are without scripts then.
 */
struct script_programs *script_programs__begin(const struct options *options,
					       struct attribution *attribution,
					       const struct tracer *tracer);
/* NULL is allowed. */
void script_programs__free(struct script_programs *programs);

/* Look at the programs that have begun, or made a socket, since. After a sweep; NULL is allowed. */
void script_programs__look(struct script_programs *programs);

/* How many were not looked at, for they were too many at once (script_looks.h). NULL: 0. */
__u64 script_programs__not_looked(const struct script_programs *programs);

#endif /* SOCKLEAK_SCRIPT_PROGRAMS_H */
