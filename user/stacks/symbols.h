/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbols: from addresses in a process, or a snapshot of its stack, to a struct
 * stack with names. Puts together what others know: image (the process and its
 * files), module_symbols (names in a file), unwind.
 *
 * A name is a fact, never a guess:
 * - A frame's function is the symbol whose [value, value + size) holds the call,
 *   that is the byte before the return address. Past a symbol's end there is no
 *   function name. A symbol of size 0 (hand-written assembly) names what follows
 *   it up to the next symbol, within its own executable section, but only where
 *   .symtab is there: in a stripped file the functions between two exported
 *   symbols are unknown, and one without a size would swallow them.
 * - Addresses from a frame-pointer walk that lie in no executable mapping are no
 *   code: the stack is cut at the first of them. The innermost frame always
 *   stays, it comes from a register.
 * - A function of a script has the name that is at its address when the stack is resolved. If it
 * was freed since the call, that may be another one's: that is not known, so resolve early.
 *
 * glibc's own frames at both ends of a stack, of the call and of what starts the program, have no
 * source lines: its debug information need not be inflated for them (runtime_frame_is_end()).
 *
 * Inlined functions are frames of their own, before the one that has their code;
 * code in no file is named by the process's perf map (perf_map.h). Where debug
 * files are looked for is said in debug_file.h. Nothing goes to the network,
 * whatever DEBUGINFOD_URLS says: libdwfl's own search, which would, is not used.
 *
 * What it holds of processes and files, and for how long: image.h. Code that was
 * loaded or replaced is seen a second later at most, and at once (image_doubt()) when a snapshot
 * leads out of what is known to be mapped; a debug file that was put in place two seconds later;
 * stacks that were given out stay as they are.
 *
 * Not for two threads at once.
 */
#ifndef SOCKLEAK_SYMBOLS_H
#define SOCKLEAK_SYMBOLS_H

#include <stddef.h>
#include <sys/types.h>

#include "scripts.h"
#include "sockleak.h"
#include "stacks/stack.h"

struct symbols;

/* NULL when out of memory. Free with symbols__free(); NULL is allowed there. */
struct symbols *symbols__new(void);
void symbols__free(struct symbols *symbols);

/*
 * Resolve the return addresses pcs, the innermost first, of a stack in process
 * tgid into *ret_stack, a reference for the caller (stack_unref()); equal stacks
 * of one process may be one and the same object. At most 127 are looked at
 * (SOCKLEAK_STACK_DEPTH), the outer ones are left out.
 *
 * `caller` is the word on top of the user stack at the system call (arm64: the
 * link register), 0 = unknown.
 * A function that keeps no frame, as glibc's socket() and what makes Go's system
 * calls, is one whose caller a walk along frame pointers misses. The word becomes
 * frame 1 when it is the address behind a call instruction in a mapped file, and
 * either frame 0 is glibc's socket(), or the call is a direct one of what stands
 * less than 256 bytes before frame 0's pc.
 *
 * With STACK_CALL there is one address, the call's own; the stack is marked as truncated.
 *
 * If a process is gone and was not seen before, or may not be looked into, its stack has
 * addresses (pc) alone and no site.
 * 0 or -ENOMEM.
 */
int symbols__resolve(struct symbols *symbols, pid_t tgid, const __u64 *pcs, unsigned int count,
		     __u64 caller, enum stack_source source, struct stack **ret_stack);

/*
 * The same from a snapshot, unwound (see unwind.h); the caller of a frame 0 that
 * has no call frame information likewise. -ENOENT when that gave no more than the
 * innermost frame: the call (STACK_CALL) says as much. -ENXIO: likewise, because what is further
 * out is not known to be mapped. Frames of scripts stand where they belong (script_frames.h).
 */
int symbols__unwind(struct symbols *symbols, pid_t tgid, const struct snapshot *snapshot,
		    struct stack **ret_stack);

/*
 * Without opening a file: of each address the mapping's path and the offset in
 * it. For processes whose files are not to be trusted. No frame has a name or a
 * build id, and the stack is marked as truncated.
 */
int symbols__plain(struct symbols *symbols, pid_t tgid, const __u64 *pcs, unsigned int count,
		   enum stack_source source, struct stack **ret_stack);

/*
 * The same frames as those of a stack of process tgid, with the names that are known now. Frames in
 * files that the process has not mapped any more stay as they are. -ESRCH: the process is gone, and
 * not known. -ENOMEM.
 */
int symbols__rename(struct symbols *symbols, pid_t tgid, const struct stack *stack,
		    struct stack **ret_stack);

/* As scripts_recipe() (script_frames.h). -ESRCH, -EACCES, -EPERM, -ENOMEM. */
int symbols__recipe(struct symbols *symbols, pid_t tgid, __u64 start_code,
		    struct script_recipe *ret_recipe);

/*
 * Read what a process has mapped, so that its addresses have names when it is gone; of another
 * mount namespace the files, too, for then they cannot be opened any more. Costs a reading of its
 * maps. 0, -ESRCH, -EACCES, -EPERM, -ENOMEM.
 */
int symbols__look(struct symbols *symbols, pid_t tgid);

#endif /* SOCKLEAK_SYMBOLS_H */
