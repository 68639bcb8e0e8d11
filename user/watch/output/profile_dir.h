/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile_dir: the directory of --pprof-dir: a profile for each interval, named by when it was
 * taken, of which the newest are kept. Other files in it stay. A reader sees whole files alone
 * (textfile.h).
 */
#ifndef SOCKLEAK_PROFILE_DIR_H
#define SOCKLEAK_PROFILE_DIR_H

#include <linux/types.h>
#include <stddef.h>

struct text;

/*
 * Add the path of the profile that is taken at `time_ns` (CLOCK_REALTIME):
 * "DIR/sockleak-20260921T141506.250Z.pb.gz". Names are in the order of their times. 0, -ERANGE (no
 * such date) or -ENOMEM.
 */
int profile_dir_add_path(struct text *path, const char *directory, __s64 time_ns);

/*
 * Write it, then remove the oldest ones beyond `keep`, and what a killed agent has left of one. 0
 * or the first -errno; it is written in any case if it can be.
 */
int profile_dir_write(const char *directory, __s64 time_ns, unsigned int keep, const void *data,
		      size_t len);

#endif /* SOCKLEAK_PROFILE_DIR_H */
