/* SPDX-License-Identifier: BSD-2-Clause */
#include "options/distance.h"

#include <stdint.h>

size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[DISTANCE_MAX + 1], i, j, diagonal, above, best;

	if (a_len > DISTANCE_MAX || b_len > DISTANCE_MAX)
		return SIZE_MAX;
	for (j = 0; j <= b_len; j++)
		row[j] = j;
	for (i = 1; i <= a_len; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			above = row[j];
			best = diagonal + (a[i - 1] != b[j - 1]);
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = above;
		}
	}
	return row[b_len];
}
