/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/diff_sites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

static void add_part(struct text *key, const struct diff_string *part)
{
	if (part->bytes)
		text_add_bytes(key, part->bytes, part->len);
	text_add_bytes(key, "", 1);
}

/* Two texts of a profile and of JSON are the same bytes once they are clean. */
static int copy_clean(const struct diff_string *from, char **to)
{
	struct text clean = TEXT_INIT;

	if (!from->bytes || !from->len)
		return 0;
	text_add_clean(&clean, from->bytes, from->len);
	if (text_error(&clean))
		return -ENOMEM;
	free(*to);
	*to = clean.data;
	return 0;
}

static int describe_site(struct diff_site *site, const struct diff_words *words)
{
	int err = copy_clean(&words->site, &site->site);

	if (!err)
		err = copy_clean(&words->comm, &site->comm);
	if (!err)
		err = copy_clean(&words->function, &site->function);
	if (!err)
		err = copy_clean(&words->module, &site->module);
	if (!err)
		err = copy_clean(&words->file, &site->file);
	if (!err)
		err = copy_clean(&words->language, &site->language);
	site->line = words->line ?: site->line;
	return err;
}

static struct diff_site *make_site(struct diff_sites *sites, enum diff_side side,
				   const struct text *key)
{
	struct diff_site *site = calloc(1, sizeof(*site) + key->len);

	if (!site)
		return NULL;
	site->described_by = side;
	site->key_len = key->len;
	memcpy(site->key, key->data, key->len);
	HASH_ADD_KEYPTR(hh, sites->sites, site->key, key->len, site);
	if (site->hh.tbl)
		return site;
	free(site);
	return NULL;
}

int diff_site_get(struct diff_sites *sites, enum diff_side side, const struct diff_words *words,
		  struct diff_site **ret_site)
{
	_cleanup_text_ struct text key = TEXT_INIT;
	struct diff_site *site;
	int err = 0;

	add_part(&key, &words->site);
	if (!words->site.bytes) {
		add_part(&key, &words->comm);
		add_part(&key, &words->function);
	}
	if (text_error(&key))
		return -ENOMEM;
	HASH_FIND(hh, sites->sites, key.data, key.len, site);
	if (!site) {
		if (HASH_COUNT(sites->sites) >= DIFF_MAX_SITES)
			return -EFBIG;
		site = make_site(sites, side, &key);
		err = site ? describe_site(site, words) : -ENOMEM;
	} else if (site->described_by != side) {
		site->described_by = side;
		err = describe_site(site, words);
	}
	*ret_site = site;
	return err;
}

void diff_sites_clear(struct diff_sites *sites)
{
	struct diff_site *site, *next;

	HASH_ITER(hh, sites->sites, site, next) {
		HASH_DEL(sites->sites, site);
		free(site->site);
		free(site->comm);
		free(site->function);
		free(site->module);
		free(site->file);
		free(site->language);
		free(site);
	}
}

enum diff_change diff_change_of(const struct diff_site *site)
{
	__u64 before = site->open[DIFF_BEFORE], after = site->open[DIFF_AFTER];

	if (before == after)
		return DIFF_SAME;
	if (!before)
		return DIFF_CAME;
	if (!after)
		return DIFF_WENT;
	return after > before ? DIFF_GREW : DIFF_SHRANK;
}

const char *diff_change_name(enum diff_change change)
{
	static const char *const names[DIFF_CHANGES] = { "came", "grew", "shrank", "went", "same" };

	return names[change];
}

static __u64 difference(const struct diff_site *site)
{
	__u64 before = site->open[DIFF_BEFORE], after = site->open[DIFF_AFTER];

	return after > before ? after - before : before - after;
}

static int most_changed_first(const struct diff_site *a, const struct diff_site *b)
{
	size_t len = a->key_len < b->key_len ? a->key_len : b->key_len;

	if (diff_change_of(a) != diff_change_of(b))
		return (int)diff_change_of(a) - (int)diff_change_of(b);
	if (difference(a) != difference(b))
		return difference(a) < difference(b) ? 1 : -1;
	return memcmp(a->key, b->key, len) ?: (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

void diff_sites_sort(struct diff_sites *sites)
{
	HASH_SRT(hh, sites->sites, most_changed_first);
}
