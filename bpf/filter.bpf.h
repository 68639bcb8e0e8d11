/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * filter: whom the user asked to watch. Answered before any other map is
 * touched. The settings are constants to the verifier: a filter that was not
 * asked for costs nothing.
 */
#ifndef FILTER_BPF_H
#define FILTER_BPF_H

#include "kernel.bpf.h"

const volatile struct settings settings;

#define MAX_CGROUP_DEPTH 32 /* levels walked upwards; systemd and Kubernetes use up to 10 */

/*
 * The cgroups that are watched, or are not, each with all below it; of two that hold a
 * process the inner one counts. Key: a cgroup's id; value: enum cgroup_rule. Kept by
 * user space, which follows what is made and removed. Never full: user space counts
 * what it leaves out.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_RULED);
	__type(key, __u64);
	__type(value, __u32);
} cgroups SEC(".maps");

/* From the root of the tree to the leaf. */
static __always_inline bool current_under_cgroups(void)
{
	bool is_in = !settings.by_cgroup;

	for (int level = 0; level < MAX_CGROUP_DEPTH; level++) {
		__u64 id = bpf_get_current_ancestor_cgroup_id(level);
		__u32 *rule;

		if (!id) /* below the current one */
			break;
		rule = bpf_map_lookup_elem(&cgroups, &id);
		if (!rule)
			continue;
		is_in = *rule == CGROUP_WANTED;
		if (!settings.excludes)
			break;
	}
	return is_in;
}

/* From the leaf to the root. */
static __always_inline bool task_under_cgroups(struct task_struct *task)
{
	struct cgroup *cgroup = task_cgroup(task);

	for (int level = 0; cgroup && level < MAX_CGROUP_DEPTH; level++) {
		__u64 id = cgroup_number(cgroup);
		__u32 *rule = bpf_map_lookup_elem(&cgroups, &id);

		if (rule)
			return *rule == CGROUP_WANTED;
		cgroup = cgroup_parent(cgroup);
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
 * --comm names the process: by its main thread's comm or, since a program may give that
 * thread any name (Node calls it MainThread), by its executable's.
 */
static __always_inline bool process_name_wanted(struct task_struct *task)
{
	char name[SOCKLEAK_COMM_LEN] = {};

	self_comm(task->group_leader, name);
	if (is_wanted_name(name))
		return true;
	return task_exe_name(task, name) && is_wanted_name(name);
}

static __always_inline bool tgid_wanted(__u32 tgid)
{
	return tgid != settings.self_tgid && (!settings.tgid || tgid == settings.tgid);
}

/* Is the current process one to watch? What is not asked for is not even looked up. */
static __always_inline bool wanted(struct task_struct *self)
{
	if (!tgid_wanted(self->tgid))
		return false;
	if (settings.by_uid && self->cred->uid.val != settings.uid)
		return false;
	if (settings.comm[0] && !process_name_wanted(self))
		return false;
	return !(settings.by_cgroup || settings.excludes) || current_under_cgroups();
}

/* The same for any task. */
static __always_inline bool task_wanted(struct task_struct *task)
{
	if (!tgid_wanted(BPF_CORE_READ(task, tgid)))
		return false;
	if (settings.by_uid && BPF_CORE_READ(task, cred, uid.val) != settings.uid)
		return false;
	if (settings.comm[0] && !process_name_wanted(task))
		return false;
	return !(settings.by_cgroup || settings.excludes) || task_under_cgroups(task);
}

#endif /* FILTER_BPF_H */
