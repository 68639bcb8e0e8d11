/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "kernel/maps/orders.h"
#include "lib/hash.h"
#include "sockleak.skel.h"
#include "stacks/site_id.h"

/* By these names the one is found by the other. */
#define REPORTED_STACKS "reported"
#define STACKS "reported_stacks"
#define PENDING "pending"
#define PENDING_BY_INODE "pending_by_inode"
#define YOUNG "young"
#define UNNAMED "stacks"
#define SNAPSHOTS "snapshots"
#define SETTINGS "sockleak.rodata"
#define PROGRAM "sweep_files"

#define MAX_MAPS 64 /* of one program */

struct history {
	struct history_maps maps;
	struct orders *orders;
	__u64 growth_lost;
	__u64 last_stack; /* the key of the stack that was put into the map last; 0 = none yet */
};

/* ---- The one that runs ---- */

void history__free(struct history *history)
{
	free(history);
}

int history__new(int program_fd, const struct history_maps *maps, struct orders *orders,
		 struct history **ret_history)
{
	struct history *history = calloc(1, sizeof(*history));
	const int bound[] = { maps->reported, maps->stacks, maps->unnamed.stacks,
			      maps->unnamed.snapshots };

	if (!history)
		return -ENOMEM;
	history->maps = *maps;
	history->orders = orders;
	for (size_t i = 0; i < sizeof(bound) / sizeof(bound[0]); i++) {
		if (bpf_prog_bind_map(program_fd, bound[i], NULL)) {
			int err = -errno;

			history__free(history);
			return err;
		}
	}
	*ret_history = history;
	return 0;
}

/* Inlined frames have no address of their own, and are found again by their names. */
static void reported_stack_of(const struct stack *stack, struct reported_stack *ret_reported)
{
	*ret_reported = (struct reported_stack){ .site = stack->site,
						 .rules = site_rules(),
						 .source = stack->source,
						 .end = (__u8)stack->end };
	for (unsigned int i = 0; i < stack->count; i++) {
		if (stack->frames[i].inlined)
			continue;
		if (ret_reported->count == SOCKLEAK_STACK_DEPTH) {
			ret_reported->end = STACK_END_LIMIT;
			break;
		}
		ret_reported->found[ret_reported->count] = (__u8)stack->frames[i].source;
		ret_reported->pcs[ret_reported->count++] = stack->frames[i].pc;
	}
}

void history__add(struct history *history, const struct pending *socket, const struct stack *stack,
		  bool is_shown)
{
	struct order order = { .kind = ORDER_TELL,
			       .inode = socket->inode,
			       .since_ns = socket->since_ns,
			       .slot = is_shown };
	struct reported_stack pcs = { 0 };

	if (stack)
		reported_stack_of(stack, &pcs);
	if (!pcs.count)
		return;
	/*
	 * The same addresses in another process are other code; and in one they are the call of
	 * one socket, and all that frame pointers gave of another.
	 */
	order.stack = hash_bytes(HASH_BEGIN ^ socket->tgid, &pcs, sizeof(pcs));
	/*
	 * Many leaks of one place come one after the other. The map lets go of a stack only when
	 * another one is put in: the last one is there still.
	 */
	if (order.stack != history->last_stack &&
	    orders__keep_stack(history->orders, order.stack, &pcs))
		history->last_stack = order.stack;
	orders__add(history->orders, &order);
}

void history__forget(struct history *history, __u64 inode)
{
	orders__add(history->orders, &(struct order){ .kind = ORDER_FORGET, .inode = inode });
}

__u64 history__lost(const struct history *history)
{
	return orders__stacks_lost(history->orders);
}

__u64 history__orders_refused(const struct history *history)
{
	return orders__refused(history->orders);
}

void history__keep_growth(struct history *history, const struct grown_key *key,
			  const struct growth *growth)
{
	struct grown grown = { 0 };

	if (!growth) {
		bpf_map_delete_elem(history->maps.growths, key);
		return;
	}
	grown.last_step_ns = growth->last_step_ns;
	grown.counted_ns = growth->counted_ns;
	grown.pause_ns = growth->pause_ns;
	grown.pause_ended_ns = growth->pause_ended_ns;
	grown.later_ns = growth->later_ns;
	grown.peak = growth->peak;
	grown.steps = growth->steps;
	if (bpf_map_update_elem(history->maps.growths, key, &grown, BPF_ANY))
		history->growth_lost++;
}

void history__growth(const struct history *history, const struct grown_key *key,
		     struct growth *ret_growth)
{
	struct grown grown;

	if (bpf_map_lookup_elem(history->maps.growths, key, &grown))
		return;
	*ret_growth = (struct growth){ .peak = grown.peak,
				       .steps = grown.steps,
				       .last_step_ns = grown.last_step_ns,
				       .counted_ns = grown.counted_ns,
				       .pause_ns = grown.pause_ns,
				       .pause_ended_ns = grown.pause_ended_ns,
				       .later_ns = grown.later_ns };
}

__u64 history__growth_lost(const struct history *history)
{
	return history->growth_lost;
}

static bool find_by_key(int stacks_fd, __u64 key, struct reported_stack *ret_stack)
{
	struct reported_stack stack;

	if (bpf_map_lookup_elem(stacks_fd, &key, &stack) || !stack.count ||
	    stack.count > SOCKLEAK_STACK_DEPTH)
		return false;
	memcpy(ret_stack, &stack, sizeof(stack));
	return true;
}

bool history__find_key(const struct history *history, const struct pending *socket, __u64 *ret_key)
{
	__u64 inode = socket->inode;
	struct reported reported;

	if (!history->maps.kept && socket->reported >> 8 != inode)
		return false; /* most are new to everybody: a call less for each */
	if (orders__concern(history->orders, inode))
		orders__carry_out(history->orders);
	if (bpf_map_lookup_elem(history->maps.reported, &inode, &reported) ||
	    reported.since_ns != socket->since_ns)
		return false;
	*ret_key = reported.stack;
	return true;
}

bool history__find_stack(const struct history *history, __u64 key, struct reported_stack *ret_stack)
{
	return find_by_key(history->maps.stacks, key, ret_stack);
}

/* ---- The one that asks ---- */

#define NO_PAST                                                                           \
	{                                                                                 \
		.pending = -1, .by_inode = -1, .young = -1, .reported = -1, .stacks = -1, \
		.unnamed = {                                                              \
			-1,                                                               \
			-1                                                                \
		}                                                                         \
	}

static void reported_free(struct all_reported *all)
{
	free(all->entries);
	*all = (struct all_reported){ 0 };
}

void past_close(struct past *past)
{
	int *const fds[] = { &past->pending,	      &past->by_inode, &past->young,
			     &past->reported,	      &past->stacks,   &past->unnamed.stacks,
			     &past->unnamed.snapshots };

	free(past->snapshot);
	past->snapshot = NULL;
	reported_free(&past->all_reported);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	past->tgid = 0;
}

/*
 * The process that loaded the programs, and whether they watch all of the host, as the kernel
 * reports it.
 */
static void read_settings(struct past *past, int map, __u32 value_size)
{
	typedef typeof(*((struct sockleak_bpf *)0)->rodata) rodata_of_this_version;
	rodata_of_this_version *rodata;
	const struct settings *settings;
	__u32 key = 0;

	if (value_size < sizeof(*rodata)) /* the compiler may have put tables behind it */
		return;
	rodata = calloc(1, value_size);
	if (rodata && !bpf_map_lookup_elem(map, &key, rodata)) {
		settings = (const struct settings *)&rodata->settings;
		past->tgid = settings->self_tgid;
		past->is_partial = settings->n_tgids || settings->by_uid || settings->by_cgroup ||
				   settings->comm[0];
	}
	free(rodata);
}

/* Takes the map's descriptor, or closes it. */
static void take_map(struct past *past, int map)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	const struct {
		const char *name;
		int *fd;
		__u32 key, value; /* value 0 = of any size: an option sets it */
	} wanted[] = {
		{ PENDING, &past->pending, sizeof(struct fd_key), sizeof(struct pending) },
		{ PENDING_BY_INODE, &past->by_inode, sizeof(__u64), sizeof(struct fd_key) },
		{ YOUNG, &past->young, sizeof(__u32), sizeof(struct young_pair) },
		{ REPORTED_STACKS, &past->reported, sizeof(__u64), sizeof(struct reported) },
		{ STACKS, &past->stacks, sizeof(__u64), sizeof(struct reported_stack) },
		{ UNNAMED, &past->unnamed.stacks, sizeof(__u32),
		  SOCKLEAK_STACK_DEPTH * sizeof(__u64) },
		{ SNAPSHOTS, &past->unnamed.snapshots, sizeof(__u32), 0 },
	};

	if (bpf_obj_get_info_by_fd(map, &info, &len)) {
		close(map);
		return;
	}
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		/* the kernel keeps so many characters of a name */
		if (strncmp(info.name, wanted[i].name, sizeof(info.name) - 1) ||
		    info.key_size != wanted[i].key ||
		    (wanted[i].value && info.value_size != wanted[i].value) || *wanted[i].fd >= 0)
			continue;
		*wanted[i].fd = map;
		return;
	}
	if (!strcmp(info.name, SETTINGS))
		read_settings(past, map, info.value_size);
	close(map);
}

static bool is_whole(const struct past *past)
{
	return past->pending >= 0 && past->by_inode >= 0 && past->young >= 0 &&
	       past->reported >= 0 && past->stacks >= 0 && past->unnamed.stacks >= 0 &&
	       past->unnamed.snapshots >= 0;
}

/* Is this a program of a sockleak that reports? Then *ret_past is that sockleak's. */
static bool past_of(int program, struct past *ret_past)
{
	struct past past = NO_PAST;
	__u32 ids[MAX_MAPS], len;
	struct bpf_prog_info info = { .map_ids = (__u64)(uintptr_t)ids, .nr_map_ids = MAX_MAPS };

	len = sizeof(info);
	if (bpf_obj_get_info_by_fd(program, &info, &len) || strcmp(info.name, PROGRAM))
		return false;
	past.begun_ns = info.load_time;
	for (__u32 i = 0; i < info.nr_map_ids && i < MAX_MAPS; i++) {
		int map = bpf_map_get_fd_by_id(ids[i]);

		if (map >= 0)
			take_map(&past, map);
	}
	if (past.tgid && is_whole(&past)) {
		*ret_past = past;
		return true;
	}
	past_close(&past);
	return false;
}

/* Is it the one to be asked, rather than the other? */
static bool past_before(const struct past *past, const struct past *other)
{
	if (!other->tgid || past->is_partial != other->is_partial)
		return !other->tgid || other->is_partial;
	return past->begun_ns < other->begun_ns;
}

int past_open(__u32 tgid, struct past *ret_past)
{
	struct past past = NO_PAST, best = past;
	int program;

	*ret_past = best;
	for (__u32 id = 0; !bpf_prog_get_next_id(id, &id);) {
		program = bpf_prog_get_fd_by_id(id);
		if (program < 0 && errno == EPERM)
			break;
		if (program < 0)
			continue;
		if (past_of(program, &past)) {
			if ((!tgid || past.tgid == tgid) && past_before(&past, &best)) {
				past_close(&best);
				best = past;
			} else {
				past_close(&past);
			}
		}
		close(program);
	}
	if (errno == EPERM) {
		past_close(&best);
		return -EPERM;
	}
	*ret_past = best;
	return best.tgid ? 0 : -ENOENT;
}

/* ---- `reported` as a whole ---- */

/* Entries read by one call; a bucket of the kernel's hash map, which is never split, has few. */
#define BATCH 4096
/* With so many sockets one reading of all is quicker than a look-up of each. */
#define WORTH_A_BATCH 256

static struct reported_entry *room_for_batch(struct all_reported *all)
{
	struct reported_entry *entries;

	if (all->count + BATCH > all->room) {
		size_t room = 2 * all->room + BATCH;

		entries = realloc(all->entries, room * sizeof(*entries));
		if (!entries)
			return NULL;
		all->entries = entries;
		all->room = room;
	}
	return all->entries + all->count;
}

/* 0, or why it is to be asked for each alone: a kernel without batches, or no memory. */
static int read_all_reported(int map, struct all_reported *all)
{
	__u64 *inodes = calloc(BATCH, sizeof(*inodes));
	struct reported *reported = calloc(BATCH, sizeof(*reported));
	__u32 place = 0, count; /* of the hash map: the number of a bucket */
	bool is_first = true;
	int err = inodes && reported ? 0 : -ENOMEM;

	while (!err) {
		struct reported_entry *entries = room_for_batch(all);

		count = BATCH;
		if (!entries)
			err = -ENOMEM;
		else if (bpf_map_lookup_batch(map, is_first ? NULL : &place, &place, inodes,
					      reported, &count, NULL))
			err = -errno;
		if (err && err != -ENOENT) /* which is the end, and may bring the last ones */
			break;
		for (__u32 i = 0; i < count; i++)
			entries[i] = (struct reported_entry){ .inode = inodes[i],
							      .reported = reported[i] };
		all->count += count;
		is_first = false;
	}
	free(inodes);
	free(reported);
	return err == -ENOENT ? 0 : err;
}

static int by_reported_inode(const void *a, const void *b)
{
	const struct reported_entry *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

void past_expect(struct past *past, size_t sockets)
{
	struct all_reported *all = &past->all_reported;

	if (!past->tgid || sockets < WORTH_A_BATCH || all->entries)
		return;
	if (read_all_reported(past->reported, all))
		reported_free(all);
	else
		qsort(all->entries, all->count, sizeof(*all->entries), by_reported_inode);
}

static bool find_reported(const struct past *past, __u64 inode, struct reported *ret_reported)
{
	const struct all_reported *all = &past->all_reported;
	const struct reported_entry wanted = { .inode = inode }, *entry;

	if (!all->entries)
		return !bpf_map_lookup_elem(past->reported, &inode, ret_reported);
	/*
	 * A caller that goes through sockets by inode, as a scan does, finds each one beside the
	 * last one.
	 */
	entry = bsearch(&wanted, all->entries, all->count, sizeof(wanted), by_reported_inode);
	if (entry)
		*ret_reported = entry->reported;
	return entry;
}

bool past_reported(const struct past *past, const struct pending *socket,
		   struct reported *ret_reported)
{
	return past->tgid && find_reported(past, socket->inode, ret_reported) &&
	       ret_reported->since_ns == socket->since_ns;
}

bool past_stack(const struct past *past, __u64 key, struct reported_stack *ret_stack)
{
	return find_by_key(past->stacks, key, ret_stack);
}

unsigned int past_pcs(const struct past *past, const struct pending *socket, __u64 *ret_pcs)
{
	return past->tgid ? stack_maps_pcs(&past->unnamed, socket, ret_pcs) : 0;
}

/* Room for a slot of its size, made when the first one is read. */
static struct snapshot *snapshot_room(struct past *past)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	if (past->snapshot || bpf_obj_get_info_by_fd(past->unnamed.snapshots, &info, &len) ||
	    info.value_size < sizeof(struct snapshot))
		return past->snapshot;
	past->snapshot = malloc(info.value_size);
	past->unnamed.snapshot_size = info.value_size;
	return past->snapshot;
}

const struct snapshot *past_snapshot(struct past *past, const struct pending *socket)
{
	struct snapshot *snapshot = past->tgid ? snapshot_room(past) : NULL;

	if (!snapshot || !stack_maps_snapshot(&past->unnamed, socket, snapshot) ||
	    snapshot->len > past->unnamed.snapshot_size - sizeof(*snapshot))
		return NULL;
	return snapshot;
}
