/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * descriptors: how many descriptors the processes have that hold leaks, and how many they
 * may have: asked of /proc, into the accounts of leaks.h.
 */
#ifndef SOCKLEAK_DESCRIPTORS_H
#define SOCKLEAK_DESCRIPTORS_H

#include "leaks/leaks.h"

/* Processes of one site that are looked at, when a server's children all leak. */
#define DESCRIPTORS_LOOKS 64

/*
 * Look at the processes of these sites, that many of each.
 * What was looked at within the last ten seconds and had to be counted stays as it is.
 */
void descriptors_look(struct site *const *sites, long count, __u64 now_ns);

#endif /* SOCKLEAK_DESCRIPTORS_H */
