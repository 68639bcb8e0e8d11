/* SPDX-License-Identifier: BSD-2-Clause */
/* distance: how similar two words are, to suggest what was meant. Pure. */
#ifndef SOCKLEAK_DISTANCE_H
#define SOCKLEAK_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>

struct text;

#define DISTANCE_MAX 128

/*
 * The distance of Damerau and Levenshtein, without edits inside a swap (optimal string
 * alignment): how many letters must be changed, added, removed or swapped with the next one to
 * turn one word into the other. SIZE_MAX when one is longer than DISTANCE_MAX.
 */
size_t distance(const char *a, size_t a_len, const char *b, size_t b_len);

/* The search for the known word that may have been meant by one that is not known. */
struct nearest {
	const char *word; /* not owned; ends after len bytes */
	size_t len;
	const char *found; /* of the words tried; NULL = none is near enough */
	size_t least;	   /* only a smaller distance is near enough */
};

/* A word that differs by more than a third of its letters is another word, not a slip. */
struct nearest nearest_begin(const char *word, size_t len);
void nearest_try(struct nearest *nearest, const char *known);
/* Add " (did you mean 'scan'?)", with `before` in front of the word. false: nothing to add. */
bool nearest_add(const struct nearest *nearest, const char *before, struct text *text);

#endif /* SOCKLEAK_DISTANCE_H */
