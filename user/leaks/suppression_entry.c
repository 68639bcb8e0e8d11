/* SPDX-License-Identifier: BSD-2-Clause */
/* The entries of suppressions.h that reports print, to be pasted into the file. */
#include <stdlib.h>
#include <string.h>

#include "leaks/suppressions.h"
#include "leaks/ways.h"
#include "lib/hash.h"
#include "lib/names.h"

/* Lines longer than inih's buffer are errors there; a pattern that we make is shorter. */
#define MAX_PATTERN 120
/* A long name keeps both its ends: the line of a script's function comes last. */
#define MAX_END (MAX_PATTERN / 2)
/* Ways of a site that are compared, whether they are of one script. */
#define WAYS_COMPARED 64

/* Does a pattern have this byte as it is? `clean`: all of the string is fit to be printed. */
static bool stands_for_itself(const char *string, size_t at, bool clean)
{
	unsigned char byte = (unsigned char)string[at];

	if (byte == ' ') /* at either end it would be taken off */
		return at && string[at + 1];
	if (byte < ' ' || byte == 0x7f || (byte >= 0x80 && !clean))
		return false;
	return byte != ';'; /* behind a blank it would begin a comment */
}

static bool needs_escape(char byte)
{
	return strchr("*?[\\", byte);
}

/* Where the end of a string begins that is kept, `at` or later. */
static size_t kept_end(const char *string, size_t at)
{
	size_t from = strlen(string);

	for (size_t len = 0; from > at && len < MAX_END; from--)
		len += needs_escape(string[from - 1]) ? 2 : 1;
	return from;
}

/*
 * A string as a pattern that it matches: '?' for what the file cannot have, '*' for the
 * middle of what is long. An empty one, which no pattern says, is left out. `before` is a pattern.
 */
static void add_pattern(struct text *text, const char *key, const char *before, const char *string)
{
	_cleanup_text_ struct text shown = TEXT_INIT, pattern = TEXT_INIT;
	bool clean, cut = false;
	size_t end;

	text_add_clean(&shown, string, strlen(string));
	clean = !strcmp(text_str(&shown), string) && strlen(string) <= MAX_END;
	for (size_t at = 0; string[at]; at++) {
		end = cut || pattern.len < MAX_END ? at : kept_end(string, at);
		cut |= pattern.len >= MAX_END;
		if (end > at)
			text_add(&pattern, "*");
		at = end;
		if (!stands_for_itself(string, at, clean))
			text_add(&pattern, "?");
		else
			text_addf(&pattern, needs_escape(string[at]) ? "\\%c" : "%c", string[at]);
	}
	if (pattern.len)
		text_addf(text, "%s = %s%s\n", key, before, text_str(&pattern));
	text->failed |= shown.failed || pattern.failed;
}

/* For who reads the file later: "# in open_session (libx.so)". */
static void add_remark(struct text *text, const struct code_place *place)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	const struct frame *frame = place->frame;

	text_add(&line, place->language ?: frame->function ?: module_name(frame->module));
	text_add(&line, place->language ? " code" : "");
	if (frame->function && frame->module && !place->language)
		text_addf(&line, " (%s)",
			  module_name(frame->script && frame->file ? frame->file : frame->module));
	if (!frame->function && !place->language) /* another place of the module has another one */
		text_addf(&line, "+0x%llx", frame->offset);
	text_add(text, "# in ");
	for (size_t at = 0; at < line.len && at < MAX_PATTERN; at++)
		text_addf(text, "%c",
			  line.data[at] < ' ' || line.data[at] > '~' ? '?' : line.data[at]);
	text_add(text, line.len > MAX_PATTERN ? "...\n" : "\n");
	text->failed |= line.failed;
}

/*
 * The name of a function that a JIT compiler made, without what it says of how it was compiled:
 * V8's "LazyCompile:*dial" is "LazyCompile:~dial" at first.
 */
static const char *name_of_all_tiers(const char *function)
{
	const char *colon = strchr(function, ':');

	return colon && colon[1] && strchr("*~^+", colon[1]) ? colon + 2 : function;
}

/* Do scripts of another name, too, make sockets at the site? */
static bool has_other_scripts(const struct site *site, const char *name)
{
	_cleanup_ways_ struct ways ways = { 0 };

	if (ways_find(site, WAYS_COMPARED, &ways))
		return true;
	for (unsigned int i = 0; i < ways.count; i++) {
		const struct frame *other = culprit_place(ways.list[i].stack).frame;

		if (other && other->function &&
		    strcmp(name_of_all_tiers(other->function), name) != 0)
			return true;
	}
	return ways.more;
}

/* All scripts of one kind are of one site (site_id.h); the name, where there is one, tells more. */
static void add_script(struct text *text, const struct site *site, const struct code_place *place)
{
	const struct frame *frame = place->frame;
	const char *name;

	if (!frame->function || !frame->module || strcmp(frame->module, FRAME_JIT) != 0)
		return;
	name = name_of_all_tiers(frame->function);
	if (!has_other_scripts(site, name))
		return;
	add_pattern(text, "culprit", name == frame->function ? "" : "*[*~^+]", name);
}

/* Without its name. */
static void add_patterns(struct text *text, const struct site *site)
{
	struct code_place place = site_culprit(site).where;
	char comm[SOCKLEAK_COMM_LEN + 1] = "";
	struct name_buffer buffer;

	memcpy(comm, site->name, SOCKLEAK_COMM_LEN);
	if (site->id && place.frame)
		add_remark(text, &place);
	add_pattern(text, "comm", "", comm);
	if (site->id)
		text_addf(text, "site = %016llx\n", (unsigned long long)site->id);
	if (site->id && place.frame)
		add_script(text, site, &place);
	if (site->id || !*comm || !site->leaks)
		return;
	text_add(text, "site = " SUPPRESS_UNKNOWN_SITE "\n");
	add_pattern(text, "family", "", family_name(site->leaks->event.socket.family, &buffer));
}

static void add_suppression(struct text *text, const struct site *site, unsigned int number,
			    const char *patterns)
{
	if (site->id)
		text_addf(text, "[site %016llx", (unsigned long long)site->id);
	else
		text_add(text, "[known");
	if (number > 1)
		text_addf(text, " (%u)", number);
	text_addf(text, "]\n%s", patterns);
}

void suppressions_add_entry(struct text *text, const struct site *site)
{
	_cleanup_text_ struct text patterns = TEXT_INIT;

	add_patterns(&patterns, site);
	if (patterns.len)
		add_suppression(text, site, 1, text_str(&patterns));
}

/* An entry that was added, or the last one of a name. */
struct added {
	__u64 key;
	unsigned int number;
	UT_hash_handle hh;
};

static struct added *find_added(struct added **all, __u64 key)
{
	struct added *added;

	HASH_FIND(hh, *all, &key, sizeof(key), added);
	if (added)
		return added;
	added = calloc(1, sizeof(*added));
	if (!added)
		return NULL;
	added->key = key;
	HASH_ADD(hh, *all, key, sizeof(added->key), added);
	if (added->hh.tbl)
		return added;
	free(added);
	return NULL;
}

void suppressions_add_entries(struct text *text, struct site *const *sites, long count)
{
	_cleanup_text_ struct text patterns = TEXT_INIT;
	struct added *all = NULL, *entry, *name, *next;

	for (long i = 0; i < count; i++) {
		text_clear(&patterns);
		add_patterns(&patterns, sites[i]);
		entry = find_added(&all, hash_bytes(sites[i]->id ^ HASH_BEGIN, text_str(&patterns),
						    patterns.len));
		name = find_added(&all, sites[i]->id);
		if (!entry || !name)
			text->failed = true;
		else if (patterns.len && !entry->number++)
			add_suppression(text, sites[i], ++name->number, text_str(&patterns));
	}
	HASH_ITER(hh, all, entry, next) {
		HASH_DEL(all, entry);
		free(entry);
	}
}
