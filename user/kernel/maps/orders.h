/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * orders: has the kernel's side change its maps (bpf/orders.bpf.h). Many at once, and without a
 * bpf(2) call for each, during which the kernel leaves out hooks. An order is carried out when
 * orders__carry_out() is called, or before there is no more room.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_ORDERS_H
#define SOCKLEAK_ORDERS_H

#include <stdbool.h>

#include "control.h"
#include "pinned.h"
#include "sockleak.h"

struct sockleak_bpf;
struct orders;

/*
 * Orders to the programs of a skeleton that is loaded and outlives them. 0 or -errno. Free with
 * orders__free().
 */
int orders__new(struct sockleak_bpf *skeleton, struct orders **ret_orders);
/* Carries out the remaining orders; NULL is allowed. */
void orders__free(struct orders *orders);

/*
 * An order that there is no room for, because none can be carried out, is lost, and counted: a
 * stack as not reported, any other order by orders__refused().
 */
void orders__add(struct orders *orders, const struct order *order);
/* The snapshot of that socket was read. */
void orders__drop_snapshot(struct orders *orders, const struct pending *socket);
/* The stack is to be known under that key. False: there was no room, and it is counted as above. */
bool orders__keep_stack(struct orders *orders, __u64 key, const struct reported_stack *stack);
/* All slots of snapshots, of which so many there are, and nobody has one. 0 or -errno. */
int orders__free_slots(struct orders *orders, __u32 count);
/* Nothing, when there is none. 0 or -errno: then they are tried again with the next ones. */
int orders__carry_out(struct orders *orders);

/* Is an order that is not carried out yet about that socket? */
bool orders__concern(const struct orders *orders, __u64 inode);

/*
 * Orders that were lost so far. The kernel side's maps keep what they were to remove, a snapshot or
 * the stack of a leak that has ended, until the socket's entry ends or the inode is reported again.
 */
__u64 orders__refused(const struct orders *orders);
/* Stacks and their keys that could not be reported, so far: for want of room in a map or of memory.
 */
__u64 orders__stacks_lost(const struct orders *orders);

#endif /* SOCKLEAK_ORDERS_H */
