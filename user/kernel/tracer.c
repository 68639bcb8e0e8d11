/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/tracer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/descriptor_counter.h"
#include "kernel/hooks/descent.h"
#include "kernel/hooks/hooks.h"
#include "kernel/kernel_types.h"
#include "kernel/libbpf_log.h"
#include "kernel/load_error.h"
#include "kernel/maps/cgroup_map.h"
#include "kernel/maps/map_sizes.h"
#include "kernel/maps/orders.h"
#include "kernel/maps/stack_maps.h"
#include "kernel/pins/pins.h"
#include "kernel/pins/restore.h"
#include "kernel/settings.h"
#include "kernel/sweeps/sweeper.h"
#include "kernel/tracer_private.h"
#include "sockleak.skel.h"

void tracer__on_progress(struct tracer *tracer, void (*on_progress)(void *ctx), void *ctx)
{
	tracer->on_progress = on_progress;
	tracer->progress_ctx = ctx;
}

static void progress(void *ctx)
{
	const struct tracer *tracer = ctx;

	if (tracer->on_progress)
		tracer->on_progress(tracer->progress_ctx);
}

static int on_record(void *ctx, void *data, size_t size)
{
	struct tracer *tracer = ctx;

	if (size == sizeof(struct event))
		tracer->on_event(data, tracer->ctx);
	progress(tracer);
	return 0;
}

const struct pins *tracer__pins(const struct tracer *tracer)
{
	return tracer->pins;
}

const char *tracer__pins_refused(const struct tracer *tracer)
{
	return tracer->pins_refused.len ? text_str(&tracer->pins_refused) : NULL;
}

const struct hooks *tracer__hooks(const struct tracer *tracer)
{
	return tracer->hooks;
}

void tracer__follow(struct tracer *tracer, __u32 tgid)
{
	tracer->followed = tgid;
}

/* ---- Load ---- */

static int set_sizes(struct tracer *tracer, const struct options *options)
{
	tracer->max_sockets = options->max_sockets;
	tracer->slot_size = SNAPSHOT_SLOT(options->stack_size);
	tracer->snapshot = calloc(1, tracer->slot_size);
	if (!tracer->snapshot)
		return -ENOMEM;
	return map_sizes_set(tracer->skeleton, options);
}

/* The maps as the programs expect them: with what an earlier run knew, or empty. */
static int maps_begin(struct tracer *tracer, struct text *ret_error)
{
	int err;

	if (tracer->pins) {
		err = pins__begin(tracer->pins, tracer->skeleton->obj, progress, tracer, ret_error);
		tracer->pins_failed = err;
		tracer->skeleton->bss->tries_held = 0; /* restore_begin() drops an earlier run's */
		/* The rest of what it has moved is counted by the first sweep. */
		memset(tracer->skeleton->bss->in_use, 0, sizeof(tracer->skeleton->bss->in_use));
		tracer->skeleton->bss->in_use[SHARE_SNAPSHOTS] = (__s32)pins__slots(tracer->pins);
		return err;
	}
	err = orders__free_slots(tracer->orders,
				 bpf_map__max_entries(tracer->skeleton->maps.slots));
	if (err)
		text_addf(ret_error, "cannot fill the maps: %s", strerror(-err));
	return err;
}

struct stack_maps tracer__stack_maps(const struct tracer *tracer)
{
	const struct sockleak_bpf *skeleton = tracer->skeleton;

	return (struct stack_maps){ .stacks = bpf_map__fd(skeleton->maps.stacks),
				    .snapshots = bpf_map__fd(skeleton->maps.snapshots),
				    .snapshot_size = tracer->slot_size };
}

static int history_begin(struct tracer *tracer)
{
	const struct sockleak_bpf *skeleton = tracer->skeleton;
	const struct history_maps maps = { .reported = bpf_map__fd(skeleton->maps.reported),
					   .stacks = bpf_map__fd(skeleton->maps.reported_stacks),
					   .growths = bpf_map__fd(skeleton->maps.growths),
					   .unnamed = tracer__stack_maps(tracer),
					   .kept = tracer->pins };

	return history__new(bpf_program__fd(skeleton->progs.sweep_files), &maps, tracer->orders,
			    &tracer->history);
}

static int load_programs(struct tracer *tracer, const struct options *options, const char *pin,
			 struct text *ret_error)
{
	int err;

	/* libbpf keeps a const volatile section writable until it is loaded. */
	*(struct settings *)&tracer->skeleton->rodata->settings = settings_of(options);
	err = set_sizes(tracer, options);
	if (!err && pin) {
		err = pins__open(pin, tracer->skeleton->obj, &tracer->pins, ret_error);
		tracer->pins_failed = err;
		if (err)
			return err;
	}
	descent_select(tracer->skeleton, tracer->followed);
	if (!err)
		err = sockleak_bpf__load(tracer->skeleton);
	if (!err && !tracer->skeleton->bss)
		err = LOADED_UNMAPPED;
	if (err)
		load_error_add(ret_error, err, options);
	return err;
}

static int load(struct tracer *tracer, const struct options *options, const char *pin,
		struct text *ret_error)
{
	int err = load_programs(tracer, options, pin, ret_error);

	if (err)
		return err;
	err = orders__new(tracer->skeleton, &tracer->orders);
	if (!err) {
		err = maps_begin(tracer, ret_error);
		if (err)
			return err;
		err = sweeper__new(tracer->skeleton, options, &tracer->sweeper);
	}
	if (!err)
		err = descriptor_counter__new(
			tracer->skeleton->progs.count_descriptors,
			tracer->skeleton->progs.count_kinds, &tracer->skeleton->bss->kinds,
			&tracer->skeleton->bss->followed, &tracer->skeleton->bss->sweep.readings,
			&tracer->descriptors);
	if (err) {
		text_addf(ret_error, "cannot attach the sweep's iterators: %s (needs Linux 5.13)",
			  strerror(-err));
		return err;
	}
	err = history_begin(tracer);
	if (err)
		text_addf(ret_error, "cannot bind the maps for 'sockleak scan': %s",
			  strerror(-err));
	return err;
}

static int open_skeleton(struct tracer *tracer, struct text *ret_error)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_options,
		    .btf_custom_path = kernel_types__path(tracer->types));
	int err;

	tracer->skeleton = sockleak_bpf__open_opts(&open_options);
	if (tracer->skeleton)
		return 0;
	err = -errno;
	text_addf(ret_error, "cannot open the BPF object: %s", strerror(-err));
	return err;
}

/* All that load() has begun. */
static void unload(struct tracer *tracer)
{
	descent__free(tracer->descent);
	sweeper__free(tracer->sweeper);
	descriptor_counter__free(tracer->descriptors);
	history__free(tracer->history);
	orders__free(tracer->orders);
	ring_buffer__free(tracer->ring);
	sockleak_bpf__destroy(tracer->skeleton);
	pins__free(tracer->pins); /* the lock goes last */
	free(tracer->snapshot);
	tracer->descent = NULL;
	tracer->sweeper = NULL;
	tracer->descriptors = NULL;
	tracer->history = NULL;
	tracer->orders = NULL;
	tracer->ring = NULL;
	tracer->skeleton = NULL;
	tracer->pins = NULL;
	tracer->snapshot = NULL;
}

/* The object is as tracer__open() left it, for the hooks that are chosen now. */
static int begin_again(struct tracer *tracer, struct text *ret_error)
{
	int err;

	unload(tracer);
	err = open_skeleton(tracer, ret_error);
	if (!err)
		hooks__select(tracer->hooks, tracer->skeleton->obj);
	return err;
}

/* With what an earlier run knew; an agent goes on without where that cannot be used. */
static int load_pinned(struct tracer *tracer, const struct options *options, struct text *ret_error)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	int err = load(tracer, options, tracer->pins_refused.len ? NULL : options->pin, &error);

	if (err && tracer->pins_failed && options->command == COMMAND_AGENT) {
		text_add(&tracer->pins_refused, text_str(&error));
		text_clear(&error);
		tracer->pins_failed = false;
		err = begin_again(tracer, &error);
		if (!err)
			err = load(tracer, options, NULL, &error);
	}
	if (err)
		text_add(ret_error, text_str(&error));
	return err;
}

static int load_all(struct tracer *tracer, const struct options *options, struct text *ret_error)
{
	int err = load_pinned(tracer, options, ret_error);

	if (err)
		return err;
	tracer->ring = ring_buffer__new(bpf_map__fd(tracer->skeleton->maps.events), on_record,
					tracer, NULL);
	if (tracer->ring)
		return 0;
	err = -errno;
	text_addf(ret_error, "cannot map the ring buffer: %s (lower --ring-size)", strerror(-err));
	return err;
}

/*
 * With the kind of hooks that is chosen, or one that comes behind it where the kernel refuses its
 * programs. When it refuses all it is the first refusal that counts: that was of the best one.
 */
static int load_kind(struct tracer *tracer, const struct options *options, struct text *ret_error)
{
	_cleanup_text_ struct text first = TEXT_INIT;

	for (;;) {
		_cleanup_text_ struct text reason = TEXT_INIT, error = TEXT_INIT;
		int err = load_all(tracer, options, &error);

		if (!err)
			return 0;
		if (!first.len)
			text_add(&first, text_str(&error));
		text_addf(&reason, "its programs were refused: %s", strerror(-err));
		if (tracer->pins_failed || !tracer->skeleton ||
		    (!hooks__leave_out(tracer->hooks, libbpf_log_refused()) &&
		     !hooks__yield(tracer->hooks, tracer->skeleton->obj, text_str(&reason)))) {
			text_add(ret_error, text_str(&first));
			return err;
		}
		err = begin_again(tracer, ret_error);
		if (err)
			return err;
	}
}

int tracer__load(struct tracer *tracer, const struct options *options, struct text *ret_error)
{
	int err = hooks__choose(tracer->hooks, tracer->skeleton->obj, ret_error);

	return err ? err : load_kind(tracer, options, ret_error);
}

/* ---- Attach ---- */

/* With hooks of another kind, and the cgroups that have a rule. */
static int load_again(struct tracer *tracer, const struct options *options, struct text *ret_error)
{
	size_t count = tracer->rules.count;
	int err = begin_again(tracer, ret_error);

	if (err)
		return err;
	err = load_kind(tracer, options, ret_error);
	tracer->rules.count = 0; /* the new map is empty */
	if (err)
		return err;
	return tracer__rule_cgroups(tracer, tracer->rules.ruled, count);
}

int tracer__attach(struct tracer *tracer, const struct options *options, struct text *ret_error)
{
	_cleanup_text_ struct text reason = TEXT_INIT;
	int err;

	while ((err = hooks__attach(tracer->hooks, tracer->skeleton->obj,
				    &tracer->skeleton->bss->proved, &reason))) {
		if (!hooks__yield(tracer->hooks, tracer->skeleton->obj, text_str(&reason))) {
			hooks__add_error(tracer->hooks, text_str(&reason), ret_error);
			return err;
		}
		text_clear(&reason);
		err = load_again(tracer, options, ret_error);
		if (err)
			return err;
	}
	kernel_types__free(tracer->types);
	tracer->types = NULL;
	return descent__attach(tracer->skeleton, tracer->followed, &tracer->descent, ret_error);
}

int tracer__open(const struct options *options, tracer_event_fn on_event, void *ctx,
		 struct tracer **ret_tracer, struct text *ret_error)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	size_t len;
	const void *elf = sockleak_bpf__elf_bytes(&len);
	int err;

	libbpf_log_begin();
	if (!tracer)
		return -ENOMEM;
	tracer->on_event = on_event;
	tracer->ctx = ctx;
	err = kernel_types__new(options->btf, elf, len, &tracer->types);
	if (!err)
		err = open_skeleton(tracer, ret_error);
	if (!err)
		err = hooks__new(tracer->skeleton->obj, options, kernel_types__all(tracer->types),
				 &tracer->hooks);
	if (err) {
		tracer__free(tracer);
		return err;
	}
	*ret_tracer = tracer;
	return 0;
}

void tracer__free(struct tracer *tracer)
{
	if (!tracer)
		return;
	hooks__free(tracer->hooks);
	unload(tracer);
	kernel_types__free(tracer->types);
	text_free(&tracer->pins_refused);
	free(tracer);
}
