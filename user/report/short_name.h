/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * short_name: a function's name as a line of text has room for it. Pure.
 *
 * Rust, C++ and D put into a name what a generic function or type was made for; such names reach
 * many lines. In text that is left out of a name longer than SHORT_NAME_MAX. JSON, suppressions
 * and site ids keep the whole name.
 */
#ifndef SOCKLEAK_SHORT_NAME_H
#define SOCKLEAK_SHORT_NAME_H

#include "lib/text.h"

#define SHORT_NAME_MAX 72 /* bytes: behind "  #10 " there is room for that in 80 columns */
/*
 * A name that is still longer without arguments loses its middle, "a::b::...::f": it has two lines.
 * The part behind its last '.' or ':' is the function's own name, and is kept up to so many bytes.
 */
#define SHORT_NAME_LIMIT 160
#define SHORT_NAME_OWN 96

/*
 * Add a name to a text, escaped as by text_add_clean(). A longer name loses its generic arguments:
 * "<a::B<C> as d::E<F>>::g::<H>" is "<a::B as d::E>::g", and "a::B<C, D>::f" is "a::B::f",
 * "a.B!(C).f" is "a.B.f". Other text in angle brackets stays: <T as Trait>, <init>, operator<.
 */
void short_name_add(struct text *text, const char *name);

/*
 * The module that is shown with a function: the base name of its path, or of a function of Python
 * the file, of which short_name_add() then shows the rest of the name (python_name.h). The function
 * may be NULL. The result points into one of the two, and is not escaped.
 */
const char *short_name_module(const char *function, const char *module);

#endif /* SOCKLEAK_SHORT_NAME_H */
