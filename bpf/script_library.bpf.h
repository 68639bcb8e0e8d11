/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * script_library: where a process has the file that executes its scripts: the executable, or a
 * library, which the dynamic linker's list has.
 */
#ifndef SCRIPT_LIBRARY_BPF_H
#define SCRIPT_LIBRARY_BPF_H

#include "kernel.bpf.h"
#include "scripts.h"

#define SCRIPT_LIBRARIES 64 /* of a process */

/* A word of the process's memory, 0 = it cannot be read. */
static __always_inline __u64 user_word(__u64 address)
{
	__u64 word = 0;

	bpf_probe_read_user(&word, sizeof(word), (void *)address);
	return word;
}

/* The dynamic linker's list of what is loaded, as glibc and musl have it (link.h). */
struct user_link_map {
	__u64 address, name, dynamic, next;
};

struct library_walk {
	__u64 at, wanted;
	__u64 address; /* where the library is, when it was found */
	__u32 is_found;
};

static long library_turn(struct bpf_map *map, const __u32 *turn, void *value,
			 struct library_walk *walk)
{
	struct user_link_map library = {};

	if (*turn >= SCRIPT_LIBRARIES || !walk->at ||
	    bpf_probe_read_user(&library, sizeof(library), (void *)walk->at))
		return 1;
	walk->address = library.address;
	walk->at = library.next;
	walk->is_found = library.dynamic - library.address == walk->wanted;
	return walk->is_found;
}

/* Where the search for the thread begins; 0: the library is not loaded. */
static __always_inline __u64 script_start(const struct script_recipe *recipe, __u64 code)
{
	struct library_walk walk = { .wanted = recipe->library };

	if (!recipe->library)
		return code + recipe->start;
	walk.at = user_word(user_word(code + recipe->debug) + 8); /* r_debug.r_map */
	bpf_for_each_map_elem(&walk_turns, library_turn, &walk, 0);
	return walk.is_found ? walk.address + recipe->start : 0;
}

/*
 * From a thread to its innermost frame, 0 = it executes none. Also what has the address of the
 * frame: a structure that the last step leads from.
 */
static __always_inline __u64 script_first_frame(const __s32 path[SCRIPT_PATH], __u32 steps,
						__u64 thread, __u64 *ret_holder)
{
	for (__u32 i = 0; i < SCRIPT_PATH && thread; i++) {
		if (i >= steps)
			break;
		*ret_holder = thread;
		thread = user_word(thread + path[i]);
	}
	return thread;
}

#endif /* SCRIPT_LIBRARY_BPF_H */
