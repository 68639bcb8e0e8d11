/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * distinct: strings of bytes, each kept once and numbered in the order in which it first came.
 * The tables of a profile are such: of strings, functions, locations, mappings and samples.
 */
#ifndef SOCKLEAK_DISTINCT_H
#define SOCKLEAK_DISTINCT_H

#include <linux/types.h>
#include <stddef.h>
#include <uthash.h>

#define DISTINCT_SUMS 3

struct distinct_item {
	__u64 number;		   /* the first is 0 */
	__s64 sums[DISTINCT_SUMS]; /* the caller's; they begin as 0 */
	size_t len;
	UT_hash_handle hh;
	char bytes[];
};

/* Begins as { 0 }. `items` is a uthash table, in the order of the numbers. */
struct distinct {
	struct distinct_item *items;
	__u64 count;
};

/* The item of these bytes, made when there is none. It is the table's. NULL: no memory. */
struct distinct_item *distinct_get(struct distinct *distinct, const void *bytes, size_t len);
/* The same, but NULL when there is none. */
struct distinct_item *distinct_find(const struct distinct *distinct, const void *bytes, size_t len);
void distinct_clear(struct distinct *distinct);

#endif /* SOCKLEAK_DISTINCT_H */
