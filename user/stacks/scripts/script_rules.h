/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script_rules: whose code a function of a script is, by the file that it is in. The first pattern
 * that matches holds; a file that none matches is the program's own. Pure.
 */
#ifndef SOCKLEAK_SCRIPT_RULES_H
#define SOCKLEAK_SCRIPT_RULES_H

#include "sockleak.h"
#include "stacks/names/frame_rules.h"

/* `file` is the name that the interpreter has for it; NULL: it is not known. */
enum frame_kind script_rule_kind(enum script_language language, const char *file);

/* "Python"; NULL for SCRIPT_NONE. */
const char *script_language_name(enum script_language language);

#endif /* SOCKLEAK_SCRIPT_RULES_H */
