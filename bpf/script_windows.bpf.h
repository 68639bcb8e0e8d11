/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * script_windows: reads pieces of frames of scripts into a slot. Frames mostly lie close to each
 * other, and to read 1 KiB takes little longer than to read a word. So pieces are taken from
 * windows of the process's memory that move along. They are in the slot itself, at its end, until
 * frames are to stand there: then each piece is read by itself. A window is small at first and
 * wherever it has to go far, so that a few frames do not cost more.
 */
#ifndef SCRIPT_WINDOWS_BPF_H
#define SCRIPT_WINDOWS_BPF_H

#include "kernel.bpf.h"
#include "scripts.h"

/*
 * Below it programs have no memory (vm.mmap_min_addr). Words that are no pointers are mostly small,
 * and to find out that an address is none takes the processor a microsecond.
 */
#define SCRIPT_LOWEST 65536

#define SCRIPT_WINDOW 2048	/* bytes at most */
#define SCRIPT_WINDOW_SMALL 192 /* at first, and wherever it goes further than it is large */
#define SCRIPT_WINDOW_GROWS 4	/* times with each other move */

struct script_window {
	__u64 address; /* where it begins */
	__u64 len;     /* bytes that are in it; 0 = nothing */
	__u64 size;    /* that it was to have */
	unsigned char bytes[SCRIPT_WINDOW];
};

#define SCRIPT_WINDOW_FRAMES 0
#define SCRIPT_WINDOW_FAR 1 /* of pieces that are elsewhere */
#define SCRIPT_WINDOWS 2
#define SCRIPT_WINDOW_DOWN 4 /* beside one of these: it reaches down, where older ones lie */
#define SCRIPT_WINDOWS_BYTES (SCRIPT_WINDOWS * sizeof(struct script_window))
/* Where they are in stack[]; 0 = a stack so small has no room for them. */
#define SCRIPT_WINDOWS_AT(stack_size)                    \
	(SNAPSHOT_ROOM(stack_size) < 2 * SNAPSHOT_PAGE ? \
		 0 :                                     \
		 (SNAPSHOT_ROOM(stack_size) & ~7ULL) - SCRIPT_WINDOWS_BYTES)

static __always_inline struct script_window *script_window_at(struct snapshot *snapshot,
							      __u32 which)
{
	return (struct script_window *)(snapshot->stack + SCRIPT_WINDOWS_AT(settings.stack_size)) +
	       which;
}

/* Is the room for a record at stack[at] free of windows? */
static __always_inline bool script_has_windows(__u64 at)
{
	__u64 windows_at = SCRIPT_WINDOWS_AT(settings.stack_size);

	return windows_at && at <= windows_at - 2 * SCRIPT_RECORD;
}

static __always_inline void script_empty_windows(struct snapshot *snapshot)
{
	for (int i = 0; i < SCRIPT_WINDOWS; i++)
		script_window_at(snapshot, i)->len = 0;
}

/* Read into stack[at]; as snapshot_read(). */
static __always_inline bool script_read(struct snapshot *snapshot, __u64 at, __u64 len, __u64 from)
{
	barrier_var(at);
	barrier_var(len);
	return at <= SNAPSHOT_ROOM(settings.stack_size) - SCRIPT_RECORD && len <= SCRIPT_RECORD &&
	       !bpf_probe_read_user(snapshot->stack + at, len, (void *)from);
}

/*
 * Have a window begin with what is at `from`, or if it reaches `down` have it end a little behind
 * that. It is within one page, for the next one may not be there.
 */
static __always_inline bool script_move_window(struct script_window *window, __u64 from, bool down)
{
	__u64 begin = from, page = from & ~(SNAPSHOT_PAGE - 1ULL), size = SCRIPT_WINDOW_SMALL, len;

	if (window->len && from - window->address + SCRIPT_WINDOW <= 2 * SCRIPT_WINDOW) {
		size = window->size * SCRIPT_WINDOW_GROWS;
		if (size > SCRIPT_WINDOW)
			size = SCRIPT_WINDOW;
		if (down)
			begin -= size - SCRIPT_WINDOW_SMALL;
		if (begin < page)
			begin = page;
	}
	len = page + SNAPSHOT_PAGE - begin;
	if (len > size)
		len = size;
	window->address = begin;
	window->size = size;
	window->len = 0;
	barrier_var(len);
	if (len > SCRIPT_WINDOW || bpf_probe_read_user(window->bytes, len, (void *)begin))
		return false;
	window->len = len;
	return true;
}

/*
 * Copies each word by itself, for the lengths that pieces have: a loop would be gone through by the
 * verifier for each length that there could be.
 */
static __always_inline void script_copy(__u64 *to, const __u64 *from, __u64 len)
{
	to[0] = from[0];
	if (len == 8)
		return;
	to[1] = from[1];
	if (len == 16)
		return;
	to[2] = from[2];
	if (len == 24)
		return;
	to[3] = from[3];
	if (len == 32)
		return;
	to[4] = from[4];
	if (len == 40)
		return;
	to[5] = from[5];
	if (len == 48)
		return;
	to[6] = from[6];
	if (len == 56)
		return;
	to[7] = from[7];
}

/* Is a piece in the window, where the verifier sees it? */
static __always_inline bool script_is_in_window(const struct script_window *window, __u64 offset,
						__u64 len)
{
	return offset <= SCRIPT_WINDOW - SCRIPT_RECORD && offset + len <= window->len;
}

static __always_inline void script_clear(struct snapshot *snapshot, __u64 at, __u64 len)
{
	barrier_var(at);
	if (at > SNAPSHOT_ROOM(settings.stack_size) - SCRIPT_RECORD)
		return; /* not possible */
	for (__u32 i = 0; i < SCRIPT_RECORD; i += 8)
		if (i < len)
			*(__u64 *)(snapshot->stack + at + i) = 0;
}

/* Copy a piece from a window to stack[at]. */
static __always_inline void script_take(struct snapshot *snapshot,
					const struct script_window *window, __u64 at, __u64 len,
					__u64 offset)
{
	barrier_var(at);
	barrier_var(offset);
	if (at <= SNAPSHOT_ROOM(settings.stack_size) - SCRIPT_RECORD &&
	    offset <= SCRIPT_WINDOW - SCRIPT_RECORD)
		script_copy((__u64 *)(snapshot->stack + at), (__u64 *)(window->bytes + offset),
			    len);
}

/* The same of a number of words that is known to the compiler. */
static __always_inline void script_take_words(struct snapshot *snapshot,
					      const struct script_window *window, __u64 at,
					      __u32 count, __u64 offset)
{
	__u64 *to, *from;

	barrier_var(at);
	barrier_var(offset);
	if (at > SNAPSHOT_ROOM(settings.stack_size) - SCRIPT_RECORD ||
	    offset > SCRIPT_WINDOW - SCRIPT_RECORD)
		return; /* not possible */
	to = (__u64 *)(snapshot->stack + at);
	from = (__u64 *)(window->bytes + offset);
	for (__u32 i = 0; i < count; i++)
		to[i] = from[i];
}

/*
 * As script_read(), of what is not in its window, which is moved. A global function, so that the
 * verifier goes through it once.
 */
__noinline int script_fetch(__u32 slot, __u32 which, __u64 at, __u64 len, __u64 from)
{
	struct snapshot *snapshot = bpf_map_lookup_elem(&snapshots, &slot);
	struct script_window *window;
	__u32 number = which & ~SCRIPT_WINDOW_DOWN;

	if (!snapshot || number >= SCRIPT_WINDOWS)
		return false; /* not possible */
	if (from < SCRIPT_LOWEST) {
		script_clear(snapshot, at, len);
		return false;
	}
	if (!script_has_windows(at))
		return script_read(snapshot, at, len, from);
	window = script_window_at(snapshot, number);
	if (!script_move_window(window, from, which & SCRIPT_WINDOW_DOWN) ||
	    !script_is_in_window(window, from - window->address, len)) /* it is in two pages */
		return script_read(snapshot, at, len, from);
	script_take(snapshot, window, at, len, from - window->address);
	return true;
}

/* As script_read(), by a window, which is to be in `number`, too. */
static __always_inline bool script_peek(struct snapshot *snapshot, __u32 slot, __u32 number,
					__u32 which, __u64 at, __u64 len, __u64 from)
{
	struct script_window *window = script_window_at(snapshot, number);

	if (!script_has_windows(at) || !script_is_in_window(window, from - window->address, len))
		return script_fetch(slot, which, at, len, from);
	script_take(snapshot, window, at, len, from - window->address);
	return true;
}

#endif /* SCRIPT_WINDOWS_BPF_H */
