/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * young: the sockets that no sweep has met yet, in a table whose places follow from the address of
 * the open file (docs/design.md, decision 2). A harvest before each sweep moves the open ones to
 * `pending`, and so does a hook that finds a place taken by an open socket.
 *
 * Hooks write to an entry while another program may move it. `lock` keeps them apart:
 *
 *   - A writer is counted in it (YOUNG_WRITERS), and adds YOUNG_STEP when it leaves.
 *   - Whoever empties a place has it alone (YOUNG_BUSY), copies the entry, makes the copy findable,
 *     and then turns writers away (YOUNG_CLOSED) if none has come since; otherwise it tries again.
 *
 * So an entry can always be found in one of the two places, and nothing is written to an entry that
 * was moved. Nobody waits for a place that is being written.
 */
#ifndef YOUNG_BPF_H
#define YOUNG_BPF_H

#include "arch.bpf.h"
#include "tracked.bpf.h"

#define YOUNG_WRITERS 0xfffU
#define YOUNG_BUSY 0x1000U
#define YOUNG_CLOSED 0x2000U
#define YOUNG_STEP 0x4000U /* the bits above count, and may begin again at 0 */

/*
 * Key: a hash of the address of an open file. Value: two places, the second for a hook that finds
 * the first being written. Never full, because open sockets are moved. Pinned by --pin.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SOCKLEAK_YOUNG / 2);
	__type(key, __u32);
	__type(value, struct young_pair);
} young SEC(".maps");

static __always_inline __u32 young_number(__u64 file)
{
	return (file >> 6) * 0x9e3779b97f4a7c15 >> 40 & (SOCKLEAK_YOUNG / 2 - 1);
}

/*
 * The entry of a socket; NULL = it is not here. It is valid once its inode is written, which is
 * last.
 */
static __always_inline struct pending *young_of(__u64 file, __u64 inode)
{
	__u32 number = young_number(file);
	struct young_pair *pair = bpf_map_lookup_elem(&young, &number);
	struct pending *entry;
	__u64 second;

	if (!pair || !inode)
		return NULL;
	second = pair->places[1].inode == inode;
	barrier_var(second); /* so that the verifier goes one way, not two */
	entry = &pair->places[second & 1];
	return entry->inode == inode ? entry : NULL;
}

/*
 * The entry of a socket wherever it is, to be read only. The young table is first: an entry is in
 * the map before it leaves it.
 */
static __always_inline struct pending *entry_of(__u64 file, __u64 inode)
{
	struct pending *entry = young_of(file, inode);
	struct fd_key key;

	return entry ?: pending_of_inode(inode, &key);
}

/* The same as young_of(), to be written to until young_close(). */
static __always_inline struct pending *young_open(__u64 file, __u64 inode)
{
	struct pending *entry = young_of(file, inode);

	if (!entry)
		return NULL;
	if (!(__sync_fetch_and_add(&entry->lock, 1) & YOUNG_CLOSED) &&
	    *(volatile __u64 *)&entry->inode == inode)
		return entry;
	__sync_fetch_and_add(&entry->lock, -1);
	return NULL;
}

/* Also for an entry in `pending`, whose lock nobody reads. */
static __always_inline void young_close(struct pending *entry)
{
	ADD_IN_ORDER(&entry->lock, YOUNG_STEP - 1);
}

/* Give a place back that young_take() took. */
static __always_inline void young_release(struct pending *entry)
{
	ADD_IN_ORDER(&entry->lock, YOUNG_STEP - YOUNG_BUSY - YOUNG_CLOSED);
}

#endif /* YOUNG_BPF_H */
