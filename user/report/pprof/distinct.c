/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pprof/distinct.h"

#include <stdlib.h>
#include <string.h>

struct distinct_item *distinct_find(const struct distinct *distinct, const void *bytes, size_t len)
{
	struct distinct_item *item;

	HASH_FIND(hh, distinct->items, bytes ?: "", len, item); /* NULL is no memory of 0 bytes */
	return item;
}

struct distinct_item *distinct_get(struct distinct *distinct, const void *bytes, size_t len)
{
	struct distinct_item *item = distinct_find(distinct, bytes, len);

	if (item)
		return item;
	item = calloc(1, sizeof(*item) + len);
	if (!item)
		return NULL;
	if (len)
		memcpy(item->bytes, bytes, len);
	item->len = len;
	HASH_ADD_KEYPTR(hh, distinct->items, item->bytes, len, item);
	if (!item->hh.tbl) {
		free(item);
		return NULL;
	}
	item->number = distinct->count++;
	return item;
}

void distinct_clear(struct distinct *distinct)
{
	struct distinct_item *item, *next;

	HASH_ITER(hh, distinct->items, item, next) {
		HASH_DEL(distinct->items, item);
		free(item);
	}
	distinct->count = 0;
}
