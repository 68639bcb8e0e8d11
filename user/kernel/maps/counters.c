/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/maps/counters.h"

void counters_sum(const struct counter_row *rows, __u64 ret_counters[COUNTER_COUNT])
{
	for (unsigned int i = 0; i < COUNTER_COUNT; i++) {
		ret_counters[i] = 0;
		for (unsigned int row = 0; row < SOCKLEAK_COUNTER_ROWS; row++)
			ret_counters[i] += __atomic_load_n(&rows[row].counts[i], __ATOMIC_ACQUIRE);
	}
}
