/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/sweeps/one_process.h"

#include <errno.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/sweeps/process_iterator.h"
#include "lib/cleanup.h"

int read_threads_of(const struct bpf_program *program, __u32 tgid)
{
	struct bpf_link *link;
	int err = process_iterator_attach(program, tgid, &link);

	if (err)
		return err;
	err = iterator_read_all(link);
	bpf_link__destroy(link);
	return err;
}

int read_files_of(const struct bpf_program *program, __u32 tgid, struct piece *piece)
{
	_cleanup_close_ int fd = -1;
	struct bpf_link *link;
	int err = process_iterator_attach(program, tgid, &link);

	if (err)
		return err;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? -errno : piece_read(piece, fd);
	bpf_link__destroy(link);
	return err;
}
