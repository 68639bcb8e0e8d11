/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * piece: how much of a sweep is done at once. A sweep reads as much as the host has open, and its
 * users choose that. So a sweep is read for some time, and goes on in the next interval. The time
 * is that of the processor, because others may have the processor meanwhile.
 */
#ifndef SOCKLEAK_PIECE_H
#define SOCKLEAK_PIECE_H

#include <stdbool.h>

#include <linux/types.h>

struct bpf_link;

struct piece {
	__u64 began_ns;	 /* CLOCK_THREAD_CPUTIME_ID, and later by what was done in pauses */
	__u64 most_ns;	 /* from then on; UINT64_MAX = until all is read */
	__u32 *readings; /* see readings_step() */
	bool is_last; /* no other piece follows: a stop that is asked for ends it a little later */
	/* Empties the ring of events while the iterator pauses; NULL = nothing is to be done. */
	void (*on_pause)(void *ctx);
	void *ctx;
};

/*
 * By default, for sweeps at this interval: a twentieth of a processor. Not less than 50 ms, in
 * which 200,000 to 500,000 descriptors are read, so that most hosts have one piece;
 * user/watch/pace.h makes up for it. Not more than 250 ms, because other sweeps wait for it.
 */
__u64 piece_budget_ns(__u64 interval_ns);

void piece_begin(struct piece *piece, __u64 most_ns, bool is_last);

/*
 * Is it over? A stop ends it, even if it has no end. If it is the last one, it is given half a
 * second after that, and 0.1 s of the processor in any case.
 */
bool piece_is_over(const struct piece *piece);

/* How long it took up to now. */
__u64 piece_spent_ns(const struct piece *piece);

/* Call on_pause(), which is not a part of the piece. */
void piece_pause(struct piece *piece);

/* Run the iterator of a link to its end; it writes nothing. 0 or -errno. */
int iterator_read_all(const struct bpf_link *link);

/* A reading of fd tables begins, or ends: the kernel's side asks at an exit (struct sweep). */
void readings_step(__u32 *readings);

/* Read an iterator on. 0 at its end, 1 if the piece is over, or -errno. */
int piece_read(struct piece *piece, int iterator);

#endif /* SOCKLEAK_PIECE_H */
