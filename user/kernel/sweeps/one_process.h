/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * one process: reads a sweep's iterators over one process alone. All return 0 or -errno, as
 * process_iterator_attach() does.
 */
#ifndef SOCKLEAK_ONE_PROCESS_H
#define SOCKLEAK_ONE_PROCESS_H

#include "kernel/sweeps/piece.h"

struct bpf_program;

/* Its threads. */
int read_threads_of(const struct bpf_program *program, __u32 tgid);

/* Its files; 1: it has more of them than the piece reads. */
int read_files_of(const struct bpf_program *program, __u32 tgid, struct piece *piece);

#endif /* SOCKLEAK_ONE_PROCESS_H */
