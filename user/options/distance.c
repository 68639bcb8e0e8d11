/* SPDX-License-Identifier: BSD-2-Clause */
#include "options/distance.h"

#include <stdint.h>
#include <string.h>

#include "lib/text.h"

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	/* By how many letters of b: for those of a so far, for one less, and for two less. */
	size_t rows[3][DISTANCE_MAX + 1], *row = rows[0], *before = rows[1], *before_that = rows[2];

	if (a_len > DISTANCE_MAX || b_len > DISTANCE_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *oldest = before_that;

		before_that = before;
		before = row;
		row = oldest;
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(before[j - 1] + (a[i - 1] != b[j - 1]),
				       least(before[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before_that[j - 2] + 1);
		}
	}
	return row[b_len];
}

struct nearest nearest_begin(const char *word, size_t len)
{
	return (struct nearest){ .word = word, .len = len, .least = len / 3 + 1 };
}

void nearest_try(struct nearest *nearest, const char *known)
{
	size_t d = distance(nearest->word, nearest->len, known, strlen(known));

	if (d >= nearest->least)
		return;
	nearest->least = d;
	nearest->found = known;
}

bool nearest_add(const struct nearest *nearest, const char *before, struct text *text)
{
	if (nearest->found)
		text_addf(text, " (did you mean '%s%s'?)", before, nearest->found);
	return nearest->found;
}
