/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress: how far a scan has come, on a terminal, once it has taken more than a second.
 * It is drawn on standard error, and cleared at the end.
 */
#ifndef SOCKLEAK_PROGRESS_H
#define SOCKLEAK_PROGRESS_H

#include <linux/types.h>
#include <stdbool.h>

struct progress {
	__u64 begun_ns;
	__u64 drawn_ns; /* last */
	__u64 files;	/* estimate of the descriptors on this host */
	bool wanted, drawn;
};

/* Nothing is drawn unless it is wanted and standard error is a terminal. */
struct progress progress_begin(bool wanted);
/* Descriptors that were read so far. */
void progress_files(struct progress *progress, __u64 files);
/* Stacks that were named so far. */
void progress_stacks(struct progress *progress, unsigned int stacks);
/* Take it away. */
void progress_end(struct progress *progress);

#endif /* SOCKLEAK_PROGRESS_H */
