/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/maps/orders.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "sockleak.skel.h"

#define SIZE (SOCKLEAK_ORDERS * sizeof(struct order))
#define STACKS_SIZE (SOCKLEAK_STACKS_IN_HAND * sizeof(struct reported_stack))

struct orders {
	struct order *items;	       /* memory of the map `orders`; */
	struct reported_stack *stacks; /* of `stacks_in_hand` */
	unsigned int count, n_stacks;
	struct bpf_link *link;
	const volatile __u64 *not_reported; /* as the kernel's side counts them */
	__u64 stacks_refused; /* stacks that there was no room for, because none was carried out */
	__u64 refused;	      /* and other orders */
};

/* The values of an array that can be mapped, NULL = errno. */
static void *map_values(const struct bpf_map *map, size_t size)
{
	void *values = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return values == MAP_FAILED ? NULL : values;
}

int orders__new(struct sockleak_bpf *skeleton, struct orders **ret_orders)
{
	struct orders *orders = calloc(1, sizeof(*orders));
	int err;

	if (!orders)
		return -ENOMEM;
	orders->not_reported = &skeleton->bss->stacks_not_reported;
	orders->items = map_values(skeleton->maps.orders, SIZE);
	if (orders->items)
		orders->stacks = map_values(skeleton->maps.stacks_in_hand, STACKS_SIZE);
	if (orders->stacks)
		orders->link = bpf_program__attach_iter(skeleton->progs.carry_out_orders, NULL);
	if (!orders->link) {
		err = -errno;
		orders__free(orders);
		return err;
	}
	*ret_orders = orders;
	return 0;
}

void orders__free(struct orders *orders)
{
	if (!orders)
		return;
	orders__carry_out(orders);
	bpf_link__destroy(orders->link);
	if (orders->items)
		munmap(orders->items, SIZE);
	if (orders->stacks)
		munmap(orders->stacks, STACKS_SIZE);
	free(orders);
}

void orders__add(struct orders *orders, const struct order *order)
{
	if (orders->count < SOCKLEAK_ORDERS || !orders__carry_out(orders))
		orders->items[orders->count++] = *order;
	else if (order->kind == ORDER_TELL)
		orders->stacks_refused++;
	else
		orders->refused++;
}

void orders__drop_snapshot(struct orders *orders, const struct pending *socket)
{
	struct order order = { .kind = ORDER_DROP_SNAPSHOT,
			       .inode = socket->inode,
			       .since_ns = socket->since_ns };

	orders__add(orders, &order);
}

bool orders__keep_stack(struct orders *orders, __u64 key, const struct reported_stack *stack)
{
	struct order order = { .kind = ORDER_KEEP_STACK, .stack = key };
	bool is_full =
		orders->count == SOCKLEAK_ORDERS || orders->n_stacks == SOCKLEAK_STACKS_IN_HAND;

	if (is_full && orders__carry_out(orders)) {
		orders->stacks_refused++;
		return false;
	}
	order.slot = orders->n_stacks++;
	orders->stacks[order.slot] = *stack;
	orders__add(orders, &order);
	return true;
}

int orders__free_slots(struct orders *orders, __u32 count)
{
	struct order order = { .kind = ORDER_FREE_SLOT };

	for (; order.slot < count; order.slot++)
		orders__add(orders, &order);
	return orders__carry_out(orders);
}

int orders__carry_out(struct orders *orders)
{
	int fd, err = 0;
	char nothing;

	if (!orders->count)
		return 0;
	fd = bpf_iter_create(bpf_link__fd(orders->link));
	if (fd < 0)
		return -errno;
	/* The program runs in this thread, within read(): memory needs no barrier. */
	while (read(fd, &nothing, sizeof(nothing)) < 0 && !err)
		err = errno == EAGAIN || errno == EINTR ? 0 : -errno;
	close(fd);
	if (!err)
		orders->count = orders->n_stacks = 0;
	return err;
}

__u64 orders__stacks_lost(const struct orders *orders)
{
	return *orders->not_reported + orders->stacks_refused;
}

__u64 orders__refused(const struct orders *orders)
{
	return orders->refused;
}

bool orders__concern(const struct orders *orders, __u64 inode)
{
	for (unsigned int i = 0; i < orders->count; i++)
		if (orders->items[i].inode == inode)
			return true;
	return false;
}
