/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * events: the way from the sweeps to user space, and the sweep that runs.
 */
#ifndef EVENTS_BPF_H
#define EVENTS_BPF_H

#include "counters.bpf.h"
#include "kernel.bpf.h"

struct sweep sweep;

/*
 * struct event records. Sized by --ring-size; when it is full the event
 * waits for the next sweep (ring_full).
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SOCKLEAK_RING_SIZE);
} events SEC(".maps");

/* Of bpf_ringbuf_query(): BPF_RB_AVAIL_DATA and BPF_RB_RING_SIZE of uapi/linux/bpf.h. */
enum ring_query {
	RING_UNREAD = 0,
	RING_SIZE = 1,
};

/* The member of struct bpf_iter_meta that is needed. */
struct bpf_iter_meta___room {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

/*
 * In an iterator: when the ring is half full, write enough for user space's read() to return,
 * so that it empties the ring and goes on. Without that the whole walk is repeated for the
 * events that did not fit.
 */
static __always_inline void events_make_room(struct bpf_iter_meta *iterator)
{
	struct bpf_iter_meta___room *meta = (void *)iterator;
	const char filled[SOCKLEAK_ITERATOR_READ] = {};

	if (bpf_ringbuf_query(&events, RING_UNREAD) > bpf_ringbuf_query(&events, RING_SIZE) / 2)
		bpf_seq_write(meta->seq, filled, sizeof(filled));
}

#endif /* EVENTS_BPF_H */
