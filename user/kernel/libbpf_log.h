/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libbpf_log: what libbpf has said, and through it the kernel's verifier. Its lines guess at
 * causes, and come also for a kind of hooks that is only tried, so they are kept, and shown to
 * who asks for them (--verbose). libbpf's callback has no context: this is one object for the
 * program.
 */
#ifndef SOCKLEAK_LIBBPF_LOG_H
#define SOCKLEAK_LIBBPF_LOG_H

#include "lib/text.h"

/* Keep what is said from now on: 256 KiB at most; how many lines were left out stands behind. */
void libbpf_log_begin(void);

/* The BPF program that was refused last, "" = none. Valid until the next is. */
const char *libbpf_log_refused(void);

/* Add all that was said, a line each, and forget it. */
void libbpf_log_take(struct text *lines);

#endif /* SOCKLEAK_LIBBPF_LOG_H */
