/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/scanner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/libbpf_log.h"
#include "kernel/load_error.h"
#include "kernel/process_iterator.h"
#include "kernel/settings.h"
#include "scan.skel.h"

/* Records read at once. */
#define ROOM 256

struct scanner {
	struct scan_bpf *skeleton;
	struct bpf_link *files;
};

/* Read what the one that runs has; or maps that stay empty, as small as they can be. */
static int set_maps(struct scan_bpf *skeleton, const struct past *past)
{
	if (past->tgid)
		return bpf_map__reuse_fd(skeleton->maps.pending, past->pending)			  ?:
			       bpf_map__reuse_fd(skeleton->maps.pending_by_inode, past->by_inode) ?:
			       bpf_map__reuse_fd(skeleton->maps.young, past->young);
	return bpf_map__set_max_entries(skeleton->maps.pending, 1)		    ?:
		       bpf_map__set_max_entries(skeleton->maps.pending_by_inode, 1) ?:
		       bpf_map__set_max_entries(skeleton->maps.young, 1);
}

int scanner__open(const struct options *options, const struct past *past,
		  struct scanner **ret_scanner, struct text *ret_error)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .btf_custom_path = options->btf);
	struct scanner *scanner = calloc(1, sizeof(*scanner));
	int err;

	libbpf_log_begin();
	if (!scanner)
		return -ENOMEM;
	scanner->skeleton = scan_bpf__open_opts(&open_options);
	if (scanner->skeleton) {
		/* libbpf keeps a const volatile section writable until it is loaded. */
		*(struct settings *)&scanner->skeleton->rodata->settings = settings_of(options);
		err = set_maps(scanner->skeleton, past) ?: scan_bpf__load(scanner->skeleton);
	} else {
		err = -errno;
	}
	if (!err) {
		scanner->files =
			bpf_program__attach_iter(scanner->skeleton->progs.scan_files, NULL);
		err = scanner->files ? 0 : -errno;
	}
	if (!err) {
		*ret_scanner = scanner;
		return 0;
	}
	load_error_add(ret_error, err, options);
	scanner__free(scanner);
	return err;
}

void scanner__free(struct scanner *scanner)
{
	if (!scanner)
		return;
	bpf_link__destroy(scanner->files);
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

/* Run the iterator of a link to its end. */
static int read_records(const struct bpf_link *link, const volatile __u64 *files,
			scanner_record_fn on_record, scanner_progress_fn on_progress, void *ctx)
{
	int fd = bpf_iter_create(bpf_link__fd(link)), err = 0;
	struct event *records = calloc(ROOM, sizeof(*records));
	size_t len = 0, whole;
	ssize_t got;

	if (fd < 0 || !records) {
		err = fd < 0 ? -errno : -ENOMEM;
		goto out;
	}
	while (!err) {
		got = read(fd, (char *)records + len, ROOM * sizeof(*records) - len);
		if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (on_progress) /* the kernel pauses after a million */
				on_progress(*files, ctx);
			continue;
		}
		if (got <= 0) {
			err = got ? -errno : 0;
			break;
		}
		len += (size_t)got;
		whole = len / sizeof(*records);
		for (size_t i = 0; i < whole && !err; i++)
			err = on_record(&records[i], ctx);
		len -= whole * sizeof(*records); /* a part of the next one may be here */
		memmove(records, &records[whole], len);
	}
out:
	if (fd >= 0)
		close(fd);
	free(records);
	return err;
}

int scanner__look(struct scanner *scanner, scanner_record_fn on_record,
		  scanner_progress_fn on_progress, void *ctx, __u64 *ret_files)
{
	volatile __u64 *files = &scanner->skeleton->bss->scan.files;
	int err;

	*files = 0;
	scanner->skeleton->bss->scan.processes = 0;
	scanner->skeleton->bss->scan.last_tgid = 0;
	err = read_records(scanner->files, files, on_record, on_progress, ctx);
	*ret_files = *files;
	return err;
}

__u64 scanner__processes(const struct scanner *scanner)
{
	return scanner->skeleton->bss->scan.processes;
}

int scanner__look_at(struct scanner *scanner, __u32 tgid, scanner_record_fn on_record, void *ctx)
{
	struct bpf_link *link;
	int err = process_iterator_attach(scanner->skeleton->progs.scan_files, tgid, &link);

	if (err)
		return err == -ESRCH ? 0 : err; /* one that is gone has nothing to show */
	err = read_records(link, /* files= */ NULL, on_record, /* on_progress= */ NULL, ctx);
	bpf_link__destroy(link);
	return err;
}
