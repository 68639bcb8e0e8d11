/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff: what came, grew, shrank and went, by site, between two files that sockleak has written:
 * `sockleak diff BEFORE AFTER`. Needs no rights but to read them (diff_input.h).
 */
#ifndef SOCKLEAK_DIFF_H
#define SOCKLEAK_DIFF_H

#include <stdbool.h>
#include <stdio.h>

#include "commands/diff_sites.h"

struct text;

/*
 * Print the difference. "-" is standard input, for one of the files; `as_json`: a line for each
 * site and a summary (docs/json.md). *ret_worse: sites that came or grew. 0, or -errno with one
 * line in ret_error. The caller finds write errors by fflush() and ferror().
 */
int diff_files(const char *before, const char *after, bool as_json, FILE *out,
	       unsigned int *ret_worse, struct text *ret_error);

/* For the tests: the page, and the lines of JSON. Sorts the sites. */
void diff_add_text(struct text *out, struct diff_sites *sites);
void diff_add_json(struct text *out, struct diff_sites *sites);

#endif /* SOCKLEAK_DIFF_H */
