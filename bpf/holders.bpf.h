/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * holders: the processes that hold a leaked socket; fork, SCM_RIGHTS and CLONE_FILES make many. The
 * sweeps find them. An event is sent when a holder is new or gone, not in every sweep.
 */
#ifndef HOLDERS_BPF_H
#define HOLDERS_BPF_H

#include "pending.bpf.h"
#include "events.bpf.h"
#include "given_up.bpf.h"

struct holder_key {
	__u64 inode;
	__u32 tgid;
	__u32 pad;
};

struct holding {
	__u64 since_ns; /* of the socket: its inode may be reused */
	__u32 sweep;	/* number of the last one that saw it, modulo 2^32 */
	__u32 spell;	/* of the leak: user space forgets the holders of a leak that ends */
	__u32 owner;	/* the user in whose share it is */
	__u32 pad;
};

/*
 * Key: a leaked socket and a process that has it in its fd table. Allocated on demand, because most
 * sockets have one holder. As many as there can be sockets; if it is full, the holder is not
 * reported, and counted (holders_full).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct holder_key);
	__type(value, struct holding);
} holders SEC(".maps");

/* Without room for the record the next sweep sends it. */
static __always_inline struct event *holder_begin(const struct holder_key *key, __u64 since_ns,
						  enum event_kind kind)
{
	struct event *event = event_reserve(kind);

	if (!event)
		return NULL;
	event->socket.inode = key->inode;
	event->socket.since_ns = since_ns;
	event->tgid = key->tgid;
	return event;
}

/* A sweep met a leaked socket in the fd table of a task. */
static __always_inline void holder_met(const struct pending *entry, struct task_struct *task,
				       __u32 fd)
{
	struct holder_key key = { .inode = entry->inode, .tgid = BPF_CORE_READ(task, tgid) };
	struct holding holder = {
		.since_ns = entry->since_ns,
		.sweep = sweep.number,
		.spell = entry->spell,
		.owner = entry->owner,
	};
	struct holding *known = bpf_map_lookup_elem(&holders, &key);
	struct event *event;

	if (known && known->since_ns == entry->since_ns && known->spell == entry->spell) {
		known->sweep = sweep.number;
		return;
	}
	event = holder_begin(&key, entry->since_ns, EVENT_HELD);
	if (!event)
		return;
	if (!known && !share_take_holder(&holder.owner)) {
		count(COUNTER_HOLDERS_FULL);
		bpf_ringbuf_discard(event, 0);
		return;
	}
	if (bpf_map_update_elem(&holders, &key, &holder, BPF_ANY)) {
		count(COUNTER_HOLDERS_FULL);
		if (!known)
			share_give(SHARE_HOLDERS, holder.owner);
		bpf_ringbuf_discard(event, 0);
		return;
	}
	event->fd = fd;
	event->uid = BPF_CORE_READ(task, cred, uid.val);
	BPF_CORE_READ_STR_INTO(&event->comm, task, group_leader, comm);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void holder_drop(const struct holder_key *key, const struct holding *holding)
{
	__u32 owner = holding->owner;

	if (!bpf_map_delete_elem(&holders, key))
		share_give(SHARE_HOLDERS, owner);
}

/*
 * For bpf_for_each_map_elem(), after all fd tables were seen: a process that was not met with the
 * socket has let go, or the socket is gone.
 */
static long sweep_holder(struct bpf_map *map, const struct holder_key *key, struct holding *holding,
			 void *unused)
{
	struct event *event;

	if (seen_since(holding->sweep))
		return 0;
	if (given_up_of(key->inode)) { /* user space keeps it as it was last */
		holder_drop(key, holding);
		return 0;
	}
	event = holder_begin(key, holding->since_ns, EVENT_LEFT);
	if (!event)
		return 0;
	holder_drop(key, holding);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

#endif /* HOLDERS_BPF_H */
