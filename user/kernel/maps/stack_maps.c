/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/maps/stack_maps.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

static bool is_of(const volatile struct snapshot *snapshot, const struct pending *socket)
{
	return snapshot->inode == socket->inode && snapshot->since_ns == socket->since_ns;
}

/* The kernel lays the values side by side, each from a multiple of 8 on; pages alone are mapped. */
static bool copy_slot(const struct stack_maps *maps, const struct pending *socket,
		      struct snapshot *ret_snapshot)
{
	size_t begin = socket->slot * ((maps->snapshot_size + 7) & ~(size_t)7);
	size_t in_page = begin % (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, in_page + maps->snapshot_size, PROT_READ, MAP_SHARED,
			   maps->snapshots, (off_t)(begin - in_page));
	bool whole;

	if (pages == MAP_FAILED)
		return false;
	memcpy(ret_snapshot, pages + in_page, maps->snapshot_size);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	whole = is_of(ret_snapshot, socket) &&
		is_of((const struct snapshot *)(pages + in_page), socket);
	munmap(pages, in_page + maps->snapshot_size);
	return whole;
}

bool stack_maps_snapshot(const struct stack_maps *maps, const struct pending *socket,
			 struct snapshot *ret_snapshot)
{
	return socket->flags & PENDING_SNAPSHOT && copy_slot(maps, socket, ret_snapshot);
}
