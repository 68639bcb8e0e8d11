/* SPDX-License-Identifier: BSD-2-Clause */
/* counters: the kernel side's counters, of all processors together. */
#ifndef SOCKLEAK_COUNTERS_H
#define SOCKLEAK_COUNTERS_H

#include "sockleak.h"

/* `rows`: SOCKLEAK_COUNTER_ROWS of them, which the kernel side goes on writing to. */
void counters_sum(const struct counter_row *rows, __u64 ret_counters[COUNTER_COUNT]);

#endif /* SOCKLEAK_COUNTERS_H */
