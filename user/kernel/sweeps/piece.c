/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/sweeps/piece.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/cleanup.h"
#include "lib/signals.h"
#include "lib/time.h"
#include "control.h"

/* Reads of an iterator without an end: it yields every million objects. */
#define MAX_READS 10000
#define SHARE 20
#define LEAST_NS (50 * NSEC_PER_MSEC)
#define MOST_NS (250 * NSEC_PER_MSEC)
#define LEAST_OF_LAST_NS (100 * NSEC_PER_MSEC)

__u64 piece_budget_ns(__u64 interval_ns)
{
	__u64 budget_ns = interval_ns / SHARE;

	if (budget_ns < LEAST_NS)
		return LEAST_NS;
	return budget_ns < MOST_NS ? budget_ns : MOST_NS;
}

void piece_begin(struct piece *piece, __u64 most_ns, bool is_last)
{
	piece->began_ns = clock_now(CLOCK_THREAD_CPUTIME_ID);
	piece->most_ns = most_ns;
	piece->is_last = is_last;
}

__u64 piece_spent_ns(const struct piece *piece)
{
	return clock_now(CLOCK_THREAD_CPUTIME_ID) - piece->began_ns;
}

bool piece_is_over(const struct piece *piece)
{
	__u64 spent_ns = piece_spent_ns(piece);

	if (spent_ns >= piece->most_ns)
		return true;
	if (piece->is_last)
		return spent_ns >= LEAST_OF_LAST_NS && signals_stop_overdue();
	return signals_stop_asked();
}

int iterator_read_all(const struct bpf_link *link)
{
	_cleanup_close_ int fd = bpf_iter_create(bpf_link__fd(link));
	char nothing[SOCKLEAK_ITERATOR_READ];
	ssize_t len;
	int reads = 0;

	if (fd < 0)
		return -errno;
	do
		len = read(fd, nothing, sizeof(nothing));
	while ((len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR))) &&
	       ++reads < MAX_READS);
	return len < 0 ? -errno : 0;
}

void piece_pause(struct piece *piece)
{
	__u64 paused_ns = clock_now(CLOCK_THREAD_CPUTIME_ID);

	if (!piece->on_pause)
		return;
	piece->on_pause(piece->ctx);
	piece->began_ns += clock_now(CLOCK_THREAD_CPUTIME_ID) - paused_ns;
}

void readings_step(__u32 *readings)
{
	__atomic_add_fetch(readings, 1, __ATOMIC_SEQ_CST);
}

int piece_read(struct piece *piece, int iterator)
{
	char nothing[SOCKLEAK_ITERATOR_READ];
	ssize_t len;

	/*
	 * It writes only to have a read return while the ring is emptied, events_make_room(), and
	 * fails for a moment after a step, step_is_over().
	 */
	for (;;) {
		readings_step(piece->readings);
		len = read(iterator, nothing, sizeof(nothing));
		readings_step(piece->readings);
		if (!len)
			return 0;
		if (len < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		piece_pause(piece);
		if (piece_is_over(piece))
			return 1;
	}
}
