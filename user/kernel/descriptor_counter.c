/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/descriptor_counter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "kernel/sweeps/piece.h"
#include "kernel/sweeps/process_iterator.h"
#include "kernel/sweeps/record_reader.h"

struct descriptor_counter {
	const struct bpf_program *kinds;
	struct kinds_walk *walk;
	struct followed *followed; /* NULL = nobody is */
	struct bpf_link *count;
	__u32 *readings; /* readings_step() */
	bool can_look;	 /* at one process alone: not before Linux 6.1 */
};

int descriptor_counter__new(const struct bpf_program *count, const struct bpf_program *kinds,
			    struct kinds_walk *walk, struct followed *followed, __u32 *readings,
			    struct descriptor_counter **ret_counter)
{
	struct descriptor_counter *counter = calloc(1, sizeof(*counter));
	struct bpf_link *link;
	int err;

	if (!counter)
		return -ENOMEM;
	counter->kinds = kinds;
	counter->walk = walk;
	counter->followed = followed;
	counter->readings = readings;
	counter->count = bpf_program__attach_iter(count, NULL);
	if (!counter->count) {
		err = -errno;
		free(counter);
		return err;
	}
	counter->can_look = !process_iterator_attach(kinds, (__u32)getpid(), &link);
	if (counter->can_look)
		bpf_link__destroy(link);
	*ret_counter = counter;
	return 0;
}

void descriptor_counter__free(struct descriptor_counter *counter)
{
	if (!counter)
		return;
	bpf_link__destroy(counter->count);
	free(counter);
}

/* ---- How many ---- */

struct counting {
	process_descriptors_fn on_process;
	void *ctx;
};

static int on_counted(const void *record, void *ctx)
{
	const struct counting *counting = ctx;
	struct process_descriptors process;

	memcpy(&process, record, sizeof(process));
	return counting->on_process(&process, counting->ctx);
}

int descriptor_counter__count(struct descriptor_counter *counter, process_descriptors_fn on_process,
			      void *ctx)
{
	struct counting counting = { on_process, ctx };
	const struct record_sink sink = { .on_record = on_counted, .ctx = &counting };

	return records_read(counter->count, sizeof(struct process_descriptors), &sink);
}

/* ---- Their kinds ---- */

static int nothing_comes(const void *record, void *ctx)
{
	(void)record, (void)ctx;
	return 0;
}

static int walk_files(struct descriptor_counter *counter, const struct bpf_link *link)
{
	const struct record_sink sink = { .on_record = nothing_comes };
	int err;

	readings_step(counter->readings);
	err = records_read(link, 1, &sink);
	readings_step(counter->readings);
	return err;
}

/* Into the first places of the list. */
static void begin_walk(struct kinds_walk *walk, const __u32 *tgids, unsigned int count)
{
	memset(walk, 0, sizeof(*walk));
	memcpy(walk->tgids, tgids, count * sizeof(*tgids));
}

static int look_at_kinds(struct descriptor_counter *counter, __u32 tgid,
			 __u32 ret_by_kind[DESCRIPTOR_KINDS])
{
	struct bpf_link *link;
	int err = process_iterator_attach(counter->kinds, tgid, &link);

	if (err)
		return err == -ESRCH ? 0 : err; /* one that is gone has nothing to show */
	begin_walk(counter->walk, &tgid, 1);
	err = walk_files(counter, link);
	bpf_link__destroy(link);
	memcpy(ret_by_kind, counter->walk->by_kind[0], sizeof(counter->walk->by_kind[0]));
	return err;
}

static int walk_host(struct descriptor_counter *counter, const __u32 *tgids, unsigned int count)
{
	struct bpf_link *link = bpf_program__attach_iter(counter->kinds, NULL);
	int err;

	if (!link)
		return -errno;
	begin_walk(counter->walk, tgids, count);
	err = walk_files(counter, link);
	bpf_link__destroy(link);
	return err;
}

int descriptor_counter__kinds(struct descriptor_counter *counter, const __u32 *tgids,
			      unsigned int count, __u32 (*ret_by_kind)[DESCRIPTOR_KINDS])
{
	int err = 0;

	memset(ret_by_kind, 0, count * sizeof(*ret_by_kind));
	if (counter->can_look) {
		for (unsigned int i = 0; i < count && !err; i++)
			err = look_at_kinds(counter, tgids[i], ret_by_kind[i]);
		return err;
	}
	err = walk_host(counter, tgids, count);
	if (!err)
		memcpy(ret_by_kind, counter->walk->by_kind, count * sizeof(*ret_by_kind));
	return err;
}

void descriptor_counter__follow(struct descriptor_counter *counter, const __u32 *tgids,
				unsigned int count)
{
	struct followed *followed = counter->followed;

	followed->count = 0;
	memset(followed->tgids, 0, sizeof(followed->tgids));
	for (unsigned int i = count; i-- > 0;)
		followed->tgids[tgids[i] % SOCKLEAK_FOLLOWED] = tgids[i];
	followed->reported = 0;
	followed->count = count;
}
