/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain: what a site id stands for, for a person. Reads the stacks file that an agent
 * writes (stacks_file.h) and prints one site of it: `sockleak explain SITE`. Needs no
 * rights but to read that file, and no running agent.
 *
 * The file is not trusted: its size is bounded, libjansson parses it, values of an
 * unexpected type are ignored, and its texts are cleaned before they are printed. Commands and
 * entries to paste are printed only from a file that nobody but root, this user or the agent's
 * (sockleak) can have written.
 */
#ifndef SOCKLEAK_EXPLAIN_H
#define SOCKLEAK_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "options/options.h"

struct text;

#define EXPLAIN_MAX_BYTES (32 * 1024 * 1024)
/* The minimum of hex digits by which a site can be named. */
#define EXPLAIN_MIN_DIGITS 4

/*
 * Print the site whose id begins with that of the options, on 80 columns, or, with --json, its
 * object of the file on one line. If several sites begin so, they are listed instead. 0, or with
 * one line in ret_error: -EINVAL (not a site id), -ENOENT (no such file, or no such site),
 * -ENOTUNIQ (listed), -EFBIG, -EPROTO (not such a file), and the errors of open() and
 * read(). The caller finds write errors by fflush() and ferror(). A profile of the site goes to
 * the file of --pprof.
 */
int explain_site(const char *path, const struct options *options, FILE *out,
		 struct text *ret_error);

/*
 * For the tests: the same from a file's content, which is trusted or not, into a text, and the
 * profile into another one, unless that is NULL.
 */
int explain_bytes(const void *bytes, size_t len, const char *site, bool as_json, bool is_trusted,
		  struct text *ret_out, struct text *ret_profile, struct text *ret_error);

#endif /* SOCKLEAK_EXPLAIN_H */
