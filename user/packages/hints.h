/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hints: which commands install the debug information that reported stacks lack,
 * as gdb says it: "Missing separate debuginfos, use: dnf debuginfo-install ...".
 * Collects modules, asks package.h for their owners, groups and sorts. Knows what
 * such a command looks like; nothing of leaks, and prints nothing.
 *
 *	hints__begin(hints);
 *	hints__add(hints, tgid, frame->module, frame->build_id);   for each frame
 *	hints__finish(hints);					    without has_debug
 *	hints_add_text(&out, hints, columns, verbose);
 *
 * The result depends on the set of modules alone, not on the order they came in,
 * and holds each once: it can be compared between reports.
 */
#ifndef SOCKLEAK_HINTS_H
#define SOCKLEAK_HINTS_H

#include "packages/package.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct json;
struct text;
struct hints;

/* How to get it; hints are sorted by it. */
enum hint_way {
	HINT_INSTALL,	    /* from the ordinary archive, by rpm's or dpkg's manager */
	HINT_INSTALL_DEBUG, /* from the archive that -dbgsym packages have of their own */
	HINT_FETCH,	    /* by build id from a debuginfod server */
	HINT_NONE,	    /* it has neither a package nor a build id */
};

/* One module without debug information. Strings belong to the hints, until the next begin. */
struct hint {
	const char *module;   /* path in its process's view */
	const char *build_id; /* NULL = not known */
	pid_t container;      /* a process whose root to install in, 0 = ours */
	struct package package;
	enum hint_way way;
	const char *command; /* for this module alone; NULL: nothing can be done by a command */
};

/* The package of a module: the result of packages__find(). */
typedef int (*hints_find_fn)(void *ctx, pid_t tgid, const char *path, const char *build_id,
			     struct package *ret_package);

/* Is there a stored file at this path, on this host or as the process sees it? */
typedef bool (*hints_has_fn)(void *ctx, pid_t tgid, const char *path);

/* An empty collection that asks these. Free it with hints__free() (NULL is allowed). */
int hints__new(hints_find_fn find, hints_has_fn has_file, void *ctx, struct hints **ret_hints);
void hints__free(struct hints *hints);

/* Start a new collection. */
void hints__begin(struct hints *hints);

/*
 * Add a module, as often as it comes: repetition costs a hash lookup. path NULL,
 * "[vdso]" and what else is not a file is passed over; build_id may be NULL. At most
 * 256 different ones are taken, further ones are not (hints__left_out()).
 */
void hints__add(struct hints *hints, pid_t tgid, const char *path, const char *build_id);

/*
 * Look for the packages: see packages__find() for what it costs when they are not
 * cached. No new look-up is begun after 2 seconds; modules that were not reached
 * are left out of this collection. One whose debug information has come under
 * /usr/lib/debug/.build-id (ours or the process's) is not a hint any more; that is
 * looked at each time. -ENOMEM: the collection is incomplete.
 */
int hints__finish(struct hints *hints);

/* The hints by container, way, package, and path. Valid from finish to the next begin. */
size_t hints__count(const struct hints *hints);
const struct hint *hints__get(const struct hints *hints, size_t index);
/* Modules that the bounds on number or time kept out. */
size_t hints__left_out(const struct hints *hints);

/* Its command; one that fetches by build id has a comment that names the module. */
void hint_add_command(struct text *out, const struct hint *hint);
/*
 * Add them as text for a person, nothing when there are none: a command for each
 * container, package manager and archive, for one name that apt does not know voids a
 * whole command; then one for each module that is to be had by build id alone; then
 * those that are not to be had. `verbose`: by build id, too, what may be in no archive.
 * Lines longer than `columns` (0 = any) are continued so that they can be pasted
 * as they are. Out of memory shows in text_error(out).
 */
void hints_add_text(struct text *out, const struct hints *hints, unsigned int columns,
		    bool verbose);

/*
 * Add them as an array of objects {module, build_id, container, package,
 * package_source, replaced, removed, availability, command}; what is not known is null.
 */
void hints_add_json(struct json *json, const char *key, const struct hints *hints);

#endif /* SOCKLEAK_HINTS_H */
