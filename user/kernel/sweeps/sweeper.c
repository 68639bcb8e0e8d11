/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/sweeps/sweeper.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/sweeps/one_process.h"
#include "kernel/sweeps/piece.h"
#include "kernel/sweeps/table_walk.h"
#include "lib/time.h"
#include "control.h"
#include "sockleak.skel.h"

/* Events that did not fit: how often one sweep is repeated for them while running. */
#define MAX_REPEATS 64
/* The first full sweep finds what was there before, and may take a second for it by default. */
#define FIRST_PIECES 20

/* A full sweep that is read in pieces. It is over when the fd tables and the maps were read. */
struct full_sweep {
	__u32 since;	/* number of the sweep in which it began */
	__u64 since_ns; /* and when */
	__u64 took_ns;	/* so far */
	bool waited;	/* an event found no room in one of its pieces */
	bool retells;	/* see sweeper__retell() */
};

struct sweeper {
	struct sockleak_bpf *skeleton;
	struct bpf_link *calls, *threads;
	struct table_walk *walk; /* goes on as long as the full sweep */
	struct full_sweep full;
	__u64 piece_ns; /* that a piece of it may take */
	struct bpf_link *maps;
	struct bpf_link *quick_sweep;
	struct bpf_link *harvest;
	struct sweep_plan plan;
	struct sweep_counts counts;
	struct ring_buffer *ring; /* the events; NULL before the first sweep */
	int records;		  /* that were handed over in this walk */
	__u64 drained_ns;	  /* how long that and repeats took; not a part of a sweep's cost */
	bool can_look;		  /* at one process alone: not before Linux 6.1 */
	bool retells;		  /* the next sweep: see sweeper__retell() */
};

static struct sweep *sweep_of(struct sweeper *sweeper)
{
	return &sweeper->skeleton->bss->sweep;
}

/* Hand over the events that are there. Below 0: the ring could not be read. */
static int drain(struct sweeper *sweeper)
{
	__u64 began_ns = clock_now(CLOCK_BOOTTIME);
	int records = sweeper->ring ? ring_buffer__consume(sweeper->ring) : 0;

	sweeper->drained_ns += clock_now(CLOCK_BOOTTIME) - began_ns;
	return records;
}

static void drain_in_pause(void *ctx)
{
	struct sweeper *sweeper = ctx;
	int records = drain(sweeper);

	if (records > 0)
		sweeper->records += records;
}

static struct piece piece_of(struct sweeper *sweeper, __u64 most_ns, bool is_last)
{
	struct piece piece = { .readings = &sweep_of(sweeper)->readings,
			       .on_pause = drain_in_pause,
			       .ctx = sweeper };

	piece_begin(&piece, most_ns, is_last);
	return piece;
}

/* ---- One process alone ---- */

/*
 * -EOPNOTSUPP: this kernel cannot, or did not, and is not asked again. A process that is gone has
 * nothing to show. 1: the piece is over.
 */
static int sweep_process(struct sweeper *sweeper, __u32 tgid, struct piece *piece)
{
	struct sweep *sweep = sweep_of(sweeper);
	int err = 0;

	sweep->only_tgid = tgid;
	sweep->strangers = 0;
	if (sweep->asks_threads)
		err = read_threads_of(sweeper->skeleton->progs.sweep_threads, tgid);
	if (!err)
		err = read_files_of(sweeper->skeleton->progs.sweep_files, tgid, piece);
	sweep->only_tgid = 0;
	if (sweep->strangers)
		err = -EOPNOTSUPP;
	if (err == -EOPNOTSUPP)
		sweeper->can_look = false;
	if (err && err != -ESRCH)
		return err;
	sweeper->counts.looks++;
	return 0;
}

/* The processes to look at, into an array of SOCKLEAK_MAX_LOOKS; the next quick sweep forgets them.
 */
static unsigned int read_suspects(struct sweeper *sweeper, __u32 *ret_tgids)
{
	int map = bpf_map__fd(sweeper->skeleton->maps.suspects);
	unsigned int count = 0;

	while (count < SOCKLEAK_MAX_LOOKS &&
	       !bpf_map_get_next_key(map, count ? &ret_tgids[count - 1] : NULL, &ret_tgids[count]))
		count++;
	return count;
}

/* ---- A quick sweep ---- */

/* Sockets that are read from now on count as seen since this sweep. */
static void read_for_quick_sweep(struct sweep *sweep)
{
	sweep->since = (__u32)sweep->number;
	sweep->since_ns = sweep->start_ns;
	sweep->walks = 0;
}

/* And look at who lives on, and at who is inside connect: all that follows asks for it. */
static int begin_sweep(struct sweeper *sweeper)
{
	struct sweep *sweep = sweep_of(sweeper);
	int err;

	sweep->last_ns = sweep->start_ns;
	sweep->start_ns = clock_now(CLOCK_BOOTTIME);
	sweep->repeats = 0;
	sweep->unsettled = 0;
	sweep->looked = 0;
	sweep->deferred = 0;
	sweep->number++;
	read_for_quick_sweep(sweep);
	drain(sweeper); /* before this sweep frees the stack of what an exit has reported */
	err = iterator_read_all(sweeper->harvest);
	if (err)
		return err;
	return iterator_read_all(sweeper->calls);
}

static int sweep_pending(struct sweeper *sweeper)
{
	struct sweep *sweep = sweep_of(sweeper);

	sweep->pending = sweep->waiting = sweep->unread = sweep->crowd = sweep->asks_threads = 0;
	return iterator_read_all(sweeper->quick_sweep);
}

/* All that can be decided without a full sweep. 0, an error, or 1 when one is needed. */
static int quick_sweep(struct sweeper *sweeper)
{
	struct piece piece = piece_of(sweeper, sweeper->piece_ns, /* is_last= */ false);
	struct sweep *sweep = sweep_of(sweeper);
	__u32 tgids[SOCKLEAK_MAX_LOOKS];
	unsigned int count;
	int err;

	read_for_quick_sweep(sweep);
	err = sweep_pending(sweeper);
	count = read_suspects(sweeper, tgids);
	if (err)
		return err;
	if (sweep->waiting || sweep->crowd)
		return 1;
	if (!sweep->unread)
		return 0;
	if (!sweeper->can_look || !sweep_plan_may_look(&sweeper->plan, count))
		return 1;
	for (unsigned int i = 0; i < count; i++)
		if (sweep_process(sweeper, tgids[i], &piece) || piece_is_over(&piece))
			return 1; /* a full sweep needs no more memory or descriptors */
	if (sweep->waiting)
		return 1;
	sweep->looked = 1;
	err = sweep_pending(sweeper); /* what was not found where it should be? */
	if (err)
		return err;
	return sweep->waiting || sweep->unread;
}

/* ---- A full sweep ---- */

/* Shares of sockets, see control.h; what was not rounded up was a reference of a moment. */
static __u64 whole_sockets(__u64 shares)
{
	return (shares + LEFT_ASIDE_ONE / 2) / LEFT_ASIDE_ONE;
}

/* In this sweep, which was begun. */
static int begin_full_sweep(struct sweeper *sweeper)
{
	struct sweep *sweep = sweep_of(sweeper);

	sweeper->skeleton->bss->left_aside = (struct left_aside){ 0 };
	sweeper->full = (struct full_sweep){ .since = (__u32)sweep->number,
					     .since_ns = sweep->start_ns,
					     .retells = sweeper->retells };
	sweeper->retells = false;
	sweeper->records = 0;
	return table_walk__begin(sweeper->walk, sweeper->can_look);
}

/* Sockets that are read from now on count as seen since the full sweep began. */
static void read_for_full_sweep(struct sweeper *sweeper)
{
	struct sweep *sweep = sweep_of(sweeper);

	sweep->since = sweeper->full.since;
	sweep->since_ns = sweeper->full.since_ns;
	sweep->retells = sweeper->full.retells;
	sweep->walks = 1;
}

/*
 * The fd tables, as far as the piece goes. Before that, who is inside connect now: what an earlier
 * piece has found may have changed. 0 when all were read, 1, or an error.
 */
static int read_a_piece(struct sweeper *sweeper, struct piece *piece)
{
	struct sweep *sweep = sweep_of(sweeper);
	int err;

	sweep->waiting = 0;
	read_for_full_sweep(sweeper);
	err = iterator_read_all(sweeper->threads);
	piece_begin(piece, piece->most_ns, piece->is_last); /* on a host of many threads, too */
	if (!err)
		err = table_walk__read(sweeper->walk, piece);
	sweep->walks = 0;
	sweeper->full.waited |= sweep->waiting > 0;
	return err;
}

/* And what they did not have: all of it was read. */
static int judge_unseen(struct sweeper *sweeper, struct piece *piece)
{
	struct sweep *sweep = sweep_of(sweeper);
	int err;

	sweep->pending = 0;
	err = iterator_read_all(sweeper->maps);
	piece_pause(piece);
	sweeper->full.waited |= sweep->waiting > 0;
	return err;
}

/*
 * All of it once more, for events that found no room, while some come each time. Only a sweep that
 * was one piece is worth that; else the next one brings them.
 */
static int repeat_full_sweep(struct sweeper *sweeper, struct piece *piece)
{
	__u64 began_ns = clock_now(CLOCK_BOOTTIME), drained_ns = sweeper->drained_ns;
	struct sweep *sweep = sweep_of(sweeper);
	int err = 0;

	while (!err && sweep->waiting && sweeper->records > 0 && !piece_is_over(piece) &&
	       (piece->is_last || sweep->repeats < MAX_REPEATS)) {
		sweep->repeats++;
		sweeper->records = 0;
		sweep->waiting = 0;
		err = table_walk__begin(sweeper->walk, sweeper->can_look);
		if (!err)
			err = table_walk__read(sweeper->walk, piece);
		if (!err)
			err = judge_unseen(sweeper, piece);
	}
	table_walk__stop(sweeper->walk);
	drained_ns = sweeper->drained_ns - drained_ns;
	sweeper->drained_ns += clock_now(CLOCK_BOOTTIME) - began_ns - drained_ns;
	return err < 0 ? err : 0;
}

static void count_full_sweep(struct sweeper *sweeper)
{
	const struct left_aside *aside = &sweeper->skeleton->bss->left_aside;

	sweeper->counts.full_sweeps++;
	sweeper->counts.half_closed = whole_sockets(aside->half_closed);
	sweeper->counts.was_connected = whole_sockets(aside->was_connected);
}

/* A piece of the full sweep. 0 when it is over, 1 when it is to go on, or an error. */
static int go_on_with_full_sweep(struct sweeper *sweeper, struct piece *piece)
{
	struct full_sweep *full = &sweeper->full;
	struct sweep *sweep = sweep_of(sweeper);
	bool is_whole = full->since == (__u32)sweep->number, is_open;
	__u64 began_ns = clock_now(CLOCK_BOOTTIME), drained_ns = sweeper->drained_ns;
	int err = read_a_piece(sweeper, piece);

	if (!err)
		err = judge_unseen(sweeper, piece);
	full->took_ns += clock_now(CLOCK_BOOTTIME) - began_ns - (sweeper->drained_ns - drained_ns);
	if (err == 1)
		return 1;
	is_open = err || sweep->unsettled || (full->waited && !is_whole);
	sweep_plan_was_full(&sweeper->plan, full->since_ns, full->took_ns, is_open);
	if (!err)
		count_full_sweep(sweeper);
	if (!err && is_whole)
		err = repeat_full_sweep(sweeper, piece);
	return err;
}

/* It ends here, whether it is over or not. */
static void end_full_sweep(struct sweeper *sweeper, int err)
{
	table_walk__stop(sweeper->walk);
	sweeper->retells |= err && sweeper->full.retells; /* by the next one */
	sweep_of(sweeper)->retells = sweep_of(sweeper)->walks = 0;
}

/* ---- A sweep ---- */

/*
 * The full sweep begins, or goes on, and ends if all was read. `is_begun`: a quick sweep has come
 * before. If the full sweep is to go on, a quick sweep decides meanwhile what it can.
 */
static int full_sweep(struct sweeper *sweeper, struct piece *piece, bool is_begun)
{
	bool goes_on = table_walk__goes_on(sweeper->walk);
	int err = goes_on ? 0 : begin_full_sweep(sweeper);

	if (!err)
		err = go_on_with_full_sweep(sweeper, piece);
	if (err == 1 && !piece->is_last) {
		sweeper->counts.pieces++;
		err = is_begun ? 0 : quick_sweep(sweeper);
		return err < 0 ? err : 0;
	}
	end_full_sweep(sweeper, err);
	if (err == 1) { /* a quick sweep knows of what was seen before whether it is still open */
		sweeper->counts.cut++;
		read_for_quick_sweep(sweep_of(sweeper));
		err = sweep_pending(sweeper);
	}
	return err;
}

/* Is a full sweep to begin, without the question whether a quick one would do? */
static bool wants_full_sweep(const struct sweeper *sweeper, __u64 now_ns)
{
	return !table_walk__goes_on(sweeper->walk) &&
	       (sweeper->retells || sweep_plan_is_full(&sweeper->plan, now_ns));
}

static int sweep_once(struct sweeper *sweeper, bool is_last)
{
	bool is_first = !sweeper->plan.last_ns && !sweeper->counts.pieces;
	__u64 most_ns = sweeper->piece_ns * (is_first ? FIRST_PIECES : 1);
	bool is_full = is_last || wants_full_sweep(sweeper, clock_now(CLOCK_BOOTTIME));
	struct piece piece;
	int err;

	sweep_of(sweeper)->is_last = is_last;
	if (is_last)
		end_full_sweep(sweeper, table_walk__goes_on(sweeper->walk));
	err = begin_sweep(sweeper);
	if (err)
		return err;
	if (!is_full) {
		err = quick_sweep(sweeper);
		if (err < 0 || (!err && !table_walk__goes_on(sweeper->walk)))
			return err;
		if (!table_walk__goes_on(sweeper->walk)) {
			sweeper->counts.escalations++;
			err = begin_sweep(sweeper);
		}
		if (err < 0)
			return err;
	}
	piece = piece_of(sweeper, is_last ? UINT64_MAX : most_ns, is_last);
	return full_sweep(sweeper, &piece, /* is_begun= */ !is_full);
}

int sweeper__run(struct sweeper *sweeper, struct ring_buffer *ring, bool to_the_last, __u64 *ret_ns)
{
	__u64 began_ns = clock_now(CLOCK_BOOTTIME);
	int err;

	sweeper->ring = ring;
	sweeper->drained_ns = 0;
	err = sweep_once(sweeper, to_the_last);
	*ret_ns = clock_now(CLOCK_BOOTTIME) - began_ns - sweeper->drained_ns;
	drain(sweeper);
	return err;
}

/* ---- Life ---- */

void sweeper__free(struct sweeper *sweeper)
{
	if (!sweeper)
		return;
	bpf_link__destroy(sweeper->calls);
	bpf_link__destroy(sweeper->threads);
	table_walk__free(sweeper->walk);
	bpf_link__destroy(sweeper->maps);
	bpf_link__destroy(sweeper->quick_sweep);
	bpf_link__destroy(sweeper->harvest);
	free(sweeper);
}

int sweeper__new(struct sockleak_bpf *skeleton, const struct options *options,
		 struct sweeper **ret_sweeper)
{
	struct sweeper *sweeper = calloc(1, sizeof(*sweeper));
	struct piece whole;
	int err;

	if (!sweeper)
		return -ENOMEM;
	sweeper->skeleton = skeleton;
	sweep_of(sweeper)->older_than_ns = options->older_than_ns;
	sweeper->plan.interval_ns = options->interval_ns;
	sweeper->plan.full_sweep_interval_ns = options->full_sweep_interval_ns;
	sweeper->piece_ns = options->sweep_budget_ns ?: piece_budget_ns(options->interval_ns);
	sweeper->calls = bpf_program__attach_iter(skeleton->progs.sweep_calls, NULL);
	if (sweeper->calls)
		sweeper->threads = bpf_program__attach_iter(skeleton->progs.sweep_threads, NULL);
	if (sweeper->threads)
		sweeper->maps = bpf_program__attach_iter(skeleton->progs.sweep_maps, NULL);
	if (sweeper->maps)
		sweeper->quick_sweep =
			bpf_program__attach_iter(skeleton->progs.quick_sweep_maps, NULL);
	if (sweeper->quick_sweep)
		sweeper->harvest = bpf_program__attach_iter(skeleton->progs.harvest_maps, NULL);
	err = sweeper->harvest ? table_walk__new(skeleton, &sweeper->walk) : -errno;
	if (err) {
		sweeper__free(sweeper);
		return err;
	}
	sweeper->can_look = true;
	whole = piece_of(sweeper, UINT64_MAX, /* is_last= */ true);
	sweep_process(sweeper, (__u32)getpid(), &whole); /* many descriptors, and none is judged */
	sweeper->counts.looks = 0;
	*ret_sweeper = sweeper;
	return 0;
}

void sweeper__retell(struct sweeper *sweeper)
{
	sweeper->retells = true;
}

struct sweep_counts sweeper__counts(const struct sweeper *sweeper)
{
	return sweeper->counts;
}
