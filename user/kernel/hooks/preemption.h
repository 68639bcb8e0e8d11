/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preemption: may a task of this kernel be interrupted for another while it is in the kernel?
 * Where it may, the kernel skips programs of some kinds (hook_kinds.h, docs/kernels.md).
 */
#ifndef SOCKLEAK_PREEMPTION_H
#define SOCKLEAK_PREEMPTION_H

#include <stdbool.h>

/* Where the answer stands; each may be NULL. The text of a file, or its end from some line on. */
struct preemption_sources {
	const char *version; /* uname(2): "#1 SMP PREEMPT_DYNAMIC Debian ..." */
	const char *sched;   /* sched/preempt of debugfs: "none voluntary (full) lazy" */
	const char *cmdline; /* /proc/cmdline */
	const char *config;  /* what the kernel was built with */
};

/* False only when it is sure that it may not. Pure. */
bool preemption_of(const struct preemption_sources *sources);

/*
 * The same of this host. debugfs is asked first, since the mode can be changed while the kernel
 * runs; where it is not mounted it is mounted privately, which needs CAP_SYS_ADMIN.
 */
bool preemption_read(void);

#endif /* SOCKLEAK_PREEMPTION_H */
