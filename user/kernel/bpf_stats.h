/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf_stats: what the kernel says of the programs and maps of a tracer: how long
 * they ran, how full they are, what memory they take. Only reads.
 */
#ifndef SOCKLEAK_BPF_STATS_H
#define SOCKLEAK_BPF_STATS_H

#include "host/health.h"
#include "kernel/tracer.h"

/*
 * Fill in health->bpf_stats_enabled, bpf_bytes, programs and maps; the names live as long as the
 * tracer. Entries are known of the map of pending sockets, as the last sweep has counted it, and of
 * the slots of snapshots that are taken. Fields that the kernel does not tell stay as they were.
 * Some 1 ms.
 *
 * The memory is kernel_memory.h's, of all BPF maps that this process has open.
 */
void bpf_stats_update(struct health *health, const struct tracer *tracer);

/*
 * How often the kernel left out one of the programs, because it had interrupted one on the
 * same processor; 0 where it does not count that (before Linux 5.12, of tracepoints 6.7).
 * *ret_tries: of these the programs that show what is tried on a socket.
 */
__u64 bpf_stats_skipped(const struct tracer *tracer, __u64 *ret_tries);

#endif /* SOCKLEAK_BPF_STATS_H */
