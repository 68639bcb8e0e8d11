/* SPDX-License-Identifier: BSD-2-Clause */
/* distance: how similar two words are, to suggest what was meant. Pure. */
#ifndef SOCKLEAK_DISTANCE_H
#define SOCKLEAK_DISTANCE_H

#include <stddef.h>

#define DISTANCE_MAX 128

/*
 * Levenshtein's distance: how many letters must be changed, added or removed to turn one
 * word into the other. SIZE_MAX when one is longer than DISTANCE_MAX.
 */
size_t distance(const char *a, size_t a_len, const char *b, size_t b_len);

#endif /* SOCKLEAK_DISTANCE_H */
