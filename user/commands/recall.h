/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recall: what the processes of a run had mapped, for those that end before they are looked at: the
 * kernel's records (kernel/map_records.h), kept by past_maps.h.
 */
#ifndef SOCKLEAK_RECALL_H
#define SOCKLEAK_RECALL_H

#include "host/files/access.h"
#include "host/files/opener.h"
#include "lib/text.h"

struct recall;

/*
 * Records a process that has not forked yet, and all that descend from it. The opener, which is the
 * caller's, reads the files. -errno with one line in ret_error. Free with recall__free(); NULL is
 * allowed.
 */
int recall__new(pid_t tgid, struct opener *opener, struct recall **ret_recall,
		struct text *ret_error);
void recall__free(struct recall *recall);

/* Take what was recorded: at least once a sweep, and when the descriptor is readable. */
void recall__take(struct recall *recall);
int recall__fd(const struct recall *recall);

/* Records that were lost, so that the names in some stacks may be missing. */
__u64 recall__lost(const struct recall *recall);

/* For watch__know_past(); ctx is the recall. */
int recall__maps(pid_t tgid, struct process_view *ret_view, int *ret_fd, void *ctx);

#endif /* SOCKLEAK_RECALL_H */
