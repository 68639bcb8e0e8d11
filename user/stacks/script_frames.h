/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script_frames: finds the interpreter in a process, makes the recipe by which the kernel's side
 * takes the frames of its scripts along (include/scripts.h), names those frames, and puts them into
 * the stack where they belong. language.h has what differs from language to language.
 */
#ifndef SOCKLEAK_SCRIPT_FRAMES_H
#define SOCKLEAK_SCRIPT_FRAMES_H

#include <linux/types.h>
#include <sys/types.h>

#include "scripts.h"
#include "sockleak.h"
#include "stacks/image.h"
#include "stacks/code_frames.h"
#include "stacks/placing.h"
#include "stacks/stack.h"

/*
 * The recipe for the program of a process whose code starts at `start_code` (mm->start_code); its
 * exe_inode and exe_size are left to the caller. `find` is SCRIPT_NOTHING when it executes no
 * scripts that are known, or those of an unknown version, of which *ret_kind has the language.
 * -EPERM: this process has an interpreter that says nothing of the program's other processes.
 */
int scripts_recipe(struct images *images, struct image *image, pid_t tgid, __u64 start_code,
		   struct script_recipe *ret_recipe);

/*
 * Name the frames of scripts that a snapshot has, by what the memory of the process has at this
 * moment. NULL: it has none, or they cannot be read. Free with script_frames_free().
 */
struct script_frames *scripts_name(struct images *images, struct image *image, pid_t tgid,
				   const struct snapshot *snapshot);

/*
 * Where the functions of scripts stand in the native stack of a snapshot: what walk_snapshot() is
 * to ask for them. NULL: they do not, or the process cannot be read. Free with code_frames_free().
 */
struct code_frames *scripts_code(struct images *images, struct image *image, pid_t tgid,
				 const struct snapshot *snapshot);

/*
 * Put named frames, or NULL, into the stack of the snapshot's native frames, which is nobody else's
 * yet and may be replaced. Each run of frames that the interpreter executes in one call stands
 * before the function that does it. The stack has unnamed_scripts: how many frames have no name,
 * those included that could not be read at all.
 */
void scripts_place(struct script_frames *frames, const struct snapshot *snapshot,
		   struct stack **stack);

/*
 * The difference between two snapshots with the same native stack: in which code the frames are, by
 * address. Other code may be at that address later, so there are the names, too (0: there are
 * none).
 */
__u64 scripts_hash(const struct snapshot *snapshot);
__u64 scripts_names(const struct script_frames *frames);

#endif /* SOCKLEAK_SCRIPT_FRAMES_H */
