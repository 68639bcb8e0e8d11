/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holders: the processes that hold one leaked socket. Pure; plain data.
 */
#ifndef SOCKLEAK_HOLDERS_H
#define SOCKLEAK_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "sockleak.h"

/* A server's children may be thousands: so many are named, of the others the pid is kept. */
#define HOLDERS_NAMED 64

struct holder {
	__u32 tgid;
	__u32 fd; /* one of its descriptors */
	__u32 uid;
	char comm[SOCKLEAK_COMM_LEN];
};

struct holders {
	struct holder *named; /* by pid, the creator first */
	unsigned int count;   /* of those named */
	unsigned int others;  /* that have no name here */
	unsigned int room;    /* in the next one */
	__u32 *other_tgids;   /* theirs, by number: as many as the kernel's table of holders has */
};

void holders_clear(struct holders *holders);
/*
 * A process holds it (EVENT_LEAK, EVENT_CHANGED, EVENT_HELD). 1: it was not
 * known to; 0: it was; -ENOMEM.
 */
int holders_add(struct holders *holders, const struct event *event, __u32 creator);
/* A process does not any more. True: it did. */
bool holders_remove(struct holders *holders, __u32 tgid);
/* Another number if others hold it, or by another descriptor; the same one otherwise. */
__u64 holders_hash(const struct holders *holders);

#endif /* SOCKLEAK_HOLDERS_H */
