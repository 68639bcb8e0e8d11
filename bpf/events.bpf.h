/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * events: the way from the sweeps to user space, and the sweep that runs.
 */
#ifndef EVENTS_BPF_H
#define EVENTS_BPF_H

#include "counters.bpf.h"
#include "kernel.bpf.h"
#include "control.h"

struct sweep sweep;

/*
 * struct event records. Sized by --ring-size. If it is full, the event waits for the next sweep
 * (ring_full).
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SOCKLEAK_RING_SIZE);
} events SEC(".maps");

/* Was it seen since the reading of fd tables began? `number`: of the last sweep that saw it. */
static __always_inline bool seen_since(__u32 number)
{
	return (__s32)(number - sweep.since) >= 0;
}

/* For a program of iter/task_file: is it time for user space's read() to return? */
static __always_inline bool step_is_over(void)
{
	if (++sweep.step <= SOCKLEAK_SWEEP_STEP)
		return false;
	sweep.step = 0;
	return true;
}

/* What such a program returns to be called again for the same file, in the next read(). */
#define SAME_AGAIN 1

/* An empty record of that kind; NULL = the ring is full. */
static __always_inline struct event *event_reserve(enum event_kind kind)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return NULL;
	__builtin_memset(event, 0, sizeof(*event));
	event->now_ns = bpf_ktime_get_boot_ns();
	event->kind = kind;
	return event;
}

/* A record about the socket of an entry. No address leaves the kernel. */
static __always_inline struct event *event_reserve_of(const struct pending *entry,
						      enum event_kind kind)
{
	struct event *event = event_reserve(kind);

	if (!event)
		return NULL;
	__builtin_memcpy(&event->socket, entry, sizeof(event->socket));
	event->socket.file = 0;
	event->tgid = entry->tgid;
	return event;
}

/*
 * The arguments of bpf_ringbuf_query(): BPF_RB_AVAIL_DATA and BPF_RB_RING_SIZE of uapi/linux/bpf.h.
 */
enum ring_query {
	RING_UNREAD = 0,
	RING_SIZE = 1,
};

/*
 * In an iterator: if the ring is half full, write enough to make user space's read() return. User
 * space then empties the ring and reads on. Otherwise the whole walk is repeated for the events
 * that did not fit.
 */
static __always_inline void events_make_room(struct bpf_iter_meta *iterator)
{
	const char filled[SOCKLEAK_ITERATOR_READ] = {};

	if (bpf_ringbuf_query(&events, RING_UNREAD) > bpf_ringbuf_query(&events, RING_SIZE) / 2)
		bpf_seq_write(iterator_output(iterator), filled, sizeof(filled));
}

#endif /* EVENTS_BPF_H */
