/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * site_id: the number by which the code that makes sockets is known on every host, after every
 * restart and upgrade, with and without debug information. Pure.
 *
 * A site is the function that a person would mend (culprit_lasting_place()), and the module that
 * it is in: by how many ways it is reached, at which line it calls, and how often it calls
 * itself does not matter. FNV-1a 64 over:
 * - "function", the module's name without version, the function's name, and of a static function
 *   the source file that it is local to, if another function of the module has that name
 *   (symbol_at.h);
 * - of code without a symbol "code", the module's build id, or that name, and the offset;
 * - of a function of a script whose name is known (script_frames.h, python_name.h) "script", its
 * language, the base name of its file, and its qualified name;
 * - of other scripts "scripts", their language, and what they call (frame_rules.h, bindings):
 * functions of scripts and frames of their interpreter, which differ with what a JIT compiler does,
 * are left out;
 * - under an emulator "emulator", and its name.
 * Each string with its NUL, numbers as 8 bytes with the lowest first.
 */
#ifndef SOCKLEAK_SITE_ID_H
#define SOCKLEAK_SITE_ID_H

#include "stacks/stack.h"

/*
 * 0 when nothing of the stack is in a file, or nothing but the C library, such as the address of
 * its socket() alone: that stands for no code of the program.
 */
__u64 site_id(const struct stack *stack);

/*
 * The version of what sites are made by: the table of frame_rules.h, and the definition above.
 * Another version of sockleak may give another id to the same stack.
 */
__u32 site_rules(void);

/*
 * The site of a stack whose names were looked up again, and that was given a site by these rules.
 * A site that was given stays, for it may be that of another stack of the same call, and names may
 * be gone. Where the rules are others now, a whole stack that names its culprit gets the site that
 * new ones of it get; not one of a script, whose frames are not restored.
 */
__u64 site_given(const struct stack *stack, __u64 given, __u32 rules);

/*
 * Which of a site's ways the whole stack is: a number over (build id or module, offset) of each
 * frame that is in a file, and the names of JIT code. The same in each process of the program.
 */
__u64 site_way(const struct stack *stack);

/*
 * The part of a module's base name that stays the same in later versions: "libx.so" of
 * "libx.so.1.2" and "libx-1.2.so", "python" of "python3.11". Returns its length; the part begins
 * at *ret_name. When that is followed by ".so" which is not a part of it, *ret_so is true.
 */
size_t site_module(const char *module, const char **ret_name, bool *ret_so);

#endif /* SOCKLEAK_SITE_ID_H */
