/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/maps/map_sizes.h"

#include <bpf/libbpf.h>

#include "control.h"
#include "sockleak.h"
#include "sockleak.skel.h"

#define MIN_STACKS 1024 /* an LRU map keeps some entries a processor in hand */

int map_sizes_set(struct sockleak_bpf *skeleton, const struct options *options)
{
	__u32 growths = options->pin ? options->max_sockets : 1; /* nothing else asks for it */
	__u32 slots = options->stack_size ? options->snapshots : 1;
	__u32 stacks = options->max_stacks;
	bool runs = options->command == COMMAND_RUN;
	bool keeps = options_want(options, CLASS_HALF_CLOSED) ||
		     options_want(options, CLASS_WAS_CONNECTED);
	const struct {
		struct bpf_map *map;
		__u32 entries;
	} sizes[] = {
		{ skeleton->maps.pending, options->max_sockets },
		{ skeleton->maps.pending_by_inode, options->max_sockets },
		{ skeleton->maps.given_up, options->max_sockets },
		{ skeleton->maps.connected, keeps ? options->max_sockets : 1 },
		{ skeleton->maps.reported, options->max_sockets },
		{ skeleton->maps.reported_stacks, stacks < MIN_STACKS ? MIN_STACKS : stacks },
		{ skeleton->maps.growths, growths },
		{ skeleton->maps.stacks, stacks },
		{ skeleton->maps.events, options->ring_size },
		{ skeleton->maps.snapshots, slots },
		{ skeleton->maps.free_slots, slots },
		{ skeleton->maps.slots, slots },
		{ skeleton->maps.descendants, runs ? SOCKLEAK_MAX_DESCENDANTS : 1 },
		{ skeleton->maps.turns, runs ? SOCKLEAK_MAX_TURNS : 1 },
	};
	int err;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		err = bpf_map__set_max_entries(sizes[i].map, sizes[i].entries);
		if (err)
			return err;
	}
	return bpf_map__set_value_size(skeleton->maps.snapshots,
				       (__u32)SNAPSHOT_SLOT(options->stack_size));
}
