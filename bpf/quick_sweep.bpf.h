/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * quick sweep: what most sweeps are. It walks the pending sockets, which are few, and not the fd
 * tables, which may be long. It looks at the open file of each entry:
 *
 *   - Nothing refers to the file: the socket is in no fd table and in no message. It has ended.
 *   - The socket is in use: it has ended.
 *   - The socket is not as it was last reported: an fd table must be read before it is reported.
 * The process is put into `suspects`, and user space has it read; a full sweep looks for the rest.
 *
 * So it calls nothing a leak, and nothing closed that somebody holds.
 */
#ifndef QUICK_SWEEP_BPF_H
#define QUICK_SWEEP_BPF_H

#include "sweep.bpf.h"

/*
 * Key: a process whose fd table must be read. Value: unused. The next quick sweep empties it. If it
 * is full, the sweep becomes a full sweep (sweep.crowd).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_LOOKS);
	__type(key, __u32);
	__type(value, __u8);
} suspects SEC(".maps");

/*
 * The view of a socket whose file is known to be open. It makes half as many reads as view_open(),
 * and reads are most of the cost of a quick sweep.
 */
static __always_inline bool view_reopen(const struct pending *entry, struct socket_view *ret_view)
{
	struct file *file = (struct file *)entry->file;
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);

	if (!sk)
		return false;
	ret_view->file = file;
	ret_view->socket = socket;
	ret_view->sk = sk;
	ret_view->inode = entry->inode;
	ret_view->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	ret_view->type = entry->type;
	ret_view->protocol = entry->protocol;
	return true;
}

/*
 * The view of any entry. If no sweep has met it yet, its file may not be a socket's: another thread
 * may have put it there.
 */
static __always_inline bool view_of(struct pending *entry, struct socket_view *ret_view)
{
	if (entry->family)
		return view_reopen(entry, ret_view);
	if (!view_open((struct file *)entry->file, ret_view))
		return false;
	entry_complete(entry, ret_view);
	return true;
}

/* Is there something to report about it? The same questions as in sweep_socket(). */
static __always_inline bool has_news(struct pending *entry, const struct socket_view *view)
{
	if (view->use == USE_CONNECTING)
		return false;
	if (!entry_is_suspect(entry, sweep.older_than_ns, sweep.start_ns)) {
		pending_suspect(entry);
		return false;
	}
	if (!view_shows_connect(view))
		sweep.asks_threads = 1;
	/* the next full sweep looks for what the last one did not find */
	return !entry->unseen && classify(entry, view) != reported_class(entry);
}

/* Have the fd table read that has the socket, as far as is known. */
static __always_inline void suspects_add(struct pending *entry)
{
	__u32 tgid = was_reported(entry) ? entry->holder_tgid : entry->tgid;
	__u8 yes = 1;

	if (entry->seen_sweep == (__u32)sweep.number)
		return; /* its table was read already; the event waits for room */
	if (sweep.looked && is_without_descriptor(entry)) {
		entry->unseen = 1;
		return;
	}
	sweep.unread++;
	if (bpf_map_update_elem(&suspects, &tgid, &yes, BPF_ANY))
		sweep.crowd = 1;
}

/* ---- For bpf_for_each_map_elem(). ---- */

static long quick_sweep_entry(struct bpf_map *map, const struct fd_key *key, struct pending *entry,
			      void *unused)
{
	struct socket_view view = {};

	sweep.pending++;
	if (!entry->counted)
		share_take_entry(entry, true);
	if (entry->left && entry->seen_sweep == (__u32)sweep.number)
		return 0; /* user space has yet to read its stack */
	if (!pending_is_open(entry)) {
		sweep.pending -= entry_end(key, entry);
		return 0;
	}
	left_look(entry);
	if (!view_of(entry, &view) || view.inode != entry->inode)
		return 0; /* for the next full sweep */
	view_judge(&view);
	view_judge_peer(&view);
	view_weigh_now(&view, entry);
	if (view.use == USE_IN_USE)
		sweep.pending -= pending_end(key, entry, END_USED);
	else if (view.use == USE_REMEMBERED)
		pending_tell_end(entry, END_USED);
	else if (has_news(entry, &view))
		suspects_add(entry);
	else
		sweep.pending -= entry_gives_way(key, entry);
	return 0;
}

/* The holders of a socket without an entry. The full sweeps know better who holds the others. */
static long quick_sweep_holder(struct bpf_map *map, const struct holder_key *key,
			       struct holding *holding, void *unused)
{
	struct fd_key home;

	return pending_of_inode(key->inode, &home) ? 0 : sweep_holder(map, key, holding, unused);
}

static long drop_suspect(struct bpf_map *map, const __u32 *tgid, void *value, void *unused)
{
	bpf_map_delete_elem(&suspects, tgid);
	return 0;
}

#endif /* QUICK_SWEEP_BPF_H */
