/* SPDX-License-Identifier: BSD-2-Clause */
/* explain_parts: what the parts of explain_page.h share. For these parts alone. */
#ifndef SOCKLEAK_EXPLAIN_PARTS_H
#define SOCKLEAK_EXPLAIN_PARTS_H

#include <jansson.h>

#include "report/text/text_page.h"

/* NULL when it is not there, null, or no string; 0 when it is not there, or no number. */
const char *explained_string(const json_t *object, const char *key);
long long number_of(const json_t *object, const char *key);

/* Add lines to be copied: never wrapped. */
void page_verbatim(struct page *page, const char *text, const char *indent);

/* Where the sockets of a site are created: its stack, or its ways. */
void explain_frames(struct page *page, const json_t *site);
/* Where calls on them failed, down to where that stack has the other frames. */
void explain_tries(struct page *page, const json_t *site);

#endif /* SOCKLEAK_EXPLAIN_PARTS_H */
