/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profiles: the files of --pprof and --folded, each written as output_file.h has it, and
 * those of --pprof-dir. Logs what cannot be written, once until it works again.
 */
#ifndef SOCKLEAK_PROFILES_H
#define SOCKLEAK_PROFILES_H

#include "leaks/leaks.h"
#include "options/options.h"
#include "report/report.h"

/* Begins as { 0 }. */
struct profiles {
	__u64 written, failed; /* files, since the start */
	__u64 dir_ns;	       /* when one is due in the directory, CLOCK_BOOTTIME; 0 = not set */
	int error, dir_error;  /* -errno of the last time, 0 = all was written */
};

/*
 * Before anything is watched: -EINVAL with one line in ret_error if a file cannot be written, or if
 * two of the outputs (--output, --junit, --pprof, --folded, --textfile) are one file.
 */
int profiles_check(const struct options *options, struct text *ret_error);

/* Write --pprof and --folded, if the options name them. 0 or the first -errno. */
int profiles_write(struct profiles *profiles, const struct options *options, struct leaks *leaks,
		   const struct summary *summary);

/* Is a profile due in the directory? The first one is, after an interval. */
bool profiles_dir_due(struct profiles *profiles, const struct options *options, __u64 now_ns);
/* Write one there. 0, also without such an option, or -errno. */
int profiles_write_dir(struct profiles *profiles, const struct options *options,
		       struct leaks *leaks, const struct summary *summary);

#endif /* SOCKLEAK_PROFILES_H */
