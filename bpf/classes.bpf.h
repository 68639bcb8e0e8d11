/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * classes: is a socket a leak, and of which class? docs/classes.md in code: by what the kernel
 * knows about it and what was tried on it. Touches no map.
 */
#ifndef CLASSES_BPF_H
#define CLASSES_BPF_H

#include "filter.bpf.h"
#include "kernel.bpf.h"

static __always_inline enum leak_class classify(const struct pending *entry,
						const struct socket_view *view)
{
	const struct evidence *evidence = &entry->evidence;

	if (view->use == USE_HALF_CLOSED)
		return CLASS_HALF_CLOSED;
	if (view->use == USE_WAS_CONNECTED)
		return CLASS_WAS_CONNECTED;
	if (entry->flags & PENDING_ORIGIN_UNKNOWN)
		return CLASS_UNKNOWN_ORIGIN;
	if (evidence->connect_tries)
		return CLASS_CONNECT_FAILED;
	if (evidence->bound)
		return CLASS_BOUND_ONLY;
	if (evidence->bind_tries)
		return CLASS_BIND_FAILED;
	if (evidence->enotconn)
		return CLASS_PROBED;
	return CLASS_NEVER_USED;
}

/* A failed connect has bound it to a local port, which alone does not make it used. */
static __always_inline bool has_port_by_connect(const struct pending *entry)
{
	return entry->evidence.connect_errno && !entry->evidence.bind_worked;
}

/* A datagram socket about which only a local port is known. */
static __always_inline bool has_but_a_port(const struct socket_view *view)
{
	if (view->family != AF_INET && view->family != AF_INET6)
		return false;
	return view->type == SOCK_DGRAM && view->use == USE_IN_USE && !view->connected;
}

/* connect binds a datagram socket before it fails. */
static __always_inline bool bound_by_connect(const struct socket_view *view,
					     const struct pending *entry)
{
	return has_but_a_port(view) && has_port_by_connect(entry);
}

/*
 * Where the rules of a family are not known, the kernel cannot tell use from non-use. There it is
 * enough that the socket is bound or was connected once.
 */
static __always_inline void view_weigh(struct socket_view *view, struct pending *entry)
{
	bool modelled = view->family == AF_INET || view->family == AF_INET6 ||
			view->family == AF_UNIX || view->family == AF_NETLINK;

	if (view->disconnected && entry && entry->flags & PENDING_UNSPEC)
		view->use = USE_NEVER; /* no former listener: inet_was_open() */
	if (view->use == USE_WAS_CONNECTED && !settings.was_connected)
		view->use = USE_IN_USE;
	if (view->use == USE_HALF_CLOSED && !settings.half_closed)
		view->use = USE_IN_USE;
	if (!entry)
		return;
	if (modelled && view->bound && view->use != USE_CONNECTING) /* or connect has bound it */
		entry->evidence.bound = 1;
	if (!modelled && view->use == USE_MAYBE && entry->evidence.bound)
		view->use = USE_REMEMBERED;
	if (!modelled && view->use == USE_NEVER && entry->flags & PENDING_ORIGIN_UNKNOWN)
		view->use = USE_MAYBE; /* it may have been connected before */
	if (bound_by_connect(view, entry))
		view->use = USE_MAYBE;
	/* it is as new to the kernel: it is known as an old one only as long as its entry stays */
	if (entry->flags & PENDING_DISSOLVED && view->use <= USE_MAYBE)
		view->use = settings.was_connected ? USE_WAS_CONNECTED : USE_REMEMBERED;
}

/*
 * To the kernel a unix stream stays connected when its peer is closed. No more can come from there,
 * and what is sent fails: it is half closed.
 */
static __always_inline void view_judge_peer(struct socket_view *view)
{
	struct unix_sock *sk = (void *)view->sk;
	struct sock *peer;

	if (!settings.half_closed || view->family != AF_UNIX || view->type == SOCK_DGRAM ||
	    !view->connected)
		return;
	peer = BPF_CORE_READ(sk, peer);
	if (peer && BPF_CORE_READ(peer, __sk_common.skc_flags) & 1UL << SOCK_DEAD)
		view->use = USE_HALF_CLOSED;
}

static __always_inline bool view_is_dead(const struct socket_view *view)
{
	return view->use == USE_HALF_CLOSED || view->use == USE_WAS_CONNECTED;
}

/* The age of a dead connection counts from when a sweep first saw it so: no socket tells when. */
static __always_inline void entry_note_dead(struct pending *entry, const struct socket_view *view)
{
	bool dead = view_is_dead(view);

	if (!(settings.half_closed || settings.was_connected) ||
	    dead == !!(entry->flags & PENDING_DEAD))
		return;
	entry->flags ^= PENDING_DEAD;
	entry->evidence.first_enotconn_ns = dead ? bpf_ktime_get_boot_ns() : 0;
}

/*
 * Had it been as it is for longer than the threshold, when the sweep began? The sweep has asked
 * then who is inside connect, and may take long until it comes to the socket.
 */
static __always_inline bool entry_is_suspect(const struct pending *entry, __u64 older_than_ns,
					     __u64 begun_ns)
{
	__u64 from_ns = entry->since_ns;

	if (entry->flags & PENDING_DEAD)
		from_ns = entry->evidence.first_enotconn_ns;
	return begun_ns >= from_ns && begun_ns - from_ns >= older_than_ns;
}

/* Does the socket itself show that a thread is inside connect? */
static __always_inline bool view_shows_connect(const struct socket_view *view)
{
	return view->family == AF_INET || view->family == AF_INET6;
}

/* Notes what a hook left to the first sweep that meets the socket. */
static __always_inline void entry_complete(struct pending *entry, const struct socket_view *view)
{
	entry->family = view->family;
	entry->type = view->type;
	entry->protocol = view->protocol;
}

/* An entry for a socket that no hook saw being created, from what an fd table shows. */
static __always_inline void entry_of_unknown(struct pending *ret_entry,
					     const struct socket_view *view,
					     struct task_struct *task, __u32 fd)
{
	ret_entry->inode = view->inode;
	ret_entry->file = (__u64)view->file;
	entry_complete(ret_entry, view);
	ret_entry->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	ret_entry->tgid = BPF_CORE_READ(task, tgid);
	ret_entry->fd = fd;
	ret_entry->uid = BPF_CORE_READ(task, cred, uid.val);
	ret_entry->flags = PENDING_ORIGIN_UNKNOWN;
	BPF_CORE_READ_STR_INTO(&ret_entry->comm, task, group_leader, comm);
}

/* struct sockaddr_in and sockaddr_in6 of ip(7) and ipv6(7), which BTF may lack. */
struct inet_address {
	__u16 family;
	__u16 port;
	__u32 address;
	__u8 zero[8];
};

struct inet6_address {
	__u16 family;
	__u16 port;
	__u32 flow;
	struct in6_addr address;
	__u32 scope;
};

/* The other end of a connection that no hook saw being made. */
static __always_inline void view_peer(const struct socket_view *view, struct evidence *ret_evidence)
{
	struct inet_address *in = (void *)ret_evidence->dest;
	struct inet6_address *in6 = (void *)ret_evidence->dest;
	struct sock *sk = view->sk;

	if (view->family == AF_INET) {
		in->family = AF_INET;
		in->port = BPF_CORE_READ(sk, __sk_common.skc_dport);
		in->address = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		ret_evidence->dest_len = sizeof(*in);
	} else if (view->family == AF_INET6) {
		in6->family = AF_INET6;
		in6->port = BPF_CORE_READ(sk, __sk_common.skc_dport);
		BPF_CORE_READ_INTO(&in6->address, sk, __sk_common.skc_v6_daddr);
		ret_evidence->dest_len = sizeof(*in6);
	}
}

/* The holder and the state of the socket; event->socket is set already. */
static __always_inline void event_describe(struct event *event, const struct socket_view *view,
					   struct task_struct *task, __u32 fd)
{
	struct sock *sk = view->sk;

	event->tgid = BPF_CORE_READ(task, tgid);
	event->fd = fd;
	event->uid = BPF_CORE_READ(task, cred, uid.val);
	event->error = BPF_CORE_READ(sk, sk_err);
	event->maybe_in_use = view->use == USE_MAYBE;
	if (view_is_dead(view) && !event->socket.evidence.dest_len)
		view_peer(view, &event->socket.evidence);
	event->execed = task_exec_id(task) != event->socket.exec_id;
	BPF_CORE_READ_STR_INTO(&event->comm, task, group_leader, comm);
}

#endif /* CLASSES_BPF_H */
