/* SPDX-License-Identifier: BSD-2-Clause */
#include "packages/hints.h"

#include "lib/json.h"
#include "lib/text.h"

#include <string.h>

#define INDENT "    "
#define DEBIAN_NOTE \
	"  (-dbgsym packages are in the archive debian-debug, Ubuntu's in ddebs: docs/hints.md)\n"

static const char *const commands[] = {
	[PACKAGE_RPM] = "dnf debuginfo-install",
	[PACKAGE_DEB] = "apt install",
};

static bool same_group(const struct hint *a, const struct hint *b)
{
	return a->container == b->container && a->package.kind == b->package.kind;
}

/* Add each debug package of a group once. Lines are continued at `columns`, 0 = never. */
static size_t add_packages(struct text *out, const struct hints *hints, size_t first, size_t column,
			   unsigned int columns)
{
	const struct hint *hint;
	const char *last = "";
	size_t i, len;

	for (i = first; i < hints__count(hints); i++) {
		hint = hints__get(hints, i);
		if (!same_group(hints__get(hints, first), hint))
			break;
		if (!strcmp(hint->package.debug, last))
			continue;
		last = hint->package.debug;
		len = strlen(last);
		/* 3 for the space before it and the " \" that may follow */
		if (columns && column + len + 3 > columns && column > strlen(INDENT)) {
			text_add(out, " \\\n" INDENT);
			column = strlen(INDENT) - 1;
		} else {
			text_add(out, " ");
		}
		text_add(out, last);
		column += 1 + len;
	}
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

static void add_by_build_id(struct text *out, const struct hint *hint)
{
	text_addf(out, "  debuginfod-find debuginfo %s  # ", hint->build_id);
	text_add_clean(out, hint->module, strlen(hint->module));
	if (hint->container)
		text_addf(out, " of process %d", hint->container);
	if (hint->package.replaced)
		text_add(out, ", replaced since");
	text_add(out, "\n");
}

/* Does no database know it? The package that a note names is a good guess at most. */
static bool is_by_build_id(const struct hint *hint)
{
	return hint->build_id && (hint->package.source == PACKAGE_FROM_NOTHING ||
				  hint->package.source == PACKAGE_FROM_NOTE);
}

static void add_by_build_ids(struct text *out, const struct hints *hints)
{
	bool any = false;
	size_t i;

	for (i = 0; i < hints__count(hints); i++) {
		if (!is_by_build_id(hints__get(hints, i)))
			continue;
		if (!any)
			text_add(out, "Not in a package database; fetch by build id:\n");
		any = true;
		add_by_build_id(out, hints__get(hints, i));
	}
}

void hints_add_text(struct text *out, const struct hints *hints, unsigned int columns, bool verbose)
{
	size_t i = 0, count = hints__count(hints);
	bool debian = false;

	while (i < count) {
		if (hints__get(hints, i)->package.kind == PACKAGE_UNKNOWN) {
			i++;
			continue;
		}
		debian |= hints__get(hints, i)->package.kind == PACKAGE_DEB;
		i = add_group(out, hints, i, columns);
	}
	if (debian && verbose)
		text_add(out, DEBIAN_NOTE);
	add_by_build_ids(out, hints);
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
