/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan: `sockleak scan`. One full sweep of the sockets that are not connected, now,
 * with what a running sockleak knows of them, grouped by process and class.
 */
#ifndef SOCKLEAK_SCAN_H
#define SOCKLEAK_SCAN_H

#include "host/workloads/scope.h"
#include "lib/text.h"
#include "options/options.h"
#include "watch/output.h"

struct scan;

/*
 * Nothing given is owned, and all must outlive the scan. -EINVAL: --history names no
 * sockleak; -ENOMEM; another -errno: this host, or this user's rights, cannot run it.
 * All but -ENOMEM with one line in ret_error. Free with scan__free(); NULL is allowed.
 */
int scan__new(const struct options *options, struct output *output, struct scope *scope,
	      struct scan **ret_scan, struct text *ret_error);
void scan__free(struct scan *scan);

/*
 * Look, and report. *ret_matches: sockets that are reported and not in use for
 * certain. Returns 0, or -errno (logged).
 */
int scan__run(struct scan *scan, unsigned int *ret_matches);

/*
 * Was something asked for by name that is not there: a unit, machine, container or pod, or
 * any process at all? It was told (logged) by scan__new() or scan__run().
 */
bool scan__missed(const struct scan *scan);

#endif /* SOCKLEAK_SCAN_H */
