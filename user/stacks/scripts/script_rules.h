/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script_rules: whose code a function of a script is, by the file that it is in, or by its package.
 * The first pattern that matches holds; what none matches is the program's own. Pure.
 */
#ifndef SOCKLEAK_SCRIPT_RULES_H
#define SOCKLEAK_SCRIPT_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "sockleak.h"
#include "stacks/names/frame_rules.h"

/*
 * `function` and `file` are the names that the interpreter has for them; NULL: not known. For Java
 * the function decides, which has its package, and for a text of Perl's eval the package of the
 * function; else the file.
 */
enum frame_kind script_rule_kind(enum script_language language, const char *function,
				 const char *file);

/*
 * Is it in the folder of an application, and not in one of packages that were installed, or of the
 * programs that start applications? Only where the file says it: not of Java.
 */
bool script_rule_is_application(enum script_language language, const char *function,
				const char *file);

/* Does the function belong to an event loop, which calls what others have left with it? */
bool script_rule_is_loop(enum script_language language, const char *function, const char *file);

/*
 * Is it code outside functions that says nothing of where it comes from: the text of eval, whose
 * file may have a number or be freed by now, or a file that was freed?
 */
bool script_rule_is_text(enum script_language language, const char *function, const char *file);

/*
 * What a function's id is made of: the name, but for *ret_len bytes at *ret_at. Ruby 3.4 has the
 * class in the label of a block ("block in Foo#bar") only as long as what the block was made in is
 * not freed.
 */
void script_rule_lasting(enum script_language language, const char *function, size_t *ret_at,
			 size_t *ret_len);

/* "Python"; NULL for SCRIPT_NONE. */
const char *script_language_name(enum script_language language);

#endif /* SOCKLEAK_SCRIPT_RULES_H */
