/* SPDX-License-Identifier: BSD-2-Clause */
#include "packages/hints.h"

#include "lib/json.h"
#include "lib/text.h"

#include <string.h>

#define INDENT "    "
#define NO_ARCHIVE \
	"  (apt has no list of that archive, debian-debug or Ubuntu's ddebs: docs/hints.md)\n"
#define MAYBE_OLD \
	"  (a version that apt does not find is older than the archive: fetch by build id, -v)\n"

static const char *const commands[] = {
	[PACKAGE_RPM] = "dnf debuginfo-install",
	[PACKAGE_DEB] = "apt install",
};

static bool same_group(const struct hint *a, const struct hint *b)
{
	return a->container == b->container && a->way == b->way &&
	       a->package.kind == b->package.kind;
}

/* Add each debug package of a group once. Lines are continued at `columns`, 0 = never. */
static size_t add_packages(struct text *out, const struct hints *hints, size_t first, size_t column,
			   unsigned int columns)
{
	_cleanup_text_ struct text last = TEXT_INIT, name = TEXT_INIT;
	size_t i;

	for (i = first; i < hints__count(hints); i++) {
		if (!same_group(hints__get(hints, first), hints__get(hints, i)))
			break;
		text_clear(&name);
		package_add_pinned(&name, &hints__get(hints, i)->package);
		if (!strcmp(text_str(&name), text_str(&last)))
			continue;
		text_clear(&last);
		text_add(&last, text_str(&name));
		/* 3 for the space before it and the " \" that may follow */
		if (columns && column + name.len + 3 > columns && column > strlen(INDENT)) {
			text_add(out, " \\\n" INDENT);
			column = strlen(INDENT) - 1;
		} else {
			text_add(out, " ");
		}
		text_add(out, text_str(&name));
		column += 1 + name.len;
	}
	if (text_error(&name) || text_error(&last))
		out->failed = true;
	return i;
}

/* The command for the hints from `first` on that share container and package manager. */
static size_t add_group(struct text *out, const struct hints *hints, size_t first,
			unsigned int columns)
{
	const struct hint *group = hints__get(hints, first);
	const char *command = commands[group->package.kind];
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t end;

	text_add(&line, "Missing separate debuginfos");
	if (group->way == HINT_INSTALL_DEBUG)
		text_add(&line, " of the debug archive");
	if (group->container)
		text_addf(&line, " in the root of process %d", group->container);
	text_add(&line, ", use:");
	text_add(out, text_str(&line));
	text_addf(&line, " %s", command);
	end = add_packages(&line, hints, first, 0, 0);
	if (!columns || line.len <= columns) {
		text_addf(out, " %s", command);
		add_packages(out, hints, first, 0, 0);
	} else {
		/* a command of more than a line begins on a line of its own, to be pasted */
		text_addf(out, "\n  %s", command);
		add_packages(out, hints, first, 2 + strlen(command), columns);
	}
	text_add(out, "\n");
	if (text_error(&line))
		out->failed = true;
	return end;
}

void hint_add_command(struct text *out, const struct hint *hint)
{
	text_add(out, hint->command);
	if (hint->way != HINT_FETCH)
		return;
	text_add(out, "  # ");
	text_add_clean(out, hint->module, strlen(hint->module));
}

static void add_by_build_id(struct text *out, const struct hint *hint)
{
	const struct package *package = &hint->package;

	text_addf(out, "  debuginfod-find debuginfo %s  # ", hint->build_id);
	text_add_clean(out, hint->module, strlen(hint->module));
	if (hint->container)
		text_addf(out, " of process %d", hint->container);
	if (package->source == PACKAGE_FROM_DPKG && hint->way == HINT_FETCH)
		text_addf(out, ", %s %s", package->name, package->version);
	if (package->removed)
		text_add(out, ", removed since");
	else if (package->replaced)
		text_add(out, ", replaced since");
	text_add(out, "\n");
}

typedef bool (*hint_filter)(const struct hint *hint);

/* Does no database know it? The package that a note names is a good guess at most. */
static bool is_unowned(const struct hint *hint)
{
	return hint->build_id && (hint->package.source == PACKAGE_FROM_NOTHING ||
				  hint->package.source == PACKAGE_FROM_NOTE);
}

/* Does apt not have the debug information of this version? */
static bool is_unlisted(const struct hint *hint)
{
	return hint->way == HINT_FETCH && !is_unowned(hint);
}

/* Is it not known whether apt has it? */
static bool may_be_unlisted(const struct hint *hint)
{
	return hint->build_id && hint->package.source == PACKAGE_FROM_DPKG &&
	       hint->way != HINT_FETCH && hint->package.availability != PACKAGE_AVAILABLE;
}

static void add_by_build_ids(struct text *out, const struct hints *hints, hint_filter filter,
			     const char *title)
{
	bool any = false;

	for (size_t i = 0; i < hints__count(hints); i++) {
		if (!filter(hints__get(hints, i)))
			continue;
		if (!any)
			text_addf(out, "%s\n", title);
		any = true;
		add_by_build_id(out, hints__get(hints, i));
	}
}

/* Modules that have no debug information anywhere, so that nobody looks for it. */
static void add_hopeless(struct text *out, const struct hints *hints)
{
	bool any = false;

	for (size_t i = 0; i < hints__count(hints); i++) {
		const struct hint *hint = hints__get(hints, i);

		if (hint->way != HINT_NONE)
			continue;
		if (!any)
			text_add(out, "No debug information can be found without a package or a "
				      "build id:\n");
		any = true;
		text_add(out, INDENT + 2);
		text_add_clean(out, hint->module, strlen(hint->module));
		if (hint->container)
			text_addf(out, " of process %d", hint->container);
		if (hint->package.removed)
			text_add(out, ", removed since");
		text_add(out, "\n");
	}
}

/* The commands of the package managers. Returns whether some names may be unknown to apt. */
static bool add_groups(struct text *out, const struct hints *hints, unsigned int columns)
{
	size_t i = 0, first, count = hints__count(hints);
	bool maybe = false, no_archive;

	while (i < count) {
		if (hints__get(hints, i)->way > HINT_INSTALL_DEBUG) {
			i++;
			continue;
		}
		first = i;
		i = add_group(out, hints, first, columns);
		no_archive = false;
		for (; first < i; first++) {
			const struct package *package = &hints__get(hints, first)->package;

			no_archive |= package->availability == PACKAGE_NO_ARCHIVE;
			maybe |= may_be_unlisted(hints__get(hints, first)) &&
				 package->availability == PACKAGE_MAYBE;
		}
		if (no_archive)
			text_add(out, NO_ARCHIVE);
	}
	return maybe;
}

void hints_add_text(struct text *out, const struct hints *hints, unsigned int columns, bool verbose)
{
	bool maybe = add_groups(out, hints, columns);

	if (maybe && !verbose)
		text_add(out, MAYBE_OLD);
	add_by_build_ids(out, hints, is_unlisted,
			 "Not in apt's lists in the installed version; fetch by build id:");
	if (verbose)
		add_by_build_ids(out, hints, may_be_unlisted,
				 "If apt does not find that version, fetch by build id:");
	add_by_build_ids(out, hints, is_unowned, "Not in a package database; fetch by build id:");
	add_hopeless(out, hints);
	if (hints__left_out(hints) && verbose)
		text_addf(out, "  (%zu modules were not looked up)\n", hints__left_out(hints));
}

static void add_json_hint(struct json *json, const struct hint *hint)
{
	_cleanup_text_ struct text label = TEXT_INIT;

	package_add_label(&label, &hint->package);
	json_begin_object(json, NULL);
	json_string(json, "module", hint->module);
	json_string(json, "build_id", hint->build_id);
	if (hint->container)
		json_s64(json, "container", hint->container);
	else
		json_null(json, "container");
	json_string(json, "package", hint->package.kind ? text_str(&label) : NULL);
	json_string(json, "package_source", package_source_name(hint->package.source));
	json_bool(json, "replaced", hint->package.replaced);
	json_bool(json, "removed", hint->package.removed);
	json_string(json, "availability", package_availability_name(hint->package.availability));
	json_string(json, "command", hint->command);
	json_end_object(json);
}

void hints_add_json(struct json *json, const char *key, const struct hints *hints)
{
	size_t i;

	json_begin_array(json, key);
	for (i = 0; i < hints__count(hints); i++)
		add_json_hint(json, hints__get(hints, i));
	json_end_array(json);
}
