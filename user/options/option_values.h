/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * option_values: the argument of one option, checked and stored as its entry in
 * the table says, and back to text. Only the options' own files and reload.c
 * include this.
 */
#ifndef SOCKLEAK_OPTION_VALUES_H
#define SOCKLEAK_OPTION_VALUES_H

#include "options/options.h"

/*
 * Read `value` into spec's member of options. 0, or -EINVAL with one line added to error. A
 * flag's value is yes or no, NULL = yes; not for --help and --version.
 */
int option_read(const struct option_spec *spec, const char *value, struct options *options,
		struct text *error);

/* Set the member as if the option had not been given. */
void option_reset(const struct option_spec *spec, struct options *options);
/* Do both have the same value? And: copy the value of `from`. */
bool option_is_equal(const struct option_spec *spec, const struct options *a,
		     const struct options *b);
void option_copy(const struct option_spec *spec, const struct options *from,
		 struct options *options);

/* Call `fn` on each string that the option holds, until one returns an error: that, or 0. */
int option_each_string(const struct option_spec *spec, struct options *options,
		       int (*fn)(const char **string, void *ctx), void *ctx);

#endif /* SOCKLEAK_OPTION_VALUES_H */
