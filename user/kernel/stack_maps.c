/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/stack_maps.h"

#include <errno.h>

#include <bpf/bpf.h>

unsigned int stack_maps_pcs(const struct stack_maps *maps, const struct pending *socket,
			    __u64 *ret_pcs)
{
	__u64 pcs[SOCKLEAK_STACK_DEPTH] = { 0 };
	__u32 id = (__u32)socket->origin;
	unsigned int count = 0;

	if (!(socket->flags & PENDING_STACK) || bpf_map_lookup_elem(maps->stacks, &id, pcs))
		return 0;
	while (count < SOCKLEAK_STACK_DEPTH && pcs[count]) {
		ret_pcs[count] = pcs[count];
		count++;
	}
	return count;
}

int stack_maps_snapshot(const struct stack_maps *maps, const struct pending *socket,
			struct snapshot *ret_snapshot, __u32 *ret_slot, bool *ret_whole)
{
	__u64 inode = socket->inode;
	__u32 slot;

	if (!(socket->flags & PENDING_SNAPSHOT) || bpf_map_lookup_elem(maps->slots, &inode, &slot))
		return -ENOENT;
	*ret_slot = slot;
	*ret_whole = !bpf_map_lookup_elem(maps->snapshots, &slot, ret_snapshot) &&
		     ret_snapshot->inode == inode && ret_snapshot->since_ns == socket->since_ns;
	return 0;
}

bool stack_maps_has_slot(const struct stack_maps *maps, const struct pending *socket, __u32 slot)
{
	__u64 inode = socket->inode;
	__u32 now;

	return !bpf_map_lookup_elem(maps->slots, &inode, &now) && now == slot;
}
