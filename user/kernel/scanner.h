/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scanner: every socket on the host that is not connected, at this moment: the kernel's side
 * of `sockleak scan` as user space sees it (bpf/scan.bpf.c).
 */
#ifndef SOCKLEAK_SCANNER_H
#define SOCKLEAK_SCANNER_H

#include "kernel/history.h"
#include "lib/cleanup.h"
#include "lib/text.h"
#include "options/options.h"
#include "control.h"
#include "sockleak.h"

struct descriptor_counter;
struct scanner;

/*
 * Load the program, with the filters of the options, and with what a running
 * sockleak knows (past->tgid 0: none). 0, or -errno with one line in ret_error.
 * Free with scanner__free(); NULL is allowed there.
 */
int scanner__open(const struct options *options, const struct past *past,
		  struct scanner **ret_scanner, struct text *ret_error);
void scanner__free(struct scanner *scanner);
DEFINE_CLEANUP(struct scanner *, scanner__free)

/* The cgroups that have a rule, when the options have any: once, before the first look. */
int scanner__rule_cgroups(struct scanner *scanner, const struct ruled_cgroup *ruled, size_t count);

/*
 * Called for each descriptor that leads to an unconnected socket: a record of kind EVENT_LEAK. A
 * socket that no hook saw has PENDING_ORIGIN_UNKNOWN set, and since_ns 0 when nobody knows how long
 * it has been there.
 */
typedef int (*scanner_record_fn)(const struct event *record, void *ctx);
/* Called about once for a million descriptors: how many were looked at. */
typedef void (*scanner_progress_fn)(__u64 files, void *ctx);

/*
 * Look at every descriptor there is. *ret_files: how many those were. 0; what
 * on_record returned, if not 0; or -errno.
 */
int scanner__look(struct scanner *scanner, scanner_record_fn on_record,
		  scanner_progress_fn on_progress, void *ctx, __u64 *ret_files);

/*
 * How many processes the last of these met that the options ask for by --pid, --uid, --comm
 * or cgroup. One without a single descriptor is not met.
 */
__u64 scanner__processes(const struct scanner *scanner);

/* The same for one process. -EOPNOTSUPP before Linux 6.1: see process_iterator_attach(). */
int scanner__look_at(struct scanner *scanner, __u32 tgid, scanner_record_fn on_record, void *ctx);

/* Counts descriptors; the scanner's own. NULL without --verbose. */
struct descriptor_counter *scanner__descriptors(struct scanner *scanner);

#endif /* SOCKLEAK_SCANNER_H */
