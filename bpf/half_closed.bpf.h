/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * half_closed: connections whose peer has closed while this side has not (TCP: CLOSE_WAIT), and
 * those that are gone. Where they are asked for, each harvest looks at the sockets that are kept
 * (connected.bpf.h), and the dead ones become pending again, with their origin. From there on the
 * sweeps judge them as any other. Where they are not asked for, a full sweep counts them.
 */
#ifndef HALF_CLOSED_BPF_H
#define HALF_CLOSED_BPF_H

#include "events.bpf.h"
#include "pending.bpf.h"

struct left_aside left_aside;

/* When the run began, by both clocks: the length of a jiffy, 1 to 10 ms, has to be measured. */
__u64 began_ns, began_jiffies;

#define SHORTEST_JIFFY_NS 1000000

/* Before each sweep. */
static __always_inline void half_closed_begin(void)
{
	if (began_ns)
		return;
	began_ns = bpf_ktime_get_boot_ns();
	began_jiffies = bpf_jiffies64();
}

static __always_inline __u64 jiffy_ns(__u64 now_ns, __u64 jiffies)
{
	if (jiffies <= began_jiffies || now_ns - began_ns < 1000000000)
		return SHORTEST_JIFFY_NS; /* not measured yet: a time is rather too short */
	return (now_ns - began_ns) / (jiffies - began_jiffies);
}

/*
 * For at least how long has the peer been closed? Its FIN was an acknowledgement as well, and no
 * socket says when the FIN came: what was acknowledged later makes this shorter.
 */
static __always_inline bool peer_is_long_closed(const struct socket_view *view)
{
	struct tcp_sock *tcp = (void *)view->sk;
	__u64 jiffies = bpf_jiffies64();
	__u64 length_ns = jiffy_ns(bpf_ktime_get_boot_ns(), jiffies);

	return (__u32)(jiffies - BPF_CORE_READ(tcp, rcv_tstamp)) * length_ns >= sweep.older_than_ns;
}

/* A dead connection in an fd table that a full sweep reads. */
static __always_inline void left_aside_count(const struct socket_view *view)
{
	__s64 references;

	if (!view_is_dead(view) || !sweep.walks || sweep.repeats)
		return;
	references = file_references(view->file) - 1; /* the iterator has one */
	if (references < 1)
		references = 1;
	if (view->use == USE_WAS_CONNECTED && !settings.was_connected)
		left_aside.was_connected += LEFT_ASIDE_ONE / (__u64)references;
	if (view->use == USE_HALF_CLOSED && !settings.half_closed && peer_is_long_closed(view))
		left_aside.half_closed += LEFT_ASIDE_ONE / (__u64)references;
}

/*
 * For bpf_for_each_map_elem(): a socket that was connected. If it is dead now, it becomes pending
 * again. If another entry of it is pending, because connect(AF_UNSPEC) was seen, that one knows
 * more.
 */
static long connected_look(struct bpf_map *map, const __u64 *key, struct pending *entry,
			   void *unused)
{
	struct socket_view view = {};
	__u64 inode = *key;
	struct fd_key pending_key;
	int err;

	if (connection_lives(&entry->connection))
		return 0;
	if (!pending_is_open(entry) || pending_of_inode(inode, &pending_key)) {
		connected_drop(inode, entry);
		return 0;
	}
	if (!view_open((struct file *)entry->file, &view) || view.inode != inode)
		return 0;
	entry_complete(entry, &view);
	view_judge(&view);
	view_judge_peer(&view);
	view_weigh(&view, NULL);
	if (!view_is_dead(&view))
		return 0;
	entry->connection = (struct tcp_connection){ 0 };
	entry_note_dead(entry, &view);
	connected_leave_slot(entry, false);
	err = pending_put(entry, &pending_key);
	if (err) {
		count(err == -EDQUOT ? COUNTER_SHARE_FULL : COUNTER_MAP_FULL);
		entry_ended(entry, true, false);
	}
	bpf_map_delete_elem(&connected, &inode);
	return 0;
}

#endif /* HALF_CLOSED_BPF_H */
