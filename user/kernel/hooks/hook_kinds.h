/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hook_kinds: the table of the ways in which a kernel can show system calls: what each needs, sees
 * and costs, on which kernels it misses calls, and which of them is the best. Pure: it gets the
 * facts about the kernel from hook_probe.h. docs/kernels.md has the reasons.
 */
#ifndef SOCKLEAK_HOOK_KINDS_H
#define SOCKLEAK_HOOK_KINDS_H

#include "lib/text.h"
#include "options/options.h"

/* The facts that decide whether a kernel skips programs of some kind. */
struct kernel_traits {
	bool preempts;	      /* its own code: preemption.h */
	bool tracepoints_may; /* be preempted, in programs of system calls: since Linux 7.2 */
	bool pools_returns;   /* a return probe takes one of few instances: until Linux 6.13 */
};

struct hook_kind {
	const char *name; /* as --hooks, reports and metrics have it */
	/* Its programs are those whose sections begin with one of these. */
	const char *sections[2];
	const char *sees;   /* of which calls; */
	const char *costs;  /* and what it costs the other ones */
	const char *needs;  /* when it is refused: the remedy */
	bool is_event;	    /* attached to perf events, which are opened before all else */
	bool is_everywhere; /* its programs run at every system call of the host */
	/* Why calls are missed on such a kernel, in one clause; NULL: none is. */
	const char *(*misses)(const struct kernel_traits *traits);
};

/* NULL for HOOKS_AUTO, which is none. */
const struct hook_kind *hook_kind(enum hooks_choice choice);

/*
 * The best kind of those that are not `refused`: the first one in the table that misses nothing on
 * such a kernel, else the first. HOOKS_AUTO: there is none.
 */
enum hooks_choice hook_kind_best(const struct kernel_traits *traits,
				 const bool refused[HOOKS_CHOICES]);

/* Why a kind is not used. The strings stay the giver's. */
struct kind_refusal {
	const char *kind, *cause;
	const char *remedy; /* "" = there is none */
};

/* Add a clause for each, and its remedy in parentheses if that is asked for. */
void kind_refusals_add(struct text *text, const struct kind_refusal *refusals, unsigned int count,
		       bool with_remedies);

#endif /* SOCKLEAK_HOOK_KINDS_H */
