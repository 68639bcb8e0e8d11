/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack_maps: the stacks that the kernel's side keeps of sockets whose stack nobody has named yet
 * (bpf/stacks.bpf.h, bpf/snapshots.bpf.h). The maps may be those of our own programs or of another
 * sockleak's: nothing is changed here.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_STACK_MAPS_H
#define SOCKLEAK_STACK_MAPS_H

#include <stdbool.h>
#include <stddef.h>

#include "sockleak.h"

/* The maps of these names; they stay the caller's. */
struct stack_maps {
	int stacks, snapshots;
	size_t snapshot_size; /* of a value of `snapshots` */
};

/*
 * The return addresses of a socket's stack by frame pointers, the innermost first, into an
 * array of SOCKLEAK_STACK_DEPTH. Returns their number; 0 when none was taken, or it is not
 * there any more.
 */
unsigned int stack_maps_pcs(const struct stack_maps *maps, const struct pending *socket,
			    __u64 *ret_pcs);

/*
 * Copy the snapshot of a socket's stack, into room for a whole value of that map; by mmap(), for
 * hooks are left out on the processor where bpf(2) reads a map. False: none was taken, or its slot
 * was given back, maybe meanwhile, to another socket.
 */
bool stack_maps_snapshot(const struct stack_maps *maps, const struct pending *socket,
			 struct snapshot *ret_snapshot);

#endif /* SOCKLEAK_STACK_MAPS_H */
