/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * descriptors: how many descriptors the processes with leaks have open, and how many they
 * may have. Reads /proc, and writes into the accounts of leaks.h.
 */
#ifndef SOCKLEAK_DESCRIPTORS_H
#define SOCKLEAK_DESCRIPTORS_H

#include "leaks/leaks.h"

/* How many processes of one site are examined, if all children of a server leak. */
#define DESCRIPTORS_LOOKS 64

/*
 * Update the accounts of the processes of these sites, that many of each. A count that had
 * to be made one by one stays as it is for ten seconds.
 */
void descriptors_look(struct site *const *sites, long count, __u64 now_ns);
/*
 * How near the processes of the worst `most` sites are to their limit, as above, and how fast they
 * leak: into their accounts.
 */
void descriptors_forecast(struct leaks *leaks, long most, __u64 now_ns);

/* The same of the worst `most` sites that leak, and how fast their processes do. */
void descriptors_forecast(struct leaks *leaks, long most, __u64 now_ns);

#endif /* SOCKLEAK_DESCRIPTORS_H */
