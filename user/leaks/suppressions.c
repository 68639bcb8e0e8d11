/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/suppressions.h"

#include <errno.h>
#include <fnmatch.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/process_name.h"
#include "lib/names.h"
#include "lib/regular_file.h"

enum key {
	KEY_SITE,
	KEY_CULPRIT,
	KEY_FUNCTION,
	KEY_MODULE,
	KEY_COMM,
	KEY_CGROUP,
	KEY_FAMILY,
	KEYS
};

static const char *const key_names[KEYS] = {
	"site", "culprit", "function", "module", "comm", "cgroup", "family",
};

struct suppression_entry {
	char *name;
	char *patterns[KEYS]; /* NULL = any */
	__u64 total;
};

struct taken {
	struct {
		__u64 inode;
		__u64 since_ns;
	} socket;
	/* That took it for want of a site, which its stack may get later; else NULL. */
	struct suppression_entry *for_now;
	UT_hash_handle hh;
};

struct suppressions {
	struct suppression_entry *entries;
	size_t count;
	struct taken *taken; /* a uthash table */
	__u64 asked_ns;	     /* when suppressions__ask_again() last did; 0 = never */
	struct text error;   /* the first one, while the file is read */
};

/* ---- The file ---- */

static struct suppression_entry *entry_of(struct suppressions *suppressions, const char *name)
{
	struct suppression_entry *entries;

	if (suppressions->count &&
	    !strcmp(suppressions->entries[suppressions->count - 1].name, name))
		return &suppressions->entries[suppressions->count - 1];
	entries = realloc(suppressions->entries, (suppressions->count + 1) * sizeof(*entries));
	if (!entries)
		return NULL;
	suppressions->entries = entries;
	entries += suppressions->count;
	memset(entries, 0, sizeof(*entries));
	entries->name = strdup(name);
	if (!entries->name)
		return NULL;
	suppressions->count++;
	return entries;
}

/* As inih calls it: 0 is an error. */
static int on_suppression(void *ctx, const char *section, const char *name, const char *value)
{
	struct suppressions *suppressions = ctx;
	struct suppression_entry *entry;
	int key = 0;

	if (suppressions->error.len)
		return 0;
	while (key < KEYS && strcmp(name, key_names[key]) != 0)
		key++;
	entry = *section && key < KEYS && *value ? entry_of(suppressions, section) : NULL;
	if (entry && !entry->patterns[key]) {
		entry->patterns[key] = strdup(value);
		return entry->patterns[key] != NULL;
	}
	if (!*section)
		text_add(&suppressions->error, "a pattern comes before the first [name]");
	else if (key == KEYS)
		text_add(&suppressions->error,
			 "the keys are site, culprit, function, module, comm, cgroup and family");
	else if (!*value)
		text_add(&suppressions->error, "a pattern is empty");
	else if (entry)
		text_add(&suppressions->error, "a pattern is given twice");
	return 0;
}

int suppressions__load(const char *path, struct suppressions **ret_suppressions,
		       struct text *ret_error)
{
	struct suppressions *suppressions = calloc(1, sizeof(*suppressions));
	FILE *file = NULL;
	int err = suppressions ? regular_file_open(path, &file) : -ENOMEM, line = 0;

	if (!err)
		line = ini_parse_file(file, on_suppression, suppressions);
	if (!err && ferror(file)) /* to inih that is the end of the file */
		err = errno ? -errno : -EIO;
	if (err && err != -ENOMEM) {
		text_addf(ret_error, "cannot read --suppress %s: %s", path,
			  err == -EINVAL ? "not a regular file" : strerror(-err));
		err = -EINVAL;
	}
	if (!err && line) {
		text_addf(ret_error, "--suppress %s, line %d: %s", path, line,
			  suppressions->error.len ?
				  text_str(&suppressions->error) :
				  "neither [name] nor 'key = pattern' (or too long)");
		err = -EINVAL;
	}
	if (file)
		fclose(file);
	if (err) {
		suppressions__free(suppressions);
		return err;
	}
	*ret_suppressions = suppressions;
	return 0;
}

void suppressions__free(struct suppressions *suppressions)
{
	struct taken *taken, *next;

	if (!suppressions)
		return;
	HASH_ITER(hh, suppressions->taken, taken, next) {
		HASH_DEL(suppressions->taken, taken);
		free(taken);
	}
	for (size_t i = 0; i < suppressions->count; i++) {
		for (int key = 0; key < KEYS; key++)
			free(suppressions->entries[i].patterns[key]);
		free(suppressions->entries[i].name);
	}
	free(suppressions->entries);
	text_free(&suppressions->error);
	free(suppressions);
}

/* ---- Matching ---- */

static bool matches_pattern(const char *pattern, const char *string)
{
	return !pattern || (string && !fnmatch(pattern, string, 0));
}

/* As reports write it. No pattern but this word is for a leak of which no site is known. */
static bool matches_site(const char *pattern, const struct stack *stack)
{
	char id[sizeof("0123456789abcdef")];

	if (!pattern)
		return true;
	if (!stack || !stack->site)
		return !strcmp(pattern, SUPPRESS_UNKNOWN_SITE);
	snprintf(id, sizeof(id), "%016llx", (unsigned long long)stack->site);
	return !fnmatch(pattern, id, 0);
}

/* The function that the leak is in, and none that only led there. */
static bool matches_culprit(const char *pattern, const struct stack *stack)
{
	const struct frame *frame = pattern ? culprit_place(stack).frame : NULL;

	return matches_pattern(pattern, frame ? frame->function : NULL);
}

/* Function and module are of one and the same frame; which one does not matter. */
static bool matches_stack(const struct suppression_entry *entry, const struct stack *stack)
{
	const char *function = entry->patterns[KEY_FUNCTION], *module = entry->patterns[KEY_MODULE];

	if (!function && !module)
		return true;
	for (unsigned int i = 0; stack && i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];

		if (matches_pattern(function, frame->function) &&
		    (matches_pattern(module, frame->module) ||
		     (frame->module && matches_pattern(module, module_name(frame->module)))))
			return true;
	}
	return false;
}

/* By the name of its main thread, or by that of its executable: as --comm. */
static bool matches_name(const char *pattern, const struct event *event, const struct owner *owner)
{
	char comm[SOCKLEAK_COMM_LEN + 1] = "", exe[SOCKLEAK_COMM_LEN];

	memcpy(comm, event->comm, SOCKLEAK_COMM_LEN);
	process_exe_name(owner->exe, exe);
	return matches_pattern(pattern, comm) || (exe[0] && matches_pattern(pattern, exe));
}

static bool matches_all(const struct suppression_entry *entry, const struct event *event,
			const struct owner *owner, const struct stack *stack)
{
	struct name_buffer buffer;

	return matches_site(entry->patterns[KEY_SITE], stack) &&
	       matches_culprit(entry->patterns[KEY_CULPRIT], stack) &&
	       matches_name(entry->patterns[KEY_COMM], event, owner) &&
	       matches_pattern(entry->patterns[KEY_CGROUP], owner->cgroup) &&
	       matches_pattern(entry->patterns[KEY_FAMILY],
			       family_name(event->socket.family, &buffer)) &&
	       matches_stack(entry, stack);
}

static struct taken *find_taken(const struct suppressions *suppressions,
				const struct pending *socket)
{
	struct taken key = { .socket = { socket->inode, socket->since_ns } }, *taken;

	HASH_FIND(hh, suppressions->taken, &key.socket, sizeof(key.socket), taken);
	return taken;
}

bool suppressions__holds(const struct suppressions *suppressions, const struct pending *socket)
{
	return suppressions && find_taken(suppressions, socket);
}

static void remember_taken(struct suppressions *suppressions, const struct pending *socket,
			   struct suppression_entry *for_now)
{
	struct taken *taken = calloc(1, sizeof(*taken));

	if (!taken)
		return; /* it is matched again when something changes */
	taken->socket.inode = socket->inode;
	taken->socket.since_ns = socket->since_ns;
	taken->for_now = for_now;
	HASH_ADD(hh, suppressions->taken, socket, sizeof(taken->socket), taken);
	if (!taken->hh.tbl)
		free(taken);
}

bool suppressions__take(struct suppressions *suppressions, const struct event *event,
			const struct owner *owner, const struct stack *stack)
{
	if (!suppressions)
		return false;
	for (size_t i = 0; i < suppressions->count; i++) {
		struct suppression_entry *entry = &suppressions->entries[i];
		bool for_now = entry->patterns[KEY_SITE] && stack && stack->count && !stack->site;

		if (!matches_all(entry, event, owner, stack))
			continue;
		entry->total++;
		remember_taken(suppressions, &event->socket, for_now ? entry : NULL);
		return true;
	}
	return false;
}

static void forget_taken(struct suppressions *suppressions, struct taken *taken)
{
	HASH_DEL(suppressions->taken, taken);
	free(taken);
}

void suppressions__forget(struct suppressions *suppressions, const struct pending *socket)
{
	struct taken *taken = suppressions ? find_taken(suppressions, socket) : NULL;

	if (taken)
		forget_taken(suppressions, taken);
}

bool suppressions__ask_again(struct suppressions *suppressions, __u64 now_ns)
{
	struct taken *taken, *next;
	bool released = false;

	if (!suppressions)
		return false;
	if (!suppressions->asked_ns)
		suppressions->asked_ns = now_ns;
	if (now_ns - suppressions->asked_ns < SUPPRESS_ASK_AGAIN_NS)
		return false;
	suppressions->asked_ns = now_ns;
	HASH_ITER(hh, suppressions->taken, taken, next) {
		if (!taken->for_now)
			continue;
		taken->for_now->total--; /* it counts anew */
		forget_taken(suppressions, taken);
		released = true;
	}
	return released;
}

/* ---- What was suppressed ---- */

unsigned int suppressions__open(const struct suppressions *suppressions)
{
	return HASH_COUNT(suppressions->taken);
}

size_t suppressions__count(const struct suppressions *suppressions)
{
	return suppressions->count;
}

struct suppression suppressions__get(const struct suppressions *suppressions, size_t index)
{
	const struct suppression_entry *entry = &suppressions->entries[index];

	return (struct suppression){ entry->name, entry->total };
}
