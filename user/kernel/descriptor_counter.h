/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * descriptor_counter: counts descriptors by the iterators of bpf/descriptors.bpf.h: how many each
 * process has, and of which kinds those of a few processes are. Keeps nothing.
 */
#ifndef SOCKLEAK_DESCRIPTOR_COUNTER_H
#define SOCKLEAK_DESCRIPTOR_COUNTER_H

#include "descriptors.h"
#include "lib/cleanup.h"

struct bpf_program;
struct descriptor_counter;

/*
 * By the loaded programs of a skeleton, which must outlive it, as must `walk`, `followed` and
 * `readings` (readings_step()), of its bss; `followed` may be NULL. 0 or -errno. Free with
 * descriptor_counter__free(); NULL is allowed there.
 */
int descriptor_counter__new(const struct bpf_program *count, const struct bpf_program *kinds,
			    struct kinds_walk *walk, struct followed *followed, __u32 *readings,
			    struct descriptor_counter **ret_counter);
void descriptor_counter__free(struct descriptor_counter *counter);

/*
 * All watched processes that have a descriptor, in the order of their pids. 0, what on_process
 * returned, if not 0, or -errno.
 */
typedef int (*process_descriptors_fn)(const struct process_descriptors *process, void *ctx);
int descriptor_counter__count(struct descriptor_counter *counter, process_descriptors_fn on_process,
			      void *ctx);

/*
 * How many of each kind these processes have, SOCKLEAK_KINDS_AT_ONCE at most; zeros for one that
 * is gone. Before Linux 6.1 the kernel walks all fd tables of the host for it. 0 or -errno.
 */
int descriptor_counter__kinds(struct descriptor_counter *counter, const __u32 *tgids,
			      unsigned int count, __u32 (*ret_by_kind)[DESCRIPTOR_KINDS]);

/*
 * From now on these processes are followed: events of kind EVENT_USED tell of some of their sockets
 * that come into use. If the pids of two are equal modulo SOCKLEAK_FOLLOWED, the later one is left
 * out.
 */
void descriptor_counter__follow(struct descriptor_counter *counter, const __u32 *tgids,
				unsigned int count);

#endif /* SOCKLEAK_DESCRIPTOR_COUNTER_H */
