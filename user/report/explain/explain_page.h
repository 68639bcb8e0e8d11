/* SPDX-License-Identifier: BSD-2-Clause */
/* explain_page: one site of a stacks file as a person reads it. For explain.c alone. Pure. */
#ifndef SOCKLEAK_EXPLAIN_PAGE_H
#define SOCKLEAK_EXPLAIN_PAGE_H

#include <jansson.h>

struct text;

/*
 * All that is known of it. Members that are missing, or of another type, are left out. `written`:
 * the date of its file, NULL when that is not known. The page of a file that was written some
 * minutes ago says that it was so then.
 */
void explain_page(struct text *out, const json_t *site, const char *written);

/* A line: its id, and whose code it is. */
void explain_page_line(struct text *out, const json_t *site);

#endif /* SOCKLEAK_EXPLAIN_PAGE_H */
