/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/workloads/owners.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "host/process.h"
#include "host/process_name.h"
#include "host/workloads/cgroup.h"
#include "host/workloads/machine.h"
#include "host/workloads/workload.h"

#define MAX_KNOWN 1024

struct known_owner {
	struct key {
		__u64 cgroup_id;
		__u64 tgid;
	} key;
	__u64 sweep; /* in which it was looked up */
	struct owner *owner;
	UT_hash_handle hh;
};

struct owners {
	struct opener *opener;
	struct cgroups *cgroups;   /* NULL = no cgroup2 mount: ids without paths */
	struct known_owner *known; /* a uthash table, the oldest first */
	__u64 sweep;
};

struct owners *owners__new(struct opener *opener)
{
	struct owners *owners = calloc(1, sizeof(*owners));

	if (!owners)
		return NULL;
	owners->opener = opener;
	cgroups__new(&owners->cgroups);
	return owners;
}

static void forget_owner(struct owners *owners, struct known_owner *known)
{
	HASH_DEL(owners->known, known);
	owner_unref(known->owner);
	free(known);
}

void owners__free(struct owners *owners)
{
	if (!owners)
		return;
	while (owners->known)
		forget_owner(owners, owners->known);
	cgroups__free(owners->cgroups);
	free(owners);
}

void owners__begin_sweep(struct owners *owners)
{
	owners->sweep++;
}

/* By the socket's cgroup; if that is not of version 2, by the cgroups of the process. */
static void find_owner_workload(struct owner *owner, pid_t tgid)
{
	char machine[MACHINE_NAME_MAX] = "";
	char *text;

	if (owner->cgroup) {
		workload_of_cgroup(owner->cgroup, &owner->workload);
		machine_of_cgroup(owner->cgroup, machine);
	}
	if (!owner->workload.container[0] && !process_cgroups(tgid, &text)) {
		workload_of_proc(text, &owner->workload);
		if (!machine[0])
			machine_of_proc(text, machine);
		free(text);
	}
	if (machine[0])
		owner->machine = strdup(machine);
}

/* Does the executable's name tell more than the comm? */
static void find_name(struct owner *owner, pid_t tgid)
{
	char comm[SOCKLEAK_COMM_LEN];

	if (!process_comm(tgid, comm) && process_is_renamed(comm, owner->exe, owner->command))
		process_exe_name(owner->exe, owner->renamed);
}

static int ask_command(struct owners *owners, pid_t tgid, char **ret_command)
{
	return owners->opener ? opener__command(owners->opener, tgid, ret_command) :
				process_command(tgid, ret_command);
}

/* *ret_is_whole: the opener was not too busy to say the command. */
static struct owner *read_owner(struct owners *owners, const struct key *key, bool *ret_is_whole)
{
	char *exe = NULL, *cgroup = NULL, *unit = NULL;
	struct owner *owner;
	int err;

	process_exe((pid_t)key->tgid, &exe);
	if (owners->cgroups)
		cgroups__path(owners->cgroups, key->cgroup_id, &cgroup);
	if (cgroup)
		cgroup_unit(cgroup, &unit);
	owner = owner_new(exe, cgroup, unit);
	if (!owner)
		return NULL;
	err = ask_command(owners, (pid_t)key->tgid, &owner->command);
	*ret_is_whole = err != -EINPROGRESS && err != -EBUSY;
	find_name(owner, (pid_t)key->tgid);
	find_owner_workload(owner, (pid_t)key->tgid);
	return owner;
}

/* Takes the owner and returns one reference. Without memory it is not remembered. */
static struct owner *remember_owner(struct owners *owners, const struct key *key,
				    struct owner *owner)
{
	struct known_owner *known;

	if (HASH_COUNT(owners->known) >= MAX_KNOWN)
		forget_owner(owners, owners->known);
	known = calloc(1, sizeof(*known));
	if (!known)
		return owner;
	known->key = *key;
	known->sweep = owners->sweep;
	HASH_ADD(hh, owners->known, key, sizeof(known->key), known);
	if (!known->hh.tbl) {
		free(known);
		return owner;
	}
	known->owner = owner_ref(owner);
	return owner;
}

static struct owner *find_known_owner(struct owners *owners, __u32 tgid,
				      const struct pending *socket)
{
	struct key key = { socket->cgroup_id, tgid };
	__u64 start_ns = 0;
	struct known_owner *known;
	struct owner *owner;
	bool alive, is_whole;

	HASH_FIND(hh, owners->known, &key, sizeof(key), known);
	if (known && known->sweep == owners->sweep)
		return owner_ref(known->owner);
	alive = !process_start_time((pid_t)tgid, &start_ns);
	if (known && !alive)
		return owner_ref(known->owner); /* all there is */
	owner = read_owner(owners, &key, &is_whole);
	if (!owner || !is_whole)
		return owner; /* it is read again when it is asked for again */
	if (known)
		forget_owner(owners, known);
	return remember_owner(owners, &key, owner);
}

void owners__look(struct owners *owners, const struct event *event)
{
	owner_unref(find_known_owner(owners, event->tgid, &event->socket));
}

struct owner *owners__find(struct owners *owners, const struct event *event)
{
	return find_known_owner(owners, event->tgid, &event->socket);
}
