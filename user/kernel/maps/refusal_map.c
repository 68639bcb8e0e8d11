/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/maps/refusal_map.h"

#include <stddef.h>

#include <bpf/bpf.h>

unsigned int refusal_map_read(int map, struct refusal_key *ret_keys, struct refusal *ret_refusals)
{
	const struct refusal_key *before = NULL;
	struct refusal_key met;
	unsigned int count = 0;

	for (unsigned int i = 0; i < SOCKLEAK_MAX_REFUSALS && count < SOCKLEAK_MAX_REFUSALS &&
				 !bpf_map_get_next_key(map, before, &met);
	     i++) {
		ret_keys[count] = met;
		if (!bpf_map_lookup_elem(map, &met, &ret_refusals[count]) &&
		    ret_refusals[count].noted == REFUSAL_NOTED && ret_refusals[count].count)
			count++;
		before = &met;
	}
	return count;
}
