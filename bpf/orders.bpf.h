/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * orders: what user space wants done in the maps. It writes many orders into mapped memory and has
 * them carried out by reading an iterator. A bpf(2) call for each would make the kernel skip hooks
 * (docs/kernels.md).
 */
#ifndef ORDERS_BPF_H
#define ORDERS_BPF_H

#include "snapshots.bpf.h"
#include "reported.bpf.h"
#include "control.h"
#include "pinned.h"

/*
 * Key: a place. Value: an order, from the first place on; empty behind the last one. If it is full,
 * user space has the orders carried out first.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SOCKLEAK_ORDERS);
	__type(key, __u32);
	__type(value, struct order);
} orders SEC(".maps");

/* Key: its number. Value: a stack for ORDER_KEEP_STACK. If it is full: as `orders`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SOCKLEAK_STACKS_IN_HAND);
	__type(key, __u32);
	__type(value, struct reported_stack);
} stacks_in_hand SEC(".maps");

/* Stacks for which a map had no room or the kernel no memory. User space reads it. */
__u64 stacks_not_reported;

static __always_inline void keep_stack(__u32 number, __u64 key)
{
	struct reported_stack *stack = bpf_map_lookup_elem(&stacks_in_hand, &number);

	if (stack && bpf_map_update_elem(&reported_stacks, &key, stack, BPF_ANY))
		stacks_not_reported++;
}

/* For bpf_for_each_map_elem(). */
static long order_carry_out(struct bpf_map *map, const __u32 *place, struct order *order,
			    void *unused)
{
	struct reported stack = { .since_ns = order->since_ns,
				  .stack = order->stack,
				  .is_shown = order->slot };
	__u64 inode = order->inode;
	__u32 slot = order->slot, kind = order->kind;

	order->kind = ORDER_NONE;
	switch (kind) {
	case ORDER_FREE_SLOT:
		bpf_map_push_elem(&free_slots, &slot, BPF_ANY);
		return 0;
	case ORDER_DROP_SNAPSHOT:
		snapshot_drop_of(inode, order->since_ns);
		return 0;
	case ORDER_KEEP_STACK:
		keep_stack(slot, stack.stack);
		return 0;
	case ORDER_TELL:
		if (bpf_map_update_elem(&reported, &inode, &stack, BPF_ANY))
			stacks_not_reported++;
		return 0;
	case ORDER_FORGET:
		bpf_map_delete_elem(&reported, &inode);
		return 0;
	}
	return 1; /* that was all */
}

#endif /* ORDERS_BPF_H */
