/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/bpf_stats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/maps/kernel_memory.h"

/* False, and all 0: it is not loaded, being of the other kind of hooks, or cannot be asked. */
static bool program_info(const struct bpf_program *program, struct bpf_prog_info *ret_info)
{
	__u32 len = sizeof(*ret_info);
	int fd = bpf_program__fd(program);

	*ret_info = (struct bpf_prog_info){ 0 };
	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, ret_info, &len))
		return true;
	*ret_info = (struct bpf_prog_info){ 0 };
	return false;
}

/* Does the program see tries on a socket? Those of socket() and close() do not. */
static bool shows_tries(const struct bpf_program *program)
{
	const char *call = strrchr(bpf_program__name(program), '_');

	return !call || (strcmp(call, "_socket") && strcmp(call, "_close"));
}

__u64 bpf_stats_skipped(const struct tracer *tracer, __u64 *ret_tries)
{
	struct bpf_program *program;
	struct bpf_prog_info info;
	__u64 skipped = 0, tries = 0;

	bpf_object__for_each_program(program, tracer__object(tracer))
	{
		if (bpf_program__expected_attach_type(program) == BPF_TRACE_ITER)
			continue; /* no hook: it runs when it is read */
		program_info(program, &info);
		skipped += info.recursion_misses;
		if (shows_tries(program))
			tries += info.recursion_misses;
	}
	*ret_tries = tries;
	return skipped;
}

static void update_programs(struct health *health, const struct bpf_object *object)
{
	struct bpf_program *program;

	health->n_programs = 0;
	bpf_object__for_each_program(program, object)
	{
		struct bpf_prog_info info;

		if (bpf_program__fd(program) < 0 || health->n_programs == HEALTH_MAX_PROGRAMS)
			continue; /* of the other kind of hooks, and not loaded */
		program_info(program, &info);
		health->programs[health->n_programs++] =
			(struct health_program){ bpf_program__name(program), info.run_time_ns,
						 info.run_cnt };
	}
}

/* Entries of a small hash map, by one call. -errno: this kernel cannot. */
static long count_entries(const struct bpf_map *map)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	__u32 count = bpf_map__max_entries(map), position;
	void *keys = calloc(count, bpf_map__key_size(map));
	void *values = calloc(count, bpf_map__value_size(map));
	long result = -ENOMEM;

	if (keys && values) {
		/* -ENOENT: it came to the end. */
		int err = bpf_map_lookup_batch(bpf_map__fd(map), NULL, &position, keys, values,
					       &count, &options);

		result = err && err != -ENOENT ? err : (long)count;
	}
	free(keys);
	free(values);
	return result;
}

static void count_map(struct health_map *entry, const struct bpf_map *map,
		      const struct tracer *tracer)
{
	__u64 max;
	long slots;

	if (!strcmp(entry->name, "pending")) {
		entry->entries = tracer__pending(tracer, &max);
		entry->counted = true;
	} else if (!strcmp(entry->name, "slots")) {
		slots = count_entries(map);
		entry->counted = slots >= 0;
		entry->entries = slots > 0 ? (__u64)slots : 0;
	}
}

static void update_maps(struct health *health, const struct bpf_object *object,
			const struct tracer *tracer)
{
	struct bpf_map *map;

	health->n_maps = 0;
	bpf_object__for_each_map(map, object)
	{
		struct health_map *entry = &health->maps[health->n_maps];

		if (bpf_map__is_internal(map) || health->n_maps == HEALTH_MAX_MAPS)
			continue;
		*entry = (struct health_map){ .name = bpf_map__name(map),
					      .max_entries = bpf_map__max_entries(map) };
		count_map(entry, map, tracer);
		health->n_maps++;
	}
}

static void update_enabled(struct health *health)
{
	int fd = open("/proc/sys/kernel/bpf_stats_enabled", O_RDONLY | O_CLOEXEC);
	char yes = '0';

	if (fd < 0)
		return;
	if (read(fd, &yes, 1) == 1)
		health->bpf_stats_enabled = yes != '0';
	close(fd);
}

void bpf_stats_update(struct health *health, const struct tracer *tracer)
{
	const struct bpf_object *object = tracer__object(tracer);

	update_enabled(health);
	update_programs(health, object);
	update_maps(health, object, tracer);
	kernel_memory(&health->bpf_bytes); /* else what it was */
}
