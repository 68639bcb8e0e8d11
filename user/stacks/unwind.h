/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unwind: from a snapshot of registers and stack to return addresses. By call frame information
 * (.eh_frame, .debug_frame), which libdwfl reads; the frozen process that it asks is ours. Where a
 * frame has none, by its instructions or the frame pointer (step.h); in a 32-bit program, and on
 * arm64, by libdwfl's own step along the frame pointer.
 *
 * Nothing of the process is touched, only the pieces in the snapshot are read, so
 * an unwinding ends where it needs a word that lies in none of them. Which memory of the process
 * is stack is not known here: walk.h judges that.
 */
#ifndef SOCKLEAK_UNWIND_H
#define SOCKLEAK_UNWIND_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

#include "sockleak.h"
#include "stacks/stack.h"
#include "stacks/steps/step.h"

#define UNWIND_MAX_FRAMES 256

struct unwound {
	unsigned int count;
	enum stack_end end; /* OUTERMOST, COPY, RULES, SWITCHED or LIMIT */
	__u64 wanted;	    /* of COPY: the address of the word that is not there */
	__u64 missed;	    /* by the last frame's rules: a word that was not copied, or 0 */
	struct unwound_frame {
		__u64 pc;
		__u64 sp;   /* the stack pointer there, 0 = not known */
		bool exact; /* pc is where the frame stands, not where a call returns to */
		enum frame_source source;
	} frames[UNWIND_MAX_FRAMES]; /* the innermost first */
};

/* Questions about the process, beside its stack. All are called with `ctx`. */
struct unwind_process {
	/*
	 * Called with an address of code before its frame is unwound: whatever `dwfl`
	 * shall know of it is to be reported to it now.
	 */
	void (*need)(__u64 address, void *ctx);
	/* As in struct step_source. */
	const unsigned char *(*code_before)(__u64 address, size_t size, size_t *ret_len, void *ctx);
	__u64 (*function_start)(__u64 address, void *ctx);
	Dwarf_Frame *(*rules)(__u64 address, void *ctx);
	bool (*is_trampoline)(__u64 address, void *ctx);
	/*
	 * Asked first where there is no call frame information: does the runtime that has made the
	 * code of frame `number` say who called it? `source` is of the same call. STEP_LOST:
	 * nothing else does; what the stack lacks was asked for last. NULL: there is no such
	 * runtime.
	 */
	enum step_way (*by_runtime)(unsigned int number, const struct step_source *source,
				    const struct step_frame *frame, struct step_frame *ret_frame,
				    void *ctx);
	void *ctx;
};

/*
 * Unwind in the modules of `dwfl`, which must know no process yet or one of an
 * earlier call. 0 with at least one frame in *ret, or -ENOENT when even the
 * innermost frame's module is not known, -EINVAL for a snapshot that is not of
 * this architecture.
 */
int unwind_snapshot(Dwfl *dwfl, const struct snapshot *snapshot,
		    const struct unwind_process *process, struct unwound *ret);

/*
 * Does the call frame information of an address that `dwfl` knows say that nothing called this
 * code? Or, where there is none: does the program begin there, or is it Go, which keeps frame
 * pointers and ends their chain with 0, and `fp` is 0?
 */
bool unwind_is_outermost(Dwfl *dwfl, __u64 address, __u64 fp);
/* Is there call frame information for it? */
bool unwind_has_cfi(Dwfl *dwfl, __u64 address);

/* The program counter of a snapshot, 0 when it is not of this architecture. */
__u64 unwind_pc(const struct snapshot *snapshot);

/*
 * Where the innermost frame returns to when its function keeps no frame and calls
 * nothing; else it may be anything. 0 = not in the snapshot.
 */
__u64 unwind_caller(const struct snapshot *snapshot);

#endif /* SOCKLEAK_UNWIND_H */
