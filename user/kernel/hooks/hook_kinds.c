/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hooks/hook_kinds.h"

#include <stddef.h>

static const char *if_preempted(const struct kernel_traits *traits)
{
	if (!traits->preempts)
		return NULL;
	return "skipped where the kernel preempts its own code, as on this host";
}

static const char *if_pooled(const struct kernel_traits *traits)
{
	if (!traits->pools_returns)
		return NULL;
	return "before Linux 6.14 waiting calls use up its return probes";
}

static const char *if_tracepoint_preempted(const struct kernel_traits *traits)
{
	if (!traits->tracepoints_may || !traits->preempts)
		return NULL;
	return "skipped under preemption since Linux 7.2";
}

static const char *never(const struct kernel_traits *traits)
{
	(void)traits;
	return NULL;
}

#define ON_FUNCTIONS "64-bit and 32-bit programs"
#define ON_TRACEPOINTS "only 64-bit programs"
#define EVENT_NEEDS "see kernel.perf_event_paranoid, and that tracefs can be mounted"

/* In the order of enum hooks_choice: the best one first. */
static const struct hook_kind kinds[HOOKS_CHOICES] = {
	[HOOKS_FENTRY] = { .name = "fentry",
			   .sections = { "fentry/", "fexit/" },
			   .sees = ON_FUNCTIONS,
			   .costs = "nothing",
			   .needs = "CAP_BPF and CAP_PERFMON, and a kernel with BPF trampolines",
			   .misses = if_preempted },
	[HOOKS_KPROBE_MULTI] = { .name = "kprobe.multi",
				 .sections = { "kprobe.multi/", "kretprobe.multi/" },
				 .sees = ON_FUNCTIONS,
				 .costs = "nothing",
				 .needs = "CAP_BPF and CAP_PERFMON, and Linux 5.18 or later with "
					  "CONFIG_FPROBE",
				 .misses = if_pooled },
	[HOOKS_TRACEPOINT] = { .name = "tracepoint",
			       .sections = { "tracepoint/syscalls/" },
			       .sees = ON_TRACEPOINTS,
			       .costs = "the longer path in and out of the kernel",
			       .needs = EVENT_NEEDS,
			       .is_event = true,
			       .misses = if_tracepoint_preempted },
	[HOOKS_RAW_SYSCALLS] = { .name = "raw_syscalls",
				 .sections = { "tracepoint/raw_syscalls/" },
				 .sees = ON_TRACEPOINTS,
				 .costs = "the longer path in and out of the kernel, and a program",
				 .needs = EVENT_NEEDS,
				 .is_event = true,
				 .is_everywhere = true,
				 .misses = never },
	[HOOKS_RAW_TP] = { .name = "raw_tp",
			   .sections = { "raw_tp/sys_" },
			   .sees = ON_TRACEPOINTS,
			   .costs = "the longer path in and out of the kernel, and a program",
			   .needs = "CAP_BPF and CAP_PERFMON",
			   .is_everywhere = true,
			   .misses = if_tracepoint_preempted },
};

const struct hook_kind *hook_kind(enum hooks_choice choice)
{
	return choice > HOOKS_AUTO && choice < HOOKS_CHOICES ? &kinds[choice] : NULL;
}

enum hooks_choice hook_kind_best(const struct kernel_traits *traits,
				 const bool refused[HOOKS_CHOICES])
{
	enum hooks_choice first = HOOKS_AUTO;

	for (unsigned int i = HOOKS_AUTO + 1; i < HOOKS_CHOICES; i++) {
		if (refused[i])
			continue;
		if (!kinds[i].misses(traits))
			return (enum hooks_choice)i;
		if (first == HOOKS_AUTO)
			first = (enum hooks_choice)i;
	}
	return first;
}

void kind_refusals_add(struct text *text, const struct kind_refusal *refusals, unsigned int count,
		       bool with_remedies)
{
	for (unsigned int i = 0; i < count; i++) {
		text_addf(text, "%s%s: %s", i ? "; " : "", refusals[i].kind, refusals[i].cause);
		if (with_remedies && *refusals[i].remedy)
			text_addf(text, " (%s)", refusals[i].remedy);
	}
}
