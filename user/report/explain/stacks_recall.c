/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/explain/stacks_recall.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/regular_file.h"
#include "lib/text.h"
#include "lib/time.h"
#include "report/explain/stacks_file.h"

#define ID_DIGITS 16

static __s64 date_of(const json_t *object, const char *key)
{
	const char *date = json_string_value(json_object_get(object, key));
	__s64 ns;

	return date && date_read_ns(date, &ns) && ns > 0 ? ns : 0;
}

static __u64 count_of(const json_t *object, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(object, key));

	return count > 0 ? (__u64)count : 0;
}

static struct known_end end_of(const json_t *site)
{
	const json_t *ended = json_object_get(site, "ended");
	struct known_end end = { .ns = date_of(ended, "time") };

	if (!end.ns)
		return end;
	end.sockets = count_of(ended, "sockets");
	end.processes = count_of(ended, "processes");
	end.tgid = (__u32)count_of(ended, "pid");
	return end;
}

static bool read_id(const json_t *site, __u64 *ret_id)
{
	const char *id = json_string_value(json_object_get(site, "site"));

	if (!id || strlen(id) != ID_DIGITS || strspn(id, "0123456789abcdef") != ID_DIGITS)
		return false;
	*ret_id = strtoull(id, NULL, 16);
	return true;
}

/* As json.h writes it: of DEL libjansson does not see to that. NULL: too large, or no memory. */
static char *dump_bounded(const json_t *site)
{
	char *line = json_dumps(site, JSON_COMPACT | JSON_ENSURE_ASCII);
	struct text clean = TEXT_INIT;

	for (const char *at = line; at && *at; at++)
		text_add_bytes(&clean, *at == 0x7f ? "\\u007f" : at, *at == 0x7f ? 6 : 1);
	free(line);
	if (!text_error(&clean) && clean.len && clean.len <= RECALL_MAX_SITE_BYTES)
		return clean.data;
	text_free(&clean);
	return NULL;
}

/* libjansson's json_null() has the name of one of ours (json.h), and would not be called. */
static void set_null(json_t *object, const char *key)
{
	json_object_set_new(object, key, json_pack("n"));
}

static void recall_site(json_t *site, recall_fn take, void *ctx)
{
	struct recalled_site recalled = { .first_ns = date_of(site, "first_created"),
					  .seen_ns = date_of(site, "last_seen"),
					  .end = end_of(site) };

	if (!recalled.seen_ns || !read_id(site, &recalled.id))
		return;
	recalled.leaked = recalled.end.ns || json_is_true(json_object_get(site, "leaking"));
	/* If a site had open sockets, it is not known whether they are still open. */
	if (count_of(site, "open"))
		set_null(site, "open");
	json_object_set_new(site, "leaking", json_false());
	if (json_object_get(site, "ways"))
		json_object_set_new(site, "ways", json_pack("[]"));
	if (json_object_get(site, "more_ways"))
		json_object_set_new(site, "more_ways", json_pack("i", 0));
	if (json_object_get(site, "more_ways_open"))
		json_object_set_new(site, "more_ways_open", json_pack("i", 0));
	/* Nor who held them. */
	if (json_object_get(site, "processes"))
		json_object_set_new(site, "processes", json_pack("[]"));
	if (json_object_get(site, "more_processes"))
		json_object_set_new(site, "more_processes", json_pack("i", 0));
	if (json_object_get(site, "more_open"))
		json_object_set_new(site, "more_open", json_pack("i", 0));
	if (!json_object_get(site, "ended"))
		set_null(site, "ended");
	recalled.json = dump_bounded(site);
	if (recalled.json)
		take(&recalled, ctx);
}

static int recall_all(json_t *file, recall_fn take, void *ctx)
{
	const json_t *sites = json_object_get(file, "sites");
	json_t *site;
	size_t i;

	if (!json_is_array(sites) ||
	    json_integer_value(json_object_get(file, "version")) != STACKS_FILE_VERSION)
		return -EPROTO;
	json_array_foreach(sites, i, site) if (json_is_object(site)) recall_site(site, take, ctx);
	return 0;
}

int stacks_recall_bytes(const void *bytes, size_t len, recall_fn take, void *ctx)
{
	json_error_t where;
	json_t *file = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &where);
	int err = recall_all(file, take, ctx);

	json_decref(file);
	return err;
}

int stacks_recall(const char *path, recall_fn take, void *ctx)
{
	_cleanup_fclose_ FILE *file = NULL;
	json_error_t where;
	json_t *root;
	int err;

	err = regular_file_open_own(path, RECALL_MAX_BYTES, &file);
	if (err)
		return err;
	root = json_loadf(file, JSON_REJECT_DUPLICATES, &where);
	err = recall_all(root, take, ctx);
	json_decref(root);
	return err;
}
