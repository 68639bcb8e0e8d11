/* SPDX-License-Identifier: BSD-2-Clause */
/* record_reader: reads the records, all of one size, that an iterator's program writes. */
#ifndef SOCKLEAK_RECORD_READER_H
#define SOCKLEAK_RECORD_READER_H

#include <stddef.h>

struct bpf_link;

/* The function that gets the records. */
struct record_sink {
	int (*on_record)(const void *record, void *ctx); /* not 0 ends the walk */
	void (*on_pause)(void *ctx); /* after a million objects; NULL = no matter */
	void *ctx;
};

/*
 * Run the iterator of a link to its end. 0, what on_record returned, or -errno; -EINTR if a stop
 * was asked for half a second ago.
 */
int records_read(const struct bpf_link *link, size_t size, const struct record_sink *sink);

#endif /* SOCKLEAK_RECORD_READER_H */
