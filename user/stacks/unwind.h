/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unwind: from a snapshot of registers and stack to return addresses. Call frame
 * information (.eh_frame, .debug_frame) first, frame pointers where a frame has
 * none. The unwinding is libdwfl's; the frozen process that it asks is ours.
 *
 * Nothing of the process is touched, only the pieces in the snapshot are read, so
 * an unwinding ends where it needs a word that lies in none of them.
 */
#ifndef SOCKLEAK_UNWIND_H
#define SOCKLEAK_UNWIND_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

#include "sockleak.h"
#include "stacks/stack.h"

#define UNWIND_MAX_FRAMES 256

struct unwound {
	unsigned int count;
	bool truncated; /* the stack went on beyond the snapshot */
	enum stack_end end;
	struct unwound_frame {
		__u64 pc;
		bool exact; /* pc is where the frame stands, not where a call returns to */
		enum frame_source source;
	} frames[UNWIND_MAX_FRAMES]; /* the innermost first */
};

/*
 * Called with an address of code before its frame is unwound: whatever `dwfl`
 * shall know of it is to be reported to it now.
 */
typedef void (*unwind_need_fn)(__u64 address, void *ctx);

/*
 * Unwind in the modules of `dwfl`, which must know no process yet or one of an
 * earlier call. 0 with at least one frame in *ret, or -ENOENT when even the
 * innermost frame's module is not known, -EINVAL for a snapshot that is not of
 * this architecture.
 */
int unwind_snapshot(Dwfl *dwfl, const struct snapshot *snapshot, unwind_need_fn need, void *ctx,
		    struct unwound *ret);

/* The program counter of a snapshot, 0 when it is not of this architecture. */
__u64 unwind_pc(const struct snapshot *snapshot);

/*
 * Where the innermost frame returns to when its function keeps no frame and calls
 * nothing; else it may be anything. 0 = not in the snapshot.
 */
__u64 unwind_caller(const struct snapshot *snapshot);

#endif /* SOCKLEAK_UNWIND_H */
