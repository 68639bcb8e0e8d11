/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress: how far a scan has come, on a terminal, once it has taken more than a
 * second. Drawn on standard error, and gone when it ends.
 */
#ifndef SOCKLEAK_PROGRESS_H
#define SOCKLEAK_PROGRESS_H

#include <linux/types.h>
#include <stdbool.h>

struct progress {
	__u64 begun_ns;
	__u64 drawn_ns; /* last */
	__u64 files;	/* that are open on this host, about */
	bool wanted, drawn;
};

/* Nothing is drawn unless it is wanted and standard error is a terminal. */
struct progress progress_begin(bool wanted);
/* So many descriptors were looked at. */
void progress_files(struct progress *progress, __u64 files);
/* So many stacks were named. */
void progress_stacks(struct progress *progress, unsigned int stacks);
/* Take it away. */
void progress_end(struct progress *progress);

#endif /* SOCKLEAK_PROGRESS_H */
