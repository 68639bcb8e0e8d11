/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of tracer.h that works once the hooks are attached. */
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/descriptor_counter.h"
#include "kernel/hooks/descent.h"
#include "kernel/maps/counters.h"
#include "kernel/maps/orders.h"
#include "kernel/maps/refusal_map.h"
#include "kernel/pins/pins.h"
#include "kernel/sweeps/sweeper.h"
#include "kernel/tracer_private.h"
#include "sockleak.skel.h"

int tracer__sweep(struct tracer *tracer, bool to_the_last, __u64 *ret_ns)
{
	int err = sweeper__run(tracer->sweeper, tracer->ring, to_the_last, ret_ns);

	orders__carry_out(tracer->orders); /* what could not be is tried again at the next */
	if (tracer->pins)
		pins__swept(tracer->pins, tracer->skeleton->obj,
			    tracer->skeleton->bss->sweep.number);
	return err;
}

void tracer__judge_older(struct tracer *tracer, __u64 age_ns)
{
	tracer->skeleton->bss->sweep.older_than_ns = age_ns;
}

void tracer__limit_leaks(struct tracer *tracer, __u32 most)
{
	tracer->skeleton->bss->sweep.room = most;
}

int tracer__events_fd(const struct tracer *tracer)
{
	return ring_buffer__epoll_fd(tracer->ring);
}

void tracer__drain(struct tracer *tracer)
{
	ring_buffer__consume(tracer->ring);
	orders__carry_out(tracer->orders);
}

struct sweep_counts tracer__sweeps(const struct tracer *tracer)
{
	struct sweep_counts counts = sweeper__counts(tracer->sweeper);

	memcpy(counts.fills, tracer->skeleton->bss->fills, sizeof(counts.fills));
	memcpy(counts.room, (void *)tracer->skeleton->rodata->settings.room, sizeof(counts.room));
	return counts;
}

int tracer__rule_cgroups(struct tracer *tracer, const struct ruled_cgroup *ruled, size_t count)
{
	return cgroup_map_set(bpf_map__fd(tracer->skeleton->maps.cgroups), &tracer->rules, ruled,
			      count);
}

void tracer__retell(struct tracer *tracer)
{
	sweeper__retell(tracer->sweeper);
}

struct descriptor_counter *tracer__descriptors(struct tracer *tracer)
{
	return tracer->descriptors;
}

struct history *tracer__history(struct tracer *tracer)
{
	return tracer->history;
}

const struct bpf_object *tracer__object(const struct tracer *tracer)
{
	return tracer->skeleton->obj;
}

__u64 tracer__waiting(const struct tracer *tracer)
{
	const struct sweep *sweep = &tracer->skeleton->bss->sweep;

	return sweep->waiting + sweep->deferred;
}

__u64 tracer__pending(const struct tracer *tracer, __u64 *ret_max)
{
	*ret_max = tracer->max_sockets;
	return tracer->skeleton->bss->sweep.pending;
}

static bool find_key(void *ctx, const struct pending *socket, __u64 *ret_key)
{
	struct tracer *tracer = ctx;

	return history__find_key(tracer->history, socket, ret_key);
}

static bool find_stack(void *ctx, __u64 key, struct reported_stack *ret_stack)
{
	struct tracer *tracer = ctx;

	return history__find_stack(tracer->history, key, ret_stack);
}

static const struct snapshot *look_at_snapshot(void *ctx, const struct pending *socket)
{
	struct tracer *tracer = ctx;
	struct stack_maps maps = tracer__stack_maps(tracer);

	return stack_maps_snapshot(&maps, socket, tracer->snapshot) ? tracer->snapshot : NULL;
}

static void read_raw(void *ctx, const struct pending *socket, struct raw_stack *ret_raw)
{
	struct stack_maps maps = tracer__stack_maps(ctx);

	ret_raw->snapshot = look_at_snapshot(ctx, socket);
	ret_raw->count = stack_maps_pcs(&maps, socket, ret_raw->pcs);
}

static void drop_snapshot(void *ctx, const struct pending *socket)
{
	struct tracer *tracer = ctx;

	orders__drop_snapshot(tracer->orders, socket);
}

struct stack_evidence tracer__stack_evidence(struct tracer *tracer)
{
	return (struct stack_evidence){ tracer,	  find_key,	 find_stack,
					read_raw, drop_snapshot, look_at_snapshot };
}

unsigned int tracer__refusals(struct tracer *tracer, struct refusal_key *ret_keys,
			      struct refusal *ret_refusals)
{
	return refusal_map_read(bpf_map__fd(tracer->skeleton->maps.refusals), ret_keys,
				ret_refusals);
}

void tracer__forget_refusal(struct tracer *tracer, const struct refusal_key *key)
{
	bpf_map_delete_elem(bpf_map__fd(tracer->skeleton->maps.refusals), key);
}

void tracer__counters(const struct tracer *tracer, __u64 ret_counters[COUNTER_COUNT])
{
	counters_sum(tracer->skeleton->bss->counters, ret_counters);
}

bool tracer__met_at_exit(const struct tracer *tracer)
{
	return tracer->skeleton->bss->met_at_exit;
}

unsigned int tracer__followed(const struct tracer *tracer)
{
	return descent_count(tracer->skeleton);
}
