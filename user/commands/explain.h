/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain: what a site id stands for, for a person: reads the stacks file that an
 * agent writes (stacks_file.h) and prints one site of it. `sockleak explain SITE`.
 * Needs no rights but to read that file, and no agent that runs.
 *
 * The file is not trusted: its size is bounded, it is parsed by libjansson, what is
 * not as it should be is passed over, and its texts are cleaned before they are
 * printed.
 */
#ifndef SOCKLEAK_EXPLAIN_H
#define SOCKLEAK_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct text;

#define EXPLAIN_MAX_BYTES (32 * 1024 * 1024)
/* Hex digits that a site has to be given by, at least. */
#define EXPLAIN_MIN_DIGITS 4

/*
 * Print the site whose id begins with `site`, on 80 columns, or, `as_json`, its
 * object of the file on one line. When several sites begin so they are listed
 * instead. 0, or with one line in ret_error: -EINVAL (that is no site id), -ENOENT
 * (no such file, or no such site), -ENOTUNIQ (listed), -EFBIG, -EPROTO (not such a
 * file), and what opening and reading say. What could not be written is the
 * caller's to find by fflush() and ferror().
 */
int explain_site(const char *path, const char *site, bool as_json, FILE *out,
		 struct text *ret_error);

/* For the tests: the same of a file's content, into a text. */
int explain_bytes(const void *bytes, size_t len, const char *site, bool as_json,
		  struct text *ret_out, struct text *ret_error);

#endif /* SOCKLEAK_EXPLAIN_H */
