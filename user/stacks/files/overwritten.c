/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/overwritten.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/time.h"

/* Processes' and files' times are counted in ticks of up to 10 ms. */
#define SLACK_NS 100000000LL

static __s64 time_ns(const struct statx_timestamp *time)
{
	return time->tv_sec * (__s64)NSEC_PER_SEC + time->tv_nsec;
}

bool file_was_overwritten(int fd, __u64 start_ns)
{
	__s64 start = clock_wall_offset() + (__s64)start_ns;
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MTIME | STATX_BTIME, &st) ||
	    !(st.stx_mask & STATX_BTIME) || !(st.stx_mask & STATX_MTIME))
		return false;
	return time_ns(&st.stx_btime) < start && time_ns(&st.stx_mtime) > start + SLACK_NS;
}
