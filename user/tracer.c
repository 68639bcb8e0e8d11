/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "load_error.h"
#include "pins.h"
#include "settings.h"
#include "sockleak.skel.h"
#include "stack_maps.h"
#include "sweeper.h"
#include "takeover.h"
#include "tracefs.h"

#define MIN_STACKS 1024 /* an LRU map keeps some entries a processor in hand */

struct tracer {
	struct sockleak_bpf *skeleton;
	struct ring_buffer *ring;
	struct sweeper *sweeper;
	struct history *history;
	struct pins *pins;			       /* NULL = nothing is to survive */
	struct ruled_cgroup ruled[SOCKLEAK_MAX_RULED]; /* as they are in the map */
	size_t n_ruled;
	struct bpf_link *hooks[16];
	unsigned int n_hooks;
	bool raw;
	int n_cpus;
	__u32 max_sockets;
	tracer_verdict_fn on_verdict;
	void *ctx;
	struct snapshot *snapshot; /* room for one slot */
	size_t slot_size;
	__u64 *per_cpu; /* room for one counter of every processor */
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct tracer *tracer = ctx;

	if (size == sizeof(struct verdict))
		tracer->on_verdict(data, tracer->ctx);
	return 0;
}

/* ---- Hooks ---- */

/* Can classic tracepoints be used here? 0, or why not. */
static int tracepoints_probe(void)
{
	int tracefs = tracefs_open(), fd;

	if (tracefs < 0)
		return tracefs;
	fd = tracefs_event_open(tracefs, "syscalls", "sys_enter_socket");
	close(tracefs);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static bool is_classic(const struct bpf_program *program)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_TRACEPOINT;
}

static bool is_raw(const struct bpf_program *program)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_RAW_TRACEPOINT;
}

/* Of the two kinds of hooks only one is loaded. */
static int choose_hooks(struct tracer *tracer, enum hooks_choice choice, struct text *ret_error)
{
	int err = choice == HOOKS_RAW_TP ? 0 : tracepoints_probe();
	struct bpf_program *program;

	if (err && choice == HOOKS_TRACEPOINT) {
		text_addf(ret_error,
			  "cannot open the system call tracepoints: %s (mount tracefs on "
			  "/sys/kernel/tracing, lower kernel.perf_event_paranoid, or use "
			  "--hooks raw_tp)",
			  strerror(-err));
		return err;
	}
	tracer->raw = err || choice == HOOKS_RAW_TP;
	bpf_object__for_each_program(program,
				     tracer->skeleton->obj) if (tracer->raw ? is_classic(program) :
									      is_raw(program))
		bpf_program__set_autoload(program, false);
	return 0;
}

static int hook_attach(struct tracer *tracer, const struct bpf_program *program, int tracefs_fd)
{
	struct bpf_link *link;
	int event, err;

	if (tracer->raw) {
		link = bpf_program__attach(program);
		err = -errno;
	} else {
		event = tracefs_event_open(tracefs_fd, "syscalls", bpf_program__name(program));
		if (event < 0)
			return event;
		link = bpf_program__attach_perf_event(program, event);
		err = -errno;
		if (!link)
			close(event);
	}
	if (!link)
		return err;
	tracer->hooks[tracer->n_hooks++] = link;
	return 0;
}

int tracer__attach(struct tracer *tracer, struct text *ret_error)
{
	int tracefs = tracer->raw ? -1 : tracefs_open(), err = 0;
	struct bpf_program *program;

	bpf_object__for_each_program(program, tracer->skeleton->obj)
	{
		if (tracer->raw ? !is_raw(program) : !is_classic(program))
			continue;
		err = hook_attach(tracer, program, tracefs);
		if (err) {
			text_addf(ret_error,
				  "cannot attach '%s': %s (needs CAP_BPF and CAP_PERFMON%s)",
				  bpf_program__name(program), strerror(-err),
				  tracer->raw ? "" : ", or --hooks raw_tp");
			break;
		}
	}
	if (tracefs >= 0)
		close(tracefs);
	if (!err && tracer->pins)
		pins__attached(tracer->pins, tracer->skeleton->obj);
	return err;
}

const struct pins *tracer__pins(const struct tracer *tracer)
{
	return tracer->pins;
}

const char *tracer__hooks(const struct tracer *tracer)
{
	return tracer->raw ? "raw_tp" : "tracepoint";
}

/* ---- Load ---- */

static int set_snapshot_sizes(struct tracer *tracer, const struct options *options)
{
	struct sockleak_bpf *skeleton = tracer->skeleton;
	__u32 slots = options->stack_size ? options->snapshots : 1;

	tracer->slot_size = SNAPSHOT_SLOT(options->stack_size);
	tracer->snapshot = calloc(1, tracer->slot_size);
	if (!tracer->snapshot)
		return -ENOMEM;
	return bpf_map__set_value_size(skeleton->maps.snapshots, (__u32)tracer->slot_size) ?:
		       bpf_map__set_max_entries(skeleton->maps.snapshots, slots)	   ?:
		       bpf_map__set_max_entries(skeleton->maps.free_slots, slots)	   ?:
		       bpf_map__set_max_entries(skeleton->maps.slots, slots);
}

static int set_sizes(struct tracer *tracer, const struct options *options)
{
	struct sockleak_bpf *skeleton = tracer->skeleton;
	__u32 aliases = options->max_sockets < 4096 ? 1024 : options->max_sockets / 4;
	__u32 told_stacks = options->max_stacks < MIN_STACKS ? MIN_STACKS : options->max_stacks;
	__u32 growths = options->pin ? options->max_sockets : 1; /* nothing else asks for it */

	tracer->max_sockets = options->max_sockets;
	return bpf_map__set_max_entries(skeleton->maps.pending, options->max_sockets)	    ?:
		       bpf_map__set_max_entries(skeleton->maps.homes, options->max_sockets) ?:
		       bpf_map__set_max_entries(skeleton->maps.told, options->max_sockets)  ?:
		       bpf_map__set_max_entries(skeleton->maps.growths, growths)	    ?:
		       bpf_map__set_max_entries(skeleton->maps.told_stacks, told_stacks)    ?:
		       /* an LRU map keeps some entries a processor in hand */
		       bpf_map__set_max_entries(skeleton->maps.aliases, aliases)	     ?:
		       bpf_map__set_max_entries(skeleton->maps.stacks, options->max_stacks)  ?:
		       bpf_map__set_max_entries(skeleton->maps.verdicts, options->ring_size) ?:
		       set_snapshot_sizes(tracer, options);
}

/* The maps as the programs expect them: with what an earlier run knew, or empty. */
static int maps_begin(struct tracer *tracer, struct text *ret_error)
{
	struct bpf_object *object = tracer->skeleton->obj;
	int err;

	if (tracer->pins)
		return pins__begin(tracer->pins, object, ret_error);
	err = takeover_fill_slots(object);
	if (err)
		text_addf(ret_error, "cannot fill the maps: %s", strerror(-err));
	return err;
}

static struct stack_maps stack_maps_of(const struct sockleak_bpf *skeleton)
{
	return (struct stack_maps){ .stacks = bpf_map__fd(skeleton->maps.stacks),
				    .slots = bpf_map__fd(skeleton->maps.slots),
				    .snapshots = bpf_map__fd(skeleton->maps.snapshots) };
}

static int history_begin(struct tracer *tracer)
{
	const struct sockleak_bpf *skeleton = tracer->skeleton;
	const struct history_maps maps = { .told = bpf_map__fd(skeleton->maps.told),
					   .stacks = bpf_map__fd(skeleton->maps.told_stacks),
					   .growths = bpf_map__fd(skeleton->maps.growths),
					   .unnamed = stack_maps_of(skeleton) };

	return history__new(bpf_program__fd(skeleton->progs.sweep_files), &maps, &tracer->history);
}

static int load(struct tracer *tracer, const struct options *options, struct text *ret_error)
{
	int err = choose_hooks(tracer, (enum hooks_choice)options->hooks, ret_error);

	if (err)
		return err;
	/* libbpf keeps a const volatile section writable until it is loaded. */
	*(struct settings *)&tracer->skeleton->rodata->settings = settings_of(options);
	err = set_sizes(tracer, options);
	if (!err && options->pin) {
		err = pins__open(options->pin, tracer->skeleton->obj, &tracer->pins, ret_error);
		if (err)
			return err;
	}
	if (!err)
		err = sockleak_bpf__load(tracer->skeleton);
	if (err) {
		load_error_add(ret_error, err, options);
		return err;
	}
	err = maps_begin(tracer, ret_error);
	if (err)
		return err;
	err = sweeper__new(tracer->skeleton, options, &tracer->sweeper);
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

int tracer__open(const struct options *options, tracer_verdict_fn on_verdict, void *ctx,
		 struct tracer **ret_tracer, struct text *ret_error)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .btf_custom_path = options->btf);
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	libbpf_set_print(NULL); /* its guesses at a cause mislead; ours are told */
	if (!tracer)
		return -ENOMEM;
	tracer->on_verdict = on_verdict;
	tracer->ctx = ctx;
	tracer->n_cpus = libbpf_num_possible_cpus();
	tracer->per_cpu = calloc(tracer->n_cpus > 0 ? (size_t)tracer->n_cpus : 1, sizeof(__u64));
	tracer->skeleton = sockleak_bpf__open_opts(&open_options);
	if (!tracer->skeleton || !tracer->per_cpu) {
		err = tracer->skeleton ? -ENOMEM : -errno;
		text_addf(ret_error, "cannot open the BPF object: %s", strerror(-err));
		goto failed;
	}
	err = load(tracer, options, ret_error);
	if (err)
		goto failed;
	tracer->ring = ring_buffer__new(bpf_map__fd(tracer->skeleton->maps.verdicts), on_record,
					tracer, NULL);
	if (!tracer->ring) {
		err = -errno;
		text_addf(ret_error, "cannot map the ring buffer: %s (lower --ring-size)",
			  strerror(-err));
		goto failed;
	}
	*ret_tracer = tracer;
	return 0;
failed:
	tracer__free(tracer);
	return err;
}

void tracer__free(struct tracer *tracer)
{
	if (!tracer)
		return;
	while (tracer->n_hooks)
		bpf_link__destroy(tracer->hooks[--tracer->n_hooks]);
	sweeper__free(tracer->sweeper);
	history__free(tracer->history);
	ring_buffer__free(tracer->ring);
	sockleak_bpf__destroy(tracer->skeleton);
	pins__free(tracer->pins); /* the lock goes last */
	free(tracer->snapshot);
	free(tracer->per_cpu);
	free(tracer);
}

/* ---- Run ---- */

static __u64 counter_read(struct tracer *tracer, enum counter which)
{
	__u32 key = which;
	__u64 sum = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(tracer->skeleton->maps.counters), &key,
				tracer->per_cpu))
		return 0;
	for (int cpu = 0; cpu < tracer->n_cpus; cpu++)
		sum += tracer->per_cpu[cpu];
	return sum;
}

int tracer__sweep(struct tracer *tracer, bool to_the_last, __u64 *ret_ns)
{
	int err = sweeper__run(tracer->sweeper, tracer->ring, to_the_last, ret_ns);

	if (tracer->pins)
		pins__swept(tracer->pins, tracer->skeleton->obj,
			    tracer->skeleton->bss->sweep.number);
	return err;
}

struct sweep_counts tracer__sweeps(const struct tracer *tracer)
{
	return sweeper__counts(tracer->sweeper);
}

bool tracer__can_look(const struct tracer *tracer)
{
	return sweeper__can_look(tracer->sweeper);
}

static bool has_rule(const struct ruled_cgroup *ruled, size_t count, __u64 id)
{
	for (size_t i = 0; i < count; i++)
		if (ruled[i].id == id)
			return true;
	return false;
}

int tracer__rule_cgroups(struct tracer *tracer, const struct ruled_cgroup *ruled, size_t count)
{
	int map = bpf_map__fd(tracer->skeleton->maps.cgroups);

	if (count == tracer->n_ruled && !memcmp(ruled, tracer->ruled, count * sizeof(*ruled)))
		return 0;
	for (size_t i = 0; i < tracer->n_ruled; i++)
		if (!has_rule(ruled, count, tracer->ruled[i].id))
			bpf_map_delete_elem(map, &tracer->ruled[i].id);
	tracer->n_ruled = 0;
	for (size_t i = 0; i < count; i++) {
		if (bpf_map_update_elem(map, &ruled[i].id, &ruled[i].rule, BPF_ANY))
			return -errno;
		tracer->ruled[tracer->n_ruled++] = ruled[i];
	}
	return 0;
}

void tracer__retell(struct tracer *tracer)
{
	sweeper__retell(tracer->sweeper);
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
	return tracer->skeleton->bss->sweep.waiting;
}

__u64 tracer__pending(const struct tracer *tracer, __u64 *ret_max)
{
	*ret_max = tracer->max_sockets;
	return tracer->skeleton->bss->sweep.pending;
}

unsigned int tracer__stack(struct tracer *tracer, const struct pending *socket, __u64 *ret_pcs)
{
	struct stack_maps maps = stack_maps_of(tracer->skeleton);

	return stack_maps_pcs(&maps, socket, ret_pcs);
}

const struct snapshot *tracer__snapshot(struct tracer *tracer, const struct pending *socket)
{
	struct sockleak_bpf *skeleton = tracer->skeleton;
	struct stack_maps maps = stack_maps_of(skeleton);
	__u64 inode = socket->inode;
	__u32 slot;
	bool whole;

	if (stack_maps_snapshot(&maps, socket, tracer->snapshot, &slot, &whole))
		return NULL;
	/* Still the socket's own after the copy: then nobody wrote to it meanwhile. */
	if (bpf_map_delete_elem(maps.slots, &inode))
		return NULL;
	bpf_map_update_elem(bpf_map__fd(skeleton->maps.free_slots), NULL, &slot, BPF_ANY);
	return whole ? tracer->snapshot : NULL;
}

unsigned int tracer__refusals(struct tracer *tracer, struct refusal_key *ret_keys,
			      struct refusal *ret_refusals)
{
	int map = bpf_map__fd(tracer->skeleton->maps.refusals);
	const struct refusal_key *before = NULL;
	struct refusal_key met;
	unsigned int count = 0;

	for (unsigned int i = 0; i < SOCKLEAK_MAX_REFUSALS && count < SOCKLEAK_MAX_REFUSALS &&
				 !bpf_map_get_next_key(map, before, &met);
	     i++) {
		ret_keys[count] = met;
		if (!bpf_map_lookup_elem(map, &met, &ret_refusals[count]) &&
		    ret_refusals[count].noted == REFUSAL_NOTED && ret_refusals[count].count)
			count++;
		before = &met;
	}
	return count;
}

void tracer__forget_refusal(struct tracer *tracer, const struct refusal_key *key)
{
	bpf_map_delete_elem(bpf_map__fd(tracer->skeleton->maps.refusals), key);
}

int tracer__counters(struct tracer *tracer, __u64 ret_counters[COUNTER_COUNT])
{
	for (int i = 0; i < COUNTER_COUNT; i++)
		ret_counters[i] = counter_read(tracer, (enum counter)i);
	return 0;
}
