/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profiles: the files of --pprof and --folded, each replaced as a whole with every report. Logs
 * what cannot be written, once until it works again.
 */
#ifndef SOCKLEAK_PROFILES_H
#define SOCKLEAK_PROFILES_H

#include "leaks/leaks.h"
#include "options/options.h"
#include "report/report.h"

/* Begins as { 0 }. */
struct profiles {
	__u64 written, failed; /* files, since the start */
	int error;	       /* -errno of the last time, 0 = all was written */
};

/* Before anything is watched: -EINVAL with one line in ret_error if a file cannot be written. */
int profiles_check(const struct options *options, struct text *ret_error);

/* Write those that the options name. 0 or the first -errno. */
int profiles_write(struct profiles *profiles, const struct options *options, struct leaks *leaks,
		   const struct summary *summary);

#endif /* SOCKLEAK_PROFILES_H */
