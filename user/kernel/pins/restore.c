/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/pins/restore.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "control.h"
#include "host/process.h"
#include "lib/cleanup.h"
#include "pinned.h"
#include "sockleak.h"

/* Descriptors of the maps of these names, and what some of them hold at most. */
struct maps {
	int pending, by_inode, slots, free_slots, stacks, reported, growths;
	int in_flight, in_flight_overflow;
	int snapshots, user_shares, process_shares;
	size_t slot_size;
	__u32 max_slots, max_stacks;
	void (*on_progress)(void *ctx); /* NULL = nobody wants to know */
	void *ctx;
};

#define PROGRESS_EVERY 1000

static void show_progress(const struct maps *maps, size_t done)
{
	if (maps->on_progress && done % PROGRESS_EVERY == 0)
		maps->on_progress(maps->ctx);
}

static int map_of(const struct bpf_object *object, const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

static __u32 room_of(const struct bpf_object *object, const char *name)
{
	return bpf_map__max_entries(bpf_object__find_map_by_name(object, name));
}

static struct maps maps_of(const struct bpf_object *object)
{
	struct maps maps = {
		.pending = map_of(object, "pending"),
		.by_inode = map_of(object, "pending_by_inode"),
		.slots = map_of(object, "slots"),
		.free_slots = map_of(object, "free_slots"),
		.stacks = map_of(object, "stacks"),
		.reported = map_of(object, "reported"),
		.growths = map_of(object, "growths"),
		.in_flight = map_of(object, "in_flight"),
		.in_flight_overflow = map_of(object, "in_flight_overflow"),
		.snapshots = map_of(object, "snapshots"),
		.user_shares = map_of(object, "user_shares"),
		.process_shares = map_of(object, "process_shares"),
		.slot_size = bpf_map__value_size(bpf_object__find_map_by_name(object, "snapshots")),
		.max_slots = room_of(object, "slots"),
		.max_stacks = 1,
	};

	while (maps.max_stacks < room_of(object, "stacks"))
		maps.max_stacks *= 2; /* as the kernel rounds it */
	return maps;
}

/* All keys of a map: it is gone through once and changed then, or entries move meanwhile. */
struct keys {
	char *items;
	size_t size, count, room;
};

#define _cleanup_keys_ __attribute__((cleanup(keys_free)))

static void keys_free(struct keys *keys)
{
	free(keys->items);
}

static int keys_read(struct keys *keys, int map, size_t size)
{
	char *last = NULL;

	keys->size = size;
	for (;;) {
		if (keys->count == keys->room) {
			size_t room = keys->room ? 2 * keys->room : 1024;
			char *items = realloc(keys->items, room * size);

			if (!items)
				return -ENOMEM;
			keys->items = items;
			keys->room = room;
		}
		last = keys->count ? keys->items + (keys->count - 1) * size : NULL;
		if (bpf_map_get_next_key(map, last, keys->items + keys->count * size))
			return errno == ENOENT ? 0 : -errno;
		keys->count++;
	}
}

static const void *keys_at(const struct keys *keys, size_t i)
{
	return keys->items + i * keys->size;
}

/* ---- Sockets ---- */

/*
 * A try of connect that a signal interrupted is forgotten with the flags: else the
 * failure of a later one would not count, if its end fell between the two runs.
 */
static void reset(struct pending *entry)
{
	entry->flags &= PENDING_LASTING;
	entry->reported = 0;
	entry->seen_sweep = 0;
	entry->connecting = 0;
	entry->holder_tgid = entry->holder_fd = entry->holder_sweep = 0;
	entry->unseen = 0;
	entry->counted = 0;
}

/* The young are moved as before a sweep: those that live into `pending`, the others end. */
static int take_young(const struct bpf_object *object)
{
	struct bpf_link *link = bpf_program__attach_iter(
		bpf_object__find_program_by_name(object, "harvest_maps"), NULL);
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -errno, err = 0;
	char nothing;

	if (fd < 0)
		err = link ? -errno : fd;
	else if (read(fd, &nothing, sizeof(nothing)) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

/* `used`: a bit for each stack; those of the sockets that are left are set. */
static int take_sockets(const struct maps *maps, __u8 *used, __u32 *ret_count)
{
	_cleanup_keys_ struct keys keys = { 0 };
	int err = keys_read(&keys, maps->pending, sizeof(struct fd_key));

	for (size_t i = 0; i < keys.count && !err; i++) {
		const struct fd_key *key = keys_at(&keys, i);
		struct pending entry;

		show_progress(maps, i);
		if (bpf_map_lookup_elem(maps->pending, key, &entry))
			continue;
		reset(&entry);
		err = bpf_map_update_elem(maps->by_inode, &entry.inode, key, BPF_ANY) ? -errno : 0;
		if (err)
			break;
		if (entry.flags & PENDING_STACK && entry.origin < maps->max_stacks)
			used[entry.origin / 8] |= (__u8)(1U << entry.origin % 8);
		err = bpf_map_update_elem(maps->pending, key, &entry, BPF_EXIST) ? -errno : 0;
	}
	*ret_count = (__u32)keys.count;
	return err;
}

static bool is_known(const struct maps *maps, __u64 inode)
{
	struct fd_key key;

	return !bpf_map_lookup_elem(maps->by_inode, &inode, &key);
}

/* ---- Stacks ---- */

/* They are never removed while hooks may be using them: now none does. */
static void drop_stacks(const struct maps *maps, const __u8 *used)
{
	for (__u32 id = 0; id < maps->max_stacks; id++) {
		show_progress(maps, id);
		if (!(used[id / 8] & 1U << id % 8))
			bpf_map_delete_elem(maps->stacks, &id);
	}
}

static int drop_reported(const struct maps *maps)
{
	_cleanup_keys_ struct keys keys = { 0 };
	int err = keys_read(&keys, maps->reported, sizeof(__u64));

	for (size_t i = 0; i < keys.count && !err; i++) {
		show_progress(maps, i);
		if (!is_known(maps, *(const __u64 *)keys_at(&keys, i)))
			bpf_map_delete_elem(maps->reported, keys_at(&keys, i));
	}
	return err;
}

/* Those of processes that are there no more. */
static int drop_growths(const struct maps *maps)
{
	_cleanup_keys_ struct keys keys = { 0 };
	int err = keys_read(&keys, maps->growths, sizeof(struct grown_key));

	for (size_t i = 0; i < keys.count && !err; i++) {
		const struct grown_key *key = keys_at(&keys, i);
		__u64 start_ns;

		show_progress(maps, i);
		if (process_start_time((pid_t)key->tgid, &start_ns) || start_ns != key->start_ns)
			bpf_map_delete_elem(maps->growths, key);
	}
	return err;
}

/* `slots` says whose each slot is; whatever it does not name is free, and maybe known to be. */
static int fill_slots(const struct maps *maps, const bool *taken)
{
	__u32 known;

	while (!bpf_map_lookup_and_delete_elem(maps->free_slots, NULL, &known))
		;
	for (__u32 slot = 0; slot < maps->max_slots; slot++)
		if (!taken[slot] && bpf_map_update_elem(maps->free_slots, NULL, &slot, BPF_ANY))
			return -errno;
	return 0;
}

/*
 * Slots and sockets go to the shares of this run. It counts the sockets in its first sweep, and so
 * those of take_young() again.
 */
static int drop_shares(int map, size_t key_size)
{
	_cleanup_keys_ struct keys keys = { 0 };
	int err = keys_read(&keys, map, key_size);

	for (size_t i = 0; i < keys.count && !err; i++)
		bpf_map_delete_elem(map, keys_at(&keys, i));
	return err;
}

/* The slot is given back to its owner's share later. `snapshot` has room for one. */
static int count_slot(const struct maps *maps, __u32 slot, struct snapshot *snapshot)
{
	struct share share = { 0 };

	if (bpf_map_lookup_elem(maps->snapshots, &slot, snapshot))
		return -errno;
	if (bpf_map_lookup_elem(maps->user_shares, &snapshot->owner, &share) && errno != ENOENT)
		return -errno;
	share.used[SHARE_SNAPSHOTS]++;
	if (bpf_map_update_elem(maps->user_shares, &snapshot->owner, &share, BPF_ANY))
		return errno == E2BIG ? 0 : -errno; /* a user beyond as many as are counted */
	return 0;
}

static int take_slots(const struct maps *maps, bool *taken, __u32 *ret_count)
{
	_cleanup_free_ struct snapshot *snapshot = malloc((maps->slot_size + 7) / 8 * 8);
	_cleanup_keys_ struct keys keys = { 0 };
	int err = snapshot ? keys_read(&keys, maps->slots, sizeof(__u64)) : -ENOMEM;

	if (!err)
		err = drop_shares(maps->user_shares, sizeof(__u32));
	if (!err)
		err = drop_shares(maps->process_shares, sizeof(struct share_key));
	for (size_t i = 0; i < keys.count && !err; i++) {
		__u64 inode = *(const __u64 *)keys_at(&keys, i);
		__u32 slot;

		show_progress(maps, i);
		if (bpf_map_lookup_elem(maps->slots, &inode, &slot))
			continue;
		if (!is_known(maps, inode) || slot >= maps->max_slots || taken[slot]) {
			/* the run was killed between the slot and its socket's entry */
			bpf_map_delete_elem(maps->slots, &inode);
			continue;
		}
		taken[slot] = true;
		++*ret_count;
		err = count_slot(maps, slot, snapshot);
	}
	if (err)
		return err;
	return fill_slots(maps, taken);
}

/* ---- Calls ---- */

/* An array's elements cannot be deleted: of those there is a call that is nobody's. */
static void drop_call(int map, const void *key)
{
	const struct call nobodys = { 0 };

	if (bpf_map_delete_elem(map, key))
		bpf_map_update_elem(map, key, &nobodys, BPF_EXIST);
}

/*
 * Threads inside connect, bind and getpeername when the earlier run ended. The first sweep finds by
 * their registers which of them still wait in connect (waits.bpf.h). The end of any other call was
 * missed.
 */
static int take_calls(const struct maps *maps, int map)
{
	_cleanup_keys_ struct keys keys = { 0 };
	int err = keys_read(&keys, map, sizeof(__u32));

	for (size_t i = 0; i < keys.count && !err; i++) {
		const void *key = keys_at(&keys, i);
		struct call call;

		show_progress(maps, i);
		if (bpf_map_lookup_elem(map, key, &call) || !CALL_TID(&call))
			continue;
		call.left_at = 0;
		if (call.kind != CALL_CONNECT)
			drop_call(map, key);
		else if (bpf_map_update_elem(map, key, &call, BPF_EXIST))
			err = -errno;
	}
	return err;
}

int restore_fill_slots(const struct bpf_object *object)
{
	const struct maps maps = maps_of(object);
	bool *taken = calloc(maps.max_slots, sizeof(*taken));
	int err = taken ? fill_slots(&maps, taken) : -ENOMEM;

	free(taken);
	return err;
}

int restore_begin(const struct bpf_object *object, void (*on_progress)(void *ctx), void *ctx,
		  struct restored *ret)
{
	struct maps maps = maps_of(object);
	_cleanup_free_ __u8 *used = calloc(maps.max_stacks / 8 + 1, 1);
	_cleanup_free_ bool *taken = calloc(maps.max_slots, sizeof(*taken));
	int err;

	maps.on_progress = on_progress;
	maps.ctx = ctx;
	if (!used || !taken)
		return -ENOMEM;
	err = take_young(object);
	if (err)
		return err;
	err = take_sockets(&maps, used, &ret->sockets);
	if (err)
		return err;
	drop_stacks(&maps, used);
	err = drop_reported(&maps);
	if (err)
		return err;
	err = drop_growths(&maps);
	if (err)
		return err;
	err = take_slots(&maps, taken, &ret->slots);
	if (err)
		return err;
	err = take_calls(&maps, maps.in_flight);
	if (err)
		return err;
	return take_calls(&maps, maps.in_flight_overflow);
}

void restore_tidy(const struct bpf_object *object)
{
	const struct maps maps = maps_of(object);

	drop_reported(&maps);
}
