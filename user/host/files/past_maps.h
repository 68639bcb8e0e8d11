/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * past_maps: which files the processes of a run have mapped executable, for those that end before
 * anybody can read their /proc/PID/maps: a process of a test suite lives for a millisecond. It is
 * given what the kernel records of forks, execs and mappings (kernel/map_records.h), keeps that for
 * one process and its descendants, and gives it out in the format of /proc/PID/maps.
 *
 * Kept are all processes that live, and the 1024 that ended last. Which memory was unmapped is not
 * recorded; a mapping replaces those that it overlaps.
 */
#ifndef SOCKLEAK_PAST_MAPS_H
#define SOCKLEAK_PAST_MAPS_H

#include <linux/types.h>
#include <sys/types.h>

#include "host/files/file_head.h"
#include "host/files/process_files.h"

struct past_maps;

enum map_record_kind {
	MAP_RECORD_FORK = 1, /* only tgid, parent and time_ns are set */
	MAP_RECORD_EXEC,     /* all mappings are gone; only tgid and time_ns */
	MAP_RECORD_MAP,
	MAP_RECORD_EXIT, /* only tgid and time_ns */
};

#define MAP_RECORD_BUILD_ID 20 /* bytes at most */

/* One record of the kernel. */
struct map_record {
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 start, len, offset;
	__u64 inode; /* 0: the build id is known in its place */
	__u32 major, minor;
	__u32 tgid, parent;
	__u32 kind; /* enum map_record_kind */
	__u32 build_id_len;
	__u8 build_id[MAP_RECORD_BUILD_ID];
	const char *path; /* the caller's */
};

/*
 * The mappings of a process that has not forked yet, and of all that descend from it. `read_head`
 * is asked for the files that were mapped. NULL: no memory.
 */
struct past_maps *past_maps__new(pid_t tgid, file_head_fn read_head, void *ctx);
void past_maps__free(struct past_maps *past);

/* In the order of their times; of other processes too, which are passed over. 0 or -ENOMEM. */
int past_maps__take(struct past_maps *past, const struct map_record *record);

/*
 * The mappings that a process had, as text in *ret_fd (the caller closes it), and what was known of
 * it while it lived. A file counts as the mapped one if its build id is, or its numbers are.
 * -ENOENT: the process is not known.
 */
int past_maps__open(const struct past_maps *past, pid_t tgid, struct process_view *ret_view,
		    int *ret_fd);

#endif /* SOCKLEAK_PAST_MAPS_H */
