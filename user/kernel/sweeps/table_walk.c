/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/sweeps/table_walk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/sweeps/process_iterator.h"
#include "kernel/sweeps/record_reader.h"
#include "lib/time.h"
#include "control.h"
#include "sockleak.skel.h"

/*
 * The cost of reading a place in a table once more: 1 ns if it is empty, 100 ns if not. And that of
 * a process that is read alone, without its descriptors: see sweep_plan.c.
 */
#define SLOT_NS 20
#define LOOK_NS 30000
/* As much as a piece does is not worth a list. */
#define LEAST_SHARED_NS (50 * NSEC_PER_MSEC)
/* The list is made again when all on it were read, for those that have begun meanwhile. */
#define MAX_LISTS 8

struct table_list {
	struct table_listed *tables;
	size_t count, room;
};

struct table_walk {
	struct sockleak_bpf *skeleton;
	struct bpf_link *files, *tables;
	bool may_list; /* by this kernel: process_iterator_has_threads() */
	int iterator;  /* that is read now, or -1 */
	bool goes_on;
	bool one_by_one;	/* else the host's iterator is read */
	struct bpf_link *alone; /* of the process that is read now */
	struct table_list list; /* in the order of their numbers, some several times */
	size_t next;		/* the first of the list that was not read yet */
	unsigned int lists;	/* that were made */
	__u64 listed_ns;	/* when the last one was begun */
};

static struct sweep *walk_sweep(struct table_walk *walk)
{
	return &walk->skeleton->bss->sweep;
}

/* ---- The host's iterator ---- */

static void close_iterator(struct table_walk *walk)
{
	if (walk->iterator >= 0)
		close(walk->iterator);
	walk->iterator = -1;
	bpf_link__destroy(walk->alone);
	walk->alone = NULL;
	walk_sweep(walk)->only_tgid = 0;
}

static int open_iterator(struct table_walk *walk, const struct bpf_link *link)
{
	walk->iterator = bpf_iter_create(bpf_link__fd(link));
	return walk->iterator < 0 ? -errno : 0;
}

static int read_host(struct table_walk *walk, struct piece *piece)
{
	int err = walk->iterator < 0 ? open_iterator(walk, walk->files) : 0;

	return err ? err : piece_read(piece, walk->iterator);
}

/* ---- One by one ---- */

static int on_listed(const void *record, void *ctx)
{
	struct table_list *list = ctx;

	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 512;
		void *grown = reallocarray(list->tables, room, sizeof(*list->tables));

		if (!grown)
			return -ENOMEM;
		list->tables = grown;
		list->room = room;
	}
	list->tables[list->count++] = *(const struct table_listed *)record;
	return 0;
}

/* Without a list: how much would be read more than once? */
static int survey(struct table_walk *walk, struct table_list *ret_list)
{
	const struct record_sink sink = { .on_record = on_listed, .ctx = ret_list };
	struct sweep *sweep = walk_sweep(walk);
	int err;

	sweep->tables = sweep->shared_slots = 0;
	sweep->lists = ret_list != NULL;
	walk->listed_ns = clock_now(CLOCK_BOOTTIME);
	err = records_read(walk->tables, sizeof(struct table_listed), &sink);
	sweep->lists = 0;
	return err;
}

static bool sharing_is_worth_a_list(const struct sweep *sweep)
{
	__u64 shared_ns = sweep->shared_slots * SLOT_NS;

	return shared_ns > LEAST_SHARED_NS && shared_ns > sweep->tables * LOOK_NS;
}

/* By process, and there by start: a thread may have a table of its own. */
static int compare_listed(const void *one, const void *other)
{
	const struct table_listed *a = one, *b = other;

	if (a->tgid != b->tgid)
		return a->tgid > b->tgid ? 1 : -1;
	return (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

static void sort_list(struct table_list *list)
{
	if (list->count)
		qsort(list->tables, list->count, sizeof(*list->tables), compare_listed);
}

/*
 * Was the process that a shared table was to be read from there to the end? If not, its table was
 * read in part or not at all, and others may still have it.
 */
static bool was_read(const struct table_listed *shared, const struct table_list *now)
{
	const struct table_listed *found = now->count ?
						   bsearch(shared, now->tables, now->count,
							   sizeof(*now->tables), compare_listed) :
						   NULL;

	return found && found->kind != TABLE_NONE;
}

/* Those of `now` that have begun since the list was made. */
static void keep_new(struct table_list *now, __u64 since_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < now->count; i++)
		if (now->tables[i].start_ns >= since_ns)
			now->tables[kept++] = now->tables[i];
	now->count = kept;
}

/*
 * All of the list was read. Processes that have ended may have left their sockets to others that
 * have begun since, which are the next list. If a shared table was not read to its end, the rest of
 * the walk is that over the host.
 */
static int list_again(struct table_walk *walk)
{
	struct table_list now = { 0 };
	__u64 since_ns = walk->listed_ns;
	int err = survey(walk, &now);

	sort_list(&now);
	for (size_t i = 0; !err && i < walk->list.count; i++)
		if (walk->list.tables[i].kind == TABLE_SHARED &&
		    !was_read(&walk->list.tables[i], &now))
			walk->one_by_one = false;
	keep_new(&now, since_ns);
	free(walk->list.tables);
	walk->list = now;
	walk->next = 0;
	walk->lists++;
	return err;
}

static int open_alone(struct table_walk *walk, __u32 tgid)
{
	int err = process_iterator_attach(walk->skeleton->progs.sweep_files, tgid, &walk->alone);

	if (err)
		return err;
	walk_sweep(walk)->only_tgid = tgid;
	return open_iterator(walk, walk->alone);
}

/* With the process that stands before it: a process is read with the tables of all its threads. */
static bool is_read_already(const struct table_walk *walk)
{
	const struct table_listed *next = &walk->list.tables[walk->next];

	return walk->next && next[-1].tgid == next->tgid;
}

/* 1: the piece is over. 0: all of the list was read. */
static int read_listed(struct table_walk *walk, struct piece *piece)
{
	while (walk->next < walk->list.count) {
		int err = 0;

		if (is_read_already(walk)) {
			walk->next++;
			continue;
		}
		if (walk->iterator < 0)
			err = open_alone(walk, walk->list.tables[walk->next].tgid);
		if (!err)
			err = piece_read(piece, walk->iterator);
		if (err == 1)
			return 1;
		close_iterator(walk);
		if (err && err != -ESRCH)
			return err;
		if (walk_sweep(walk)->strangers) /* it took no notice of whom it was to read */
			return -EOPNOTSUPP;
		walk->next++;
		if (piece_is_over(piece))
			return 1;
	}
	return 0;
}

static int read_one_by_one(struct table_walk *walk, struct piece *piece)
{
	for (;;) {
		int err = read_listed(walk, piece);

		if (err)
			return err;
		if (walk->lists >= MAX_LISTS)
			return 0;
		err = list_again(walk);
		if (err)
			return err;
		if (!walk->one_by_one)
			return read_host(walk, piece);
		if (!walk->list.count)
			return 0;
	}
}

/* ---- A walk ---- */

void table_walk__stop(struct table_walk *walk)
{
	close_iterator(walk);
	free(walk->list.tables);
	walk->list = (struct table_list){ 0 };
	walk->next = walk->lists = 0;
	walk->goes_on = walk->one_by_one = false;
}

int table_walk__begin(struct table_walk *walk, bool one_by_one)
{
	int err = 0;

	table_walk__stop(walk);
	walk_sweep(walk)->strangers = 0;
	one_by_one &= walk->may_list;
	if (one_by_one)
		err = survey(walk, NULL);
	if (!err && one_by_one && sharing_is_worth_a_list(walk_sweep(walk))) {
		err = survey(walk, &walk->list);
		walk->one_by_one = true;
		walk->lists = 1;
	}
	if (err)
		table_walk__stop(walk);
	walk->goes_on = !err;
	return err;
}

bool table_walk__goes_on(const struct table_walk *walk)
{
	return walk->goes_on;
}

int table_walk__read(struct table_walk *walk, struct piece *piece)
{
	__u32 tgid = 0;
	int err;

	if (walk->iterator >= 0 && walk->one_by_one)
		tgid = walk->list.tables[walk->next].tgid;
	walk_sweep(walk)->only_tgid = tgid;
	err = walk->one_by_one ? read_one_by_one(walk, piece) : read_host(walk, piece);
	walk_sweep(walk)->only_tgid = 0;
	if (err <= 0)
		table_walk__stop(walk);
	return err;
}

/* ---- Life ---- */

int table_walk__new(struct sockleak_bpf *skeleton, struct table_walk **ret_walk)
{
	struct table_walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	walk->skeleton = skeleton;
	walk->may_list = process_iterator_has_threads();
	walk->iterator = -1;
	walk->files = bpf_program__attach_iter(skeleton->progs.sweep_files, NULL);
	if (walk->files)
		walk->tables = bpf_program__attach_iter(skeleton->progs.list_tables, NULL);
	if (!walk->tables) {
		int err = -errno;

		table_walk__free(walk);
		return err;
	}
	*ret_walk = walk;
	return 0;
}

void table_walk__free(struct table_walk *walk)
{
	if (!walk)
		return;
	table_walk__stop(walk);
	bpf_link__destroy(walk->tables);
	bpf_link__destroy(walk->files);
	free(walk);
}
