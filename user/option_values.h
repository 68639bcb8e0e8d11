/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * option_values: the argument of one option, checked and stored as its entry in
 * the table says, and back to text. Only options.c includes this.
 */
#ifndef SOCKLEAK_OPTION_VALUES_H
#define SOCKLEAK_OPTION_VALUES_H

#include "options.h"

#define OPTIONS_ALL_CLASSES (((1U << CLASS_COUNT) - 1) & ~(1U << CLASS_NONE))

/*
 * Read `value` into spec's member of options. 0, or -EINVAL with one line added
 * to error. For a flag value is not looked at; not for --help and --version.
 */
int option_read(const struct option_spec *spec, const char *value, struct options *options,
		struct text *error);

#endif /* SOCKLEAK_OPTION_VALUES_H */
