/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/sweeper.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/process_iterator.h"
#include "lib/time.h"
#include "control.h"
#include "sockleak.skel.h"

/* Events that did not fit: how often one sweep is repeated for them while running. */
#define MAX_REPEATS 64
/* Reads of an iterator without an end: it yields every million objects. */
#define MAX_READS 10000

struct sweeper {
	struct sockleak_bpf *skeleton;
	struct bpf_link *calls, *threads;
	struct bpf_link *files; /* of all processes */
	struct bpf_link *maps;
	struct bpf_link *quick_sweep;
	struct bpf_link *harvest;
	struct sweep_plan plan;
	struct sweep_counts counts;
	struct ring_buffer *ring; /* the events; NULL before the first sweep */
	int records;		  /* that were handed over in this walk */
	__u64 drained_ns;	  /* how long that took in this sweep; not a part of its cost */
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

/*
 * Reading an iterator runs its program over everything; it writes only to have a read
 * return while the ring is emptied: events_make_room().
 */
static int iterator_run(struct sweeper *sweeper, struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link)), reads = 0, err = 0, records;
	char nothing[SOCKLEAK_ITERATOR_READ];
	ssize_t len;

	if (fd < 0)
		return -errno;
	do {
		len = read(fd, nothing, sizeof(nothing));
		err = len < 0 ? -errno : 0;
		if (len <= 0)
			continue;
		records = drain(sweeper);
		if (records > 0)
			sweeper->records += records;
	} while ((len > 0 || err == -EAGAIN || err == -EINTR) && ++reads < MAX_READS);
	close(fd);
	return err;
}

/* ---- One process alone ---- */

static int iterator_run_of(struct sweeper *sweeper, const struct bpf_program *program, __u32 tgid)
{
	struct bpf_link *link;
	int err = process_iterator_attach(program, tgid, &link);

	if (err)
		return err;
	err = iterator_run(sweeper, link);
	bpf_link__destroy(link);
	return err;
}

/*
 * -EOPNOTSUPP: this kernel cannot, or did not, and is not asked again. A process that is gone has
 * nothing to show.
 */
static int sweep_process(struct sweeper *sweeper, __u32 tgid)
{
	struct sweep *sweep = sweep_of(sweeper);
	int err = 0;

	sweep->only_tgid = tgid;
	sweep->strangers = 0;
	if (sweep->asks_threads)
		err = iterator_run_of(sweeper, sweeper->skeleton->progs.sweep_threads, tgid);
	if (!err)
		err = iterator_run_of(sweeper, sweeper->skeleton->progs.sweep_files, tgid);
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

/* ---- A sweep ---- */

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
	sweep->number++;
	drain(sweeper); /* before this sweep frees the stack of what an exit has reported */
	err = iterator_run(sweeper, sweeper->harvest);
	if (err)
		return err;
	return iterator_run(sweeper, sweeper->calls);
}

static int quick_sweep(struct sweeper *sweeper)
{
	struct sweep *sweep = sweep_of(sweeper);

	sweep->pending = sweep->waiting = sweep->unread = sweep->crowd = sweep->asks_threads = 0;
	return iterator_run(sweeper, sweeper->quick_sweep);
}

/* All that can be decided without a full sweep. 0, an error, or 1 when one is needed. */
static int small_sweep(struct sweeper *sweeper)
{
	struct sweep *sweep = sweep_of(sweeper);
	__u32 tgids[SOCKLEAK_MAX_LOOKS];
	unsigned int count;
	int err;

	err = begin_sweep(sweeper);
	if (!err)
		err = quick_sweep(sweeper);
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
		if (sweep_process(sweeper, tgids[i]))
			return 1; /* a full sweep needs no more memory or descriptors */
	if (sweep->waiting)
		return 1;
	sweep->looked = 1;
	err = quick_sweep(sweeper); /* what was not found where it should be? */
	if (err)
		return err;
	return sweep->waiting || sweep->unread;
}

/* *ret_records: how many events it gave. */
static int full_sweep_once(struct sweeper *sweeper, int *ret_records)
{
	struct sweep *sweep = sweep_of(sweeper);
	int err;

	sweep->pending = sweep->waiting = 0;
	sweeper->records = 0;
	err = iterator_run(sweeper, sweeper->files);
	if (!err)
		err = iterator_run(sweeper, sweeper->maps);
	*ret_records = drain(sweeper);
	if (*ret_records >= 0)
		*ret_records += sweeper->records;
	return err;
}

/* Shares of sockets, see control.h; what was not rounded up was a reference of a moment. */
static __u64 whole_sockets(__u64 shares)
{
	return (shares + LEFT_ASIDE_ONE / 2) / LEFT_ASIDE_ONE;
}

/* Repeated while events wait for room, and some come each time. */
static int full_sweep(struct sweeper *sweeper, bool to_the_last)
{
	struct left_aside *aside = &sweeper->skeleton->bss->left_aside;
	struct sweep *sweep = sweep_of(sweeper);
	int records = 0, err;

	*aside = (struct left_aside){ 0 };
	err = begin_sweep(sweeper);
	if (!err)
		err = iterator_run(sweeper, sweeper->threads);
	if (!err)
		err = full_sweep_once(sweeper, &records);
	sweep_plan_was_full(&sweeper->plan, sweep->start_ns,
			    clock_now(CLOCK_BOOTTIME) - sweep->start_ns - sweeper->drained_ns,
			    err || sweep->unsettled);
	sweeper->counts.full_sweeps++;
	sweeper->counts.half_closed = whole_sockets(aside->half_closed);
	sweeper->counts.was_connected = whole_sockets(aside->was_connected);
	while (!err && sweep->waiting && records > 0 &&
	       (to_the_last || sweep->repeats < MAX_REPEATS)) {
		sweep->repeats++;
		err = full_sweep_once(sweeper, &records);
	}
	return err;
}

int sweeper__run(struct sweeper *sweeper, struct ring_buffer *ring, bool to_the_last, __u64 *ret_ns)
{
	__u64 began_ns = clock_now(CLOCK_BOOTTIME);
	int err = 1;

	sweeper->ring = ring;
	sweeper->drained_ns = 0;
	if (!to_the_last && !sweeper->retells && !sweep_plan_is_full(&sweeper->plan, began_ns)) {
		err = small_sweep(sweeper);
		*ret_ns = clock_now(CLOCK_BOOTTIME) - began_ns - sweeper->drained_ns;
		drain(sweeper);
		if (err <= 0)
			return err;
		sweeper->counts.escalations++;
	}
	sweep_of(sweeper)->retells = sweeper->retells;
	sweeper->retells = false;
	sweeper->drained_ns = 0;
	err = full_sweep(sweeper, to_the_last);
	sweep_of(sweeper)->retells = 0;
	*ret_ns = sweeper->plan.last_ns + sweeper->plan.full_ns - began_ns;
	return err;
}

/* ---- Life ---- */

void sweeper__free(struct sweeper *sweeper)
{
	if (!sweeper)
		return;
	bpf_link__destroy(sweeper->calls);
	bpf_link__destroy(sweeper->threads);
	bpf_link__destroy(sweeper->files);
	bpf_link__destroy(sweeper->maps);
	bpf_link__destroy(sweeper->quick_sweep);
	bpf_link__destroy(sweeper->harvest);
	free(sweeper);
}

int sweeper__new(struct sockleak_bpf *skeleton, const struct options *options,
		 struct sweeper **ret_sweeper)
{
	struct sweeper *sweeper = calloc(1, sizeof(*sweeper));
	int err = 0;

	if (!sweeper)
		return -ENOMEM;
	sweeper->skeleton = skeleton;
	sweep_of(sweeper)->older_than_ns = options->older_than_ns;
	sweeper->plan.interval_ns = options->interval_ns;
	sweeper->plan.full_sweep_interval_ns = options->full_sweep_interval_ns;
	sweeper->calls = bpf_program__attach_iter(skeleton->progs.sweep_calls, NULL);
	if (sweeper->calls)
		sweeper->threads = bpf_program__attach_iter(skeleton->progs.sweep_threads, NULL);
	if (sweeper->threads)
		sweeper->files = bpf_program__attach_iter(skeleton->progs.sweep_files, NULL);
	if (sweeper->files)
		sweeper->maps = bpf_program__attach_iter(skeleton->progs.sweep_maps, NULL);
	if (sweeper->maps)
		sweeper->quick_sweep =
			bpf_program__attach_iter(skeleton->progs.quick_sweep_maps, NULL);
	if (sweeper->quick_sweep)
		sweeper->harvest = bpf_program__attach_iter(skeleton->progs.harvest_maps, NULL);
	if (!sweeper->harvest) {
		err = -errno;
		sweeper__free(sweeper);
		return err;
	}
	sweeper->can_look = true;
	sweep_process(sweeper,
		      (__u32)getpid()); /* which are many descriptors, and none is judged */
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
