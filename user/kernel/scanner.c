/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/scanner.h"

#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/descriptor_counter.h"
#include "kernel/kernel_types.h"
#include "kernel/libbpf_log.h"
#include "kernel/load_error.h"
#include "kernel/sweeps/process_iterator.h"
#include "kernel/sweeps/record_reader.h"
#include "kernel/settings.h"
#include "lib/cleanup.h"
#include "scan.skel.h"

DEFINE_CLEANUP(struct kernel_types *, kernel_types__free)

struct scanner {
	struct scan_bpf *skeleton;
	struct bpf_link *files;
	struct descriptor_counter *descriptors; /* NULL = without --verbose */
};

/* Read what the one that runs has; or maps that stay empty, as small as they can be. */
static int set_maps(struct scan_bpf *skeleton, const struct past *past)
{
	const struct {
		struct bpf_map *map;
		int fd;
	} maps[] = {
		{ skeleton->maps.pending, past->pending },
		{ skeleton->maps.pending_by_inode, past->by_inode },
		{ skeleton->maps.young, past->young },
	};

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		int err = past->tgid ? bpf_map__reuse_fd(maps[i].map, maps[i].fd) :
				       bpf_map__set_max_entries(maps[i].map, 1);

		if (err)
			return err;
	}
	return 0;
}

static int load_scanner(struct scanner *scanner, const struct options *options,
			const struct past *past)
{
	_cleanup_(kernel_types__free) struct kernel_types *types = NULL;
	LIBBPF_OPTS(bpf_object_open_opts, open_options);
	size_t len;
	const void *elf = scan_bpf__elf_bytes(&len);
	int err = kernel_types__new(options->btf, elf, len, &types);

	if (err)
		return err;
	open_options.btf_custom_path = kernel_types__path(types);
	scanner->skeleton = scan_bpf__open_opts(&open_options);
	if (!scanner->skeleton)
		return -errno;
	/* libbpf keeps a const volatile section writable until it is loaded. */
	*(struct settings *)&scanner->skeleton->rodata->settings = settings_of(options);
	err = set_maps(scanner->skeleton, past);
	if (err)
		return err;
	bpf_program__set_autoload(scanner->skeleton->progs.count_descriptors, options->verbose);
	bpf_program__set_autoload(scanner->skeleton->progs.count_kinds, options->verbose);
	err = scan_bpf__load(scanner->skeleton);
	if (!err && !scanner->skeleton->bss)
		err = LOADED_UNMAPPED;
	if (!err && options->verbose)
		err = descriptor_counter__new(scanner->skeleton->progs.count_descriptors,
					      scanner->skeleton->progs.count_kinds,
					      &scanner->skeleton->bss->kinds, /* followed= */ NULL,
					      &scanner->skeleton->bss->sweep.readings,
					      &scanner->descriptors);
	if (err)
		return err;
	scanner->files = bpf_program__attach_iter(scanner->skeleton->progs.scan_files, NULL);
	return scanner->files ? 0 : -errno;
}

int scanner__open(const struct options *options, const struct past *past,
		  struct scanner **ret_scanner, struct text *ret_error)
{
	_cleanup_(scanner__free) struct scanner *scanner = calloc(1, sizeof(*scanner));
	int err;

	libbpf_log_begin();
	if (!scanner)
		return -ENOMEM;
	err = load_scanner(scanner, options, past);
	if (err) {
		load_error_add(ret_error, err, options);
		return err;
	}
	*ret_scanner = TAKE_PTR(scanner);
	return 0;
}

void scanner__free(struct scanner *scanner)
{
	if (!scanner)
		return;
	bpf_link__destroy(scanner->files);
	descriptor_counter__free(scanner->descriptors);
	scan_bpf__destroy(scanner->skeleton);
	free(scanner);
}

int scanner__rule_cgroups(struct scanner *scanner, const struct ruled_cgroup *ruled, size_t count)
{
	int map = bpf_map__fd(scanner->skeleton->maps.cgroups);

	for (size_t i = 0; i < count; i++)
		if (bpf_map_update_elem(map, &ruled[i].id, &ruled[i].rule, BPF_ANY))
			return -errno;
	return 0;
}

/* Whom the records of a walk are for. */
struct look_sink {
	const volatile __u64 *files; /* how far the walk has come */
	scanner_record_fn on_record;
	scanner_progress_fn on_progress; /* NULL = nobody waits */
	void *ctx;
};

static int on_look_record(const void *record, void *ctx)
{
	const struct look_sink *sink = ctx;

	return sink->on_record(record, sink->ctx);
}

static void on_look_pause(void *ctx)
{
	const struct look_sink *sink = ctx;

	if (sink->on_progress)
		sink->on_progress(*sink->files, sink->ctx);
}

static int read_records(const struct bpf_link *link, struct look_sink *look)
{
	const struct record_sink sink = { on_look_record, on_look_pause, look };

	return records_read(link, sizeof(struct event), &sink);
}

int scanner__look(struct scanner *scanner, scanner_record_fn on_record,
		  scanner_progress_fn on_progress, void *ctx, __u64 *ret_files)
{
	volatile __u64 *files = &scanner->skeleton->bss->scan.files;
	struct look_sink look = { files, on_record, on_progress, ctx };
	int err;

	*files = 0;
	scanner->skeleton->bss->scan.processes = 0;
	scanner->skeleton->bss->scan.last_tgid = 0;
	err = read_records(scanner->files, &look);
	*ret_files = *files;
	return err;
}

__u64 scanner__processes(const struct scanner *scanner)
{
	return scanner->skeleton->bss->scan.processes;
}

int scanner__look_at(struct scanner *scanner, __u32 tgid, scanner_record_fn on_record, void *ctx)
{
	struct look_sink look = { .on_record = on_record, .ctx = ctx };
	struct bpf_link *link;
	int err = process_iterator_attach(scanner->skeleton->progs.scan_files, tgid, &link);

	if (err)
		return err == -ESRCH ? 0 : err; /* one that is gone has nothing to show */
	err = read_records(link, &look);
	bpf_link__destroy(link);
	return err;
}

struct descriptor_counter *scanner__descriptors(struct scanner *scanner)
{
	return scanner->descriptors;
}
