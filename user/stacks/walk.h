/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk: a snapshot unwound (unwind.h) through the modules of its process (image.h), as far
 * as that is code. Knows nothing of names.
 */
#ifndef SOCKLEAK_WALK_H
#define SOCKLEAK_WALK_H

#include <stdbool.h>

#include "stacks/image.h"
#include "stacks/code_frames.h"
#include "stacks/unwind.h"

/*
 * Unwind in what the process has mapped now; when the stack leads out of that, in what it had
 * mapped before, which *image then is: the library that made the socket may be unloaded, or the
 * program replaced by exec. That is believed only when it says the same and more. Where code
 * ends, the stack does.
 *
 * Why it ends is judged by the memory that the stack pointer points into: only that is the stack.
 * A word beyond the copy, but in other memory, is one of another stack when the call frame
 * information asks for it, and none at all when a mere frame pointer does. A frame
 * whose code cannot return is the outermost one, and one with nothing but the beginning of the
 * thread's stack further out, as it is in musl. As unwind_snapshot().
 *
 * `code` is asked for code that a runtime makes, of what is mapped now; NULL: there is none.
 * *ret_astray: the stack leads out of what was mapped then, too.
 */
int walk_snapshot(struct images *images, struct image **image, const struct snapshot *snapshot,
		  struct code_frames *code, struct unwound *ret_unwound, bool *ret_astray);

/*
 * May an address be taken for the return address of frame 0, at `pc`, as a function that makes
 * a system call and keeps no frame has it on top of its stack? When it is behind a call: any,
 * where frame 0 is glibc's socket(); else a direct one of code right before `pc`.
 */
bool walk_is_caller(struct images *images, struct image *image, bool is_glibc_socket, __u64 pc,
		    __u64 caller);

/*
 * To which source file the function at an address is local (module_symbols_local_to()), once its
 * names were asked for; NULL also where no file has it. Valid as the image.
 */
const char *walk_local_to(struct images *images, struct image *image, __u64 address);

#endif /* SOCKLEAK_WALK_H */
