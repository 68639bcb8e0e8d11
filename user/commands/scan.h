/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan: `sockleak scan`. One full sweep of the sockets that are unconnected now, with what
 * a running sockleak knows of them, grouped by process and class.
 */
#ifndef SOCKLEAK_SCAN_H
#define SOCKLEAK_SCAN_H

#include "host/workloads/scope.h"
#include "lib/text.h"
#include "options/options.h"
#include "watch/output/output.h"

struct scan;

/*
 * None of the arguments is owned, and all must outlive the scan. -EINVAL: --history names
 * no sockleak. -ENOMEM. Another -errno: this host, or this user's rights, cannot run it.
 * All but -ENOMEM come with one line in ret_error. Free with scan__free(); NULL is allowed.
 */
int scan__new(const struct options *options, struct output *output, struct scope *scope,
	      struct scan **ret_scan, struct text *ret_error);
void scan__free(struct scan *scan);

/*
 * Scan and report. *ret_matches: reported sockets that are certainly not in use. Returns 0,
 * or -errno (logged).
 */
int scan__run(struct scan *scan, unsigned int *ret_matches);

/*
 * Does something that the options name not exist: a unit, machine, container or pod, or any
 * process? scan__new() or scan__run() has logged it.
 */
bool scan__missed(const struct scan *scan);

#endif /* SOCKLEAK_SCAN_H */
