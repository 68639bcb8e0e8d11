/* SPDX-License-Identifier: BSD-2-Clause */
#include "packages/hints.h"

#include "host/files/elf_notes.h"
#include "lib/text.h"
#include "lib/time.h"
#include "packages/package_sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#define MAX_MODULES 256
#define BUDGET_NS 2000000000ULL
#define DEBUG_DIR "/usr/lib/debug/.build-id"

struct module {
	char *key; /* "TGID BUILD-ID PATH" */
	pid_t tgid;
	char *path, *build_id;
	char *command;
	UT_hash_handle hh;
};

struct hints {
	hints_find_fn find;
	hints_has_fn has_file;
	void *ctx;
	struct module *modules; /* what was added */
	struct hint *hints;	/* what came of it, sorted */
	size_t count;
	size_t refused, late; /* for want of room, of time */
};

int hints__new(hints_find_fn find, hints_has_fn has_file, void *ctx, struct hints **ret_hints)
{
	struct hints *hints = calloc(1, sizeof(*hints));

	if (!hints)
		return -ENOMEM;
	hints->find = find;
	hints->has_file = has_file;
	hints->ctx = ctx;
	*ret_hints = hints;
	return 0;
}

static void module_free(struct module *module)
{
	free(module->key);
	free(module->path);
	free(module->build_id);
	free(module->command);
	free(module);
}

void hints__begin(struct hints *hints)
{
	struct module *module, *next;

	HASH_ITER(hh, hints->modules, module, next) {
		HASH_DEL(hints->modules, module);
		module_free(module);
	}
	free(hints->hints);
	hints->hints = NULL;
	hints->count = hints->refused = hints->late = 0;
}

void hints__free(struct hints *hints)
{
	if (!hints)
		return;
	hints__begin(hints);
	free(hints);
}

size_t hints__count(const struct hints *hints)
{
	return hints->count;
}

const struct hint *hints__get(const struct hints *hints, size_t index)
{
	return &hints->hints[index];
}

size_t hints__left_out(const struct hints *hints)
{
	return hints->refused + hints->late;
}

/* ---- Collecting ---- */

/* Takes the key. */
static struct module *module_new(char *key, pid_t tgid, const char *path, const char *build_id)
{
	struct module *module = calloc(1, sizeof(*module));

	if (!module) {
		free(key);
		return NULL;
	}
	module->key = key;
	module->tgid = tgid;
	module->path = strdup(path);
	module->build_id = build_id ? strdup(build_id) : NULL;
	if (module->path && (!build_id || module->build_id))
		return module;
	module_free(module);
	return NULL;
}

void hints__add(struct hints *hints, pid_t tgid, const char *path, const char *build_id)
{
	struct module *module;
	char *key;

	if (!path || path[0] != '/')
		return;
	if (build_id && !build_id_is_hex(build_id))
		build_id = NULL;
	if (asprintf(&key, "%d %s %s", tgid, build_id ? build_id : "-", path) < 0) {
		hints->refused++;
		return;
	}
	HASH_FIND_STR(hints->modules, key, module);
	if (module) {
		free(key);
		return;
	}
	if (HASH_COUNT(hints->modules) >= MAX_MODULES) {
		free(key);
		hints->refused++;
		return;
	}
	module = module_new(key, tgid, path, build_id);
	if (module) {
		HASH_ADD_KEYPTR(hh, hints->modules, module->key, strlen(module->key), module);
		if (module->hh.tbl)
			return;
		module_free(module);
	}
	hints->refused++;
}

/* Is its debug information where symbols.h looks for it? */
static bool has_debug_file(const struct hints *hints, const struct module *module)
{
	const char *build_id = module->build_id;
	char path[256];

	if (!build_id)
		return false;
	snprintf(path, sizeof(path), DEBUG_DIR "/%.2s/%s.debug", build_id, build_id + 2);
	return hints->has_file(hints->ctx, module->tgid, path);
}

static enum hint_way way_of(const struct package *package, const char *build_id)
{
	bool is_listed = package->availability != PACKAGE_TOO_OLD &&
			 package->availability != PACKAGE_NOT_THERE;

	if (package->kind == PACKAGE_UNKNOWN)
		return build_id ? HINT_FETCH : HINT_NONE;
	if (!is_listed && build_id)
		return HINT_FETCH;
	return package->kind == PACKAGE_DEB && package_is_of_debug_archive(package->debug) ?
		       HINT_INSTALL_DEBUG :
		       HINT_INSTALL;
}

/* The command for one module alone. */
static int make_command(struct module *module, const struct package *package, enum hint_way way)
{
	_cleanup_text_ struct text command = TEXT_INIT;

	free(module->command);
	module->command = NULL;
	if (way == HINT_NONE)
		return 0;
	if (way == HINT_FETCH) {
		text_addf(&command, "debuginfod-find debuginfo %s", module->build_id);
	} else {
		text_add(&command,
			 package->kind == PACKAGE_RPM ? "dnf debuginfo-install " : "apt install ");
		package_add_pinned(&command, package);
	}
	module->command = text_error(&command) ? NULL : strdup(text_str(&command));
	return module->command ? 0 : -ENOMEM;
}

static int add_hint(struct hints *hints, struct module *module)
{
	struct hint *hint = &hints->hints[hints->count];
	int err;

	memset(hint, 0, sizeof(*hint));
	/* of a process that has gone the build id is all there is */
	if (hints->find(hints->ctx, module->tgid, module->path, module->build_id, &hint->package))
		memset(&hint->package, 0, sizeof(hint->package));
	hint->way = way_of(&hint->package, module->build_id);
	err = make_command(module, &hint->package, hint->way);
	if (err)
		return err;
	hint->module = module->path;
	hint->build_id = module->build_id;
	hint->container = hint->package.foreign ? module->tgid : 0;
	hint->command = module->command;
	hints->count++;
	return 0;
}

/* ---- Order ---- */

static int compare_roots(const struct hint *a, const struct hint *b)
{
	const struct package *x = &a->package, *y = &b->package;

	if (x->foreign != y->foreign)
		return x->foreign ? 1 : -1;
	if (!x->foreign)
		return 0;
	if (x->root_device != y->root_device)
		return x->root_device < y->root_device ? -1 : 1;
	if (x->root_inode != y->root_inode)
		return x->root_inode < y->root_inode ? -1 : 1;
	return 0;
}

/* By the way; an unknown kind comes last. */
static int compare_hints(const void *left, const void *right)
{
	const struct hint *a = left, *b = right;
	int order = compare_roots(a, b);

	if (!order)
		order = (int)a->way - (int)b->way;
	if (!order)
		order = (int)((unsigned int)a->package.kind - 1 >
			      (unsigned int)b->package.kind - 1) -
			(int)((unsigned int)a->package.kind - 1 <
			      (unsigned int)b->package.kind - 1);
	if (!order)
		order = strcmp(a->package.debug, b->package.debug);
	if (!order)
		order = strcmp(a->module, b->module);
	if (!order)
		order = strcmp(a->build_id ? a->build_id : "", b->build_id ? b->build_id : "");
	return order ? order : (a->container > b->container) - (a->container < b->container);
}

static bool same_module(const struct hint *a, const struct hint *b)
{
	return !compare_roots(a, b) && !strcmp(a->module, b->module) &&
	       !strcmp(a->build_id ? a->build_id : "", b->build_id ? b->build_id : "");
}

/* Sort; keep each module of a root once; name each root by its lowest process. */
static void sort_hints(struct hints *hints)
{
	struct hint *hint = hints->hints;
	size_t count = 0, i, j;
	pid_t lowest;

	qsort(hint, hints->count, sizeof(*hint), compare_hints);
	for (i = 0; i < hints->count; i++)
		if (!count || !same_module(&hint[i], &hint[count - 1]))
			hint[count++] = hint[i];
	hints->count = count;
	for (i = 0; i < count; i = j) {
		lowest = hint[i].container;
		for (j = i; j < count && !compare_roots(&hint[i], &hint[j]); j++)
			lowest = hint[j].container < lowest ? hint[j].container : lowest;
		for (j = i; j < count && !compare_roots(&hint[i], &hint[j]); j++)
			hint[j].container = lowest;
	}
}

int hints__finish(struct hints *hints)
{
	__u64 deadline_ns = clock_now(CLOCK_MONOTONIC) + BUDGET_NS;
	struct module *module, *next;
	int err = 0;

	free(hints->hints);
	hints->count = hints->late = 0;
	hints->hints = calloc(HASH_COUNT(hints->modules) + 1, sizeof(*hints->hints));
	if (!hints->hints)
		return -ENOMEM;
	HASH_ITER(hh, hints->modules, module, next) {
		if (has_debug_file(hints, module))
			continue;
		if (clock_now(CLOCK_MONOTONIC) > deadline_ns)
			hints->late++;
		else if (add_hint(hints, module))
			err = -ENOMEM;
	}
	sort_hints(hints);
	return err;
}
