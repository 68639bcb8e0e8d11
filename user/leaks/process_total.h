/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_total: what one process holds at all its sites, of a full sweep. Pure. Its sites stand
 * together in leaks__sites(), after leaks__add_up().
 */
#ifndef SOCKLEAK_PROCESS_TOTAL_H
#define SOCKLEAK_PROCESS_TOTAL_H

#include "leaks/leaks.h"

struct process_total {
	const struct site *site; /* that of most of its sockets; it has pid, name and owner */
	long rows;		 /* how many sites */
	unsigned int open;	 /* sockets, of all of them */
	unsigned int by_class[CLASS_COUNT];
	/* Birth, or first sight, of the oldest of which it is known; 0 = of none. */
	__u64 oldest_ns;
	bool all_ages_known; /* it is a birth, and none can be older */
	/*
	 * Where most of those come from of which it is known, and how many those are; NULL and
	 * 0: it is known of none. A row without a stack takes nothing from another one's.
	 */
	const struct site *made_by;
	unsigned int made;
};

/* The process that sites[0] is of; `count` of them, 1 or more. */
struct process_total process_total(struct site *const *sites, long count);

#endif /* SOCKLEAK_PROCESS_TOTAL_H */
