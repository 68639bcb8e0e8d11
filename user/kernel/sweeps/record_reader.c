/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/sweeps/record_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/cleanup.h"
#include "lib/signals.h"

/* Bytes read at once, nearly: a read of the kernel's gives 32 KiB at most. */
#define READ_BYTES (64 * 1024)

/* Hand over the whole ones of `len` bytes; *ret_whole is how many bytes those were. */
static int hand_over(const char *records, size_t len, size_t size, const struct record_sink *sink,
		     size_t *ret_whole)
{
	size_t at;

	for (at = 0; at + size <= len; at += size) {
		int err = sink->on_record(records + at, sink->ctx);

		if (err)
			return err;
	}
	*ret_whole = at;
	return 0;
}

int records_read(const struct bpf_link *link, size_t size, const struct record_sink *sink)
{
	_cleanup_close_ int fd = bpf_iter_create(bpf_link__fd(link));
	size_t room = READ_BYTES / size * size, len = 0, whole;
	_cleanup_free_ char *records = NULL;
	int err;

	if (fd < 0)
		return -errno;
	records = malloc(room);
	if (!records)
		return -ENOMEM;
	for (;;) {
		ssize_t got = read(fd, records + len, room - len);

		if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (signals_stop_overdue())
				return -EINTR;
			if (sink->on_pause)
				sink->on_pause(sink->ctx);
			continue;
		}
		if (got <= 0)
			return got ? -errno : 0;
		len += (size_t)got;
		err = hand_over(records, len, size, sink, &whole);
		if (err)
			return err;
		len -= whole; /* a part of the next one may be here */
		memmove(records, records + whole, len);
	}
}
