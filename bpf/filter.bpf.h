/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * filter: which processes are watched. It is answered before any other map is touched. The settings
 * are constants to the verifier, so a filter that is not used costs nothing.
 */
#ifndef FILTER_BPF_H
#define FILTER_BPF_H

#include "kernel.bpf.h"
#include "control.h"

const volatile struct settings settings;

#define MAX_CGROUP_DEPTH 32 /* levels walked upwards; systemd and Kubernetes use up to 10 */

/*
 * The cgroups that are watched or excluded, with all below them; the innermost one that holds a
 * process decides. Key: a cgroup's id; value: enum cgroup_rule. User space keeps it, and follows
 * cgroups that come and go. Never full: user space counts what it leaves out.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_RULED);
	__type(key, __u64);
	__type(value, __u32);
} cgroups SEC(".maps");

/*
 * The process that `run` started and those that descend from it, by fork, until each has ended.
 * Key: a process; value: when it last forked, 0 = never. A parent that ends first changes nothing,
 * so a daemon stays. If it is full, a child and its children are not watched (descendants_full).
 * Without `run` it has one place.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} descendants SEC(".maps");

/* From the leaf to the root: the first rule is that of the innermost cgroup. */
static __always_inline bool cgroup_wanted(struct task_struct *task)
{
	struct cgroup *cgroup = task->cgroups->dfl_cgrp;
	struct cgroup_subsys_state *parent;

	for (int level = 0; cgroup && level < MAX_CGROUP_DEPTH; level++) {
		__u64 id = cgroup->kn->id;
		__u32 *rule = bpf_map_lookup_elem(&cgroups, &id);

		if (rule)
			return *rule == CGROUP_WANTED;
		parent = cgroup->self.parent;
		cgroup = parent ? parent->cgroup : NULL;
	}
	return !settings.by_cgroup;
}

static __always_inline bool is_wanted_name(const char *name)
{
	for (int i = 0; i < SOCKLEAK_COMM_LEN; i++) {
		if (name[i] != settings.comm[i])
			return false;
		if (!name[i])
			break;
	}
	return true;
}

/*
 * --comm is compared with the comm of the main thread and with the name of the executable, because
 * a program may give that thread any name (Node calls it MainThread).
 */
static __always_inline bool process_name_wanted(struct task_struct *task)
{
	char name[SOCKLEAK_COMM_LEN] = {};

	self_comm(task->group_leader, name);
	if (is_wanted_name(name))
		return true;
	return task_exe_name(task, name) && is_wanted_name(name);
}

/* Does --pid name it, or is --pid not given? */
static __always_inline bool process_named(__u32 tgid)
{
	for (__u32 i = 0; i < SOCKLEAK_MAX_PIDS && i < settings.n_tgids; i++)
		if (settings.tgids[i] == tgid)
			return true;
	return !settings.n_tgids;
}

/*
 * Is the process of a task to be watched? The verifier must know the type of the pointer: it is the
 * current task, or one that an iterator was given.
 */
static __always_inline bool wanted(struct task_struct *task)
{
	__u32 tgid = task->tgid;

	if (tgid == settings.self_tgid || !process_named(tgid))
		return false;
	if (settings.by_descent && !bpf_map_lookup_elem(&descendants, &tgid))
		return false;
	if (settings.by_uid && task->cred->uid.val != settings.uid)
		return false;
	if (settings.comm[0] && !process_name_wanted(task))
		return false;
	return !(settings.by_cgroup || settings.excludes) || cgroup_wanted(task);
}

#endif /* FILTER_BPF_H */
