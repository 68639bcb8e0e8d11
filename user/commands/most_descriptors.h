/* SPDX-License-Identifier: BSD-2-Clause */
/* most_descriptors: the processes that hold most descriptors now, and of which kinds those are. */
#ifndef SOCKLEAK_MOST_DESCRIPTORS_H
#define SOCKLEAK_MOST_DESCRIPTORS_H

#include "kernel/descriptor_counter.h"
#include "report/report.h"

/*
 * The SUMMARY_MOST that hold most, into *summary; the one with most first. On -errno there is
 * nothing in it.
 */
int most_descriptors_find(struct descriptor_counter *counter, struct summary *summary);

#endif /* SOCKLEAK_MOST_DESCRIPTORS_H */
