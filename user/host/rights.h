/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rights: which capabilities this process has (capabilities(7)), and how it gives one up
 * for good.
 */
#ifndef SOCKLEAK_RIGHTS_H
#define SOCKLEAK_RIGHTS_H

#include <stdbool.h>

/* The effective ones, as a mask; 0 when they cannot be read. */
unsigned long long rights_effective(void);

/*
 * Give a capability up, in every set that would give it back: effective, permitted,
 * inheritable and ambient, and the bounding one if that is allowed (CAP_SETPCAP). *ret_had
 * (may be NULL): the process had it. 0 or -errno; not having it is not an error.
 */
int rights_give_up(int capability, bool *ret_had);

#endif /* SOCKLEAK_RIGHTS_H */
