/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map_records: the kernel's records of forks, execs, exits and executable mappings of all
 * processes, which perf(1) calls sideband events (perf_event_open(2)): one event without a counter
 * on each processor, and a buffer for each. Hands them over in the order of their times. Knows
 * nothing of whose they are.
 */
#ifndef SOCKLEAK_MAP_RECORDS_H
#define SOCKLEAK_MAP_RECORDS_H

#include "host/files/past_maps.h"
#include "lib/text.h"

struct map_records;

typedef int (*map_record_fn)(const struct map_record *record, void *ctx);

/*
 * Begin to record. -errno with one line in ret_error: this host does not have it, or refuses it.
 * Free with map_records__free(); NULL is allowed.
 */
int map_records__new(struct map_records **ret_records, struct text *ret_error);
void map_records__free(struct map_records *records);

/* Hand over what happened until now. 0, -ENOMEM, or the first error of `on_record`. */
int map_records__drain(struct map_records *records, map_record_fn on_record, void *ctx);

/* Readable when a buffer is half full: drain them then, or records get lost. */
int map_records__fd(const struct map_records *records);
/* Records for which a buffer had no room, so far. */
__u64 map_records__lost(const struct map_records *records);

#endif /* SOCKLEAK_MAP_RECORDS_H */
