/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * script_windows: reads pieces of frames of scripts into a slot. Frames mostly lie close to each
 * other, and to read 1 KiB takes little longer than to read a word. So pieces are taken from a
 * window of the process's memory, in the slot itself, that moves along. It is opened when some
 * pieces in a row were close, so that a few frames do not cost more.
 */
#ifndef SCRIPT_WINDOWS_BPF_H
#define SCRIPT_WINDOWS_BPF_H

#include "kernel.bpf.h"
#include "scripts.h"

/* Read into stack[at]; as snapshot_read(). */
static __always_inline bool script_read(struct snapshot *snapshot, __u64 at, __u64 len, __u64 from)
{
	barrier_var(at);
	barrier_var(len);
	return at <= SNAPSHOT_ROOM(settings.stack_size) - SCRIPT_RECORD && len <= SCRIPT_RECORD &&
	       !bpf_probe_read_user(snapshot->stack + at, len, (void *)from);
}

struct script_window {
	__u64 address; /* where it begins, or one of these */
	__u64 missed;  /* what was read last without it */
	__u64 in_row;  /* so many such reads, each close to the one before it */
	unsigned char bytes[SNAPSHOT_WINDOW];
};
#define SCRIPT_CLOSED 0
#define SCRIPT_BROKEN 1	    /* what it should have could not be read: it is not tried again */
#define SCRIPT_AHEAD 192    /* bytes beyond an address that are in a window, too */
#define SCRIPT_NEAR_BY 8192 /* so far it moves at once */
#define SCRIPT_CLOSE 1024
#define SCRIPT_IN_ROW 3

enum script_window_of {
	SCRIPT_NEAR_WINDOW,
	SCRIPT_FAR_WINDOW,
};

static __always_inline struct script_window *script_window_at(struct snapshot *snapshot,
							      enum script_window_of which)
{
	return (struct script_window *)(snapshot->stack + SNAPSHOT_ROOM(settings.stack_size)) +
	       which;
}

static __always_inline bool script_is_within(__u64 a, __u64 b, __u64 distance)
{
	return a - b + distance <= 2 * distance;
}

/* Is it to be moved to `begin`, to have what is at `from`? */
static __always_inline bool script_wants_window(struct script_window *window, __u64 from,
						__u64 begin)
{
	if (window->address == SCRIPT_BROKEN)
		return false;
	if (window->address != SCRIPT_CLOSED &&
	    script_is_within(begin, window->address, SCRIPT_NEAR_BY))
		return true;
	if (!script_is_within(from, window->missed, SCRIPT_CLOSE))
		window->in_row = 0;
	window->missed = from;
	return window->in_row++ >= SCRIPT_IN_ROW;
}

static __always_inline bool script_move_window(struct script_window *window, __u64 from,
					       __u64 begin)
{
	if (!script_wants_window(window, from, begin))
		return false;
	window->in_row = 0;
	window->address = SCRIPT_BROKEN;
	if (bpf_probe_read_user(window->bytes, SNAPSHOT_WINDOW, (void *)begin))
		return false;
	window->address = begin;
	return true;
}

static __always_inline void script_close_window(struct script_window *window)
{
	window->address = SCRIPT_CLOSED;
	window->missed = 0;
	window->in_row = 0;
}

/*
 * Copies each word by itself, for the lengths that pieces have: a loop would be gone through by the
 * verifier for each length that there could be.
 */
static __always_inline void script_copy(__u64 *to, const __u64 *from, __u64 len)
{
	to[0] = from[0];
	to[1] = from[1];
	if (len == 16)
		return;
	to[2] = from[2];
	if (len == 24)
		return;
	to[3] = from[3];
	to[4] = from[4];
}

/* As script_read(), by a window, which if need be is moved to `begin`. */
static __always_inline bool script_peek(struct snapshot *snapshot, struct script_window *window,
					__u64 at, __u64 len, __u64 from, __u64 begin)
{
	__u64 offset = from - window->address;

	if (len != 16 && len != 24 && len != 40)
		return script_read(snapshot, at, len, from);
	if (window->address <= SCRIPT_BROKEN || offset > SNAPSHOT_WINDOW - SCRIPT_RECORD) {
		if (!script_move_window(window, from, begin))
			return script_read(snapshot, at, len, from);
		offset = from - begin;
	}
	barrier_var(at);
	barrier_var(offset);
	if (at > SNAPSHOT_ROOM(settings.stack_size) - SCRIPT_RECORD ||
	    offset > SNAPSHOT_WINDOW - SCRIPT_RECORD)
		return false;
	script_copy((__u64 *)(snapshot->stack + at), (__u64 *)(window->bytes + offset), len);
	return true;
}

/*
 * Where a window begins that has what is at an address, and what was pushed before that: not in the
 * page before, which may not be there.
 */
static __always_inline __u64 script_below(__u64 from)
{
	__u64 begin = from + SCRIPT_AHEAD - SNAPSHOT_WINDOW, page = from & ~(SNAPSHOT_PAGE - 1ULL);

	return begin < page ? page : begin;
}

/* The same with what follows it, in which frames were pushed before. */
static __always_inline __u64 script_above(__u64 from)
{
	__u64 end = (from | (SNAPSHOT_PAGE - 1)) + 1;

	if (from > end - SNAPSHOT_WINDOW && from <= end - SCRIPT_RECORD)
		return end - SNAPSHOT_WINDOW;
	return from;
}

#endif /* SCRIPT_WINDOWS_BPF_H */
