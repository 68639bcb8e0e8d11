/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweeper: runs the sweeps, as user space sees them: which of the kernel side's iterators is read
 * when, and for which process. Their findings go into the ring buffer. A part of the tracer
 * (tracer.h), whose maps and programs it uses.
 */
#ifndef SOCKLEAK_SWEEPER_H
#define SOCKLEAK_SWEEPER_H

#include <stdbool.h>

#include "kernel/sweeps/sweep_plan.h"
#include "options/options.h"

struct ring_buffer;
struct sockleak_bpf;
struct sweeper;

/*
 * Attach the iterators of a loaded skeleton, and try whether this kernel can look at one
 * process alone (from Linux 6.1 on; older ones refuse, or take no notice). The skeleton
 * must outlive it. 0 or -errno. Free with sweeper__free(); NULL is allowed there.
 */
int sweeper__new(struct sockleak_bpf *skeleton, const struct options *options,
		 struct sweeper **ret_sweeper);
void sweeper__free(struct sweeper *sweeper);

/*
 * Run one sweep and hand its events over from `ring`: a full sweep when the plan says so,
 * or when it is the last one (`to_the_last`), of which also no event may wait. *ret_ns
 * is how long it took, without repeats for want of room. 0, or -errno when the fd tables
 * could not be read to their end; no entry is judged gone then.
 */
int sweeper__run(struct sweeper *sweeper, struct ring_buffer *ring, bool to_the_last,
		 __u64 *ret_ns);

/* The next sweep is a full sweep, and reports every open leak (EVENT_CHANGED). */
void sweeper__retell(struct sweeper *sweeper);

struct sweep_counts sweeper__counts(const struct sweeper *sweeper);

#endif /* SOCKLEAK_SWEEPER_H */
