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

/* Does the socket itself show that a thread is inside connect? */
static __always_inline bool view_shows_connect(const struct socket_view *view)
{
	return view->family == AF_INET || view->family == AF_INET6;
}

/* What a hook left to the first sweep that meets the socket. */
static __always_inline void entry_complete(struct pending *entry, const struct socket_view *view)
{
	entry->family = view->family;
	entry->type = view->type;
	entry->protocol = view->protocol;
}

/* What an fd table shows about a socket that no hook saw being created. */
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
	event->execed = task_exec_id(task) != event->socket.exec_id;
	BPF_CORE_READ_STR_INTO(&event->comm, task, group_leader, comm);
}

#endif /* CLASSES_BPF_H */
