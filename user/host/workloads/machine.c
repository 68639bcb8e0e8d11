/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/workloads/machine.h"

#include <stdbool.h>
#include <string.h>

#include "lib/hex.h"

#define LXC "lxc.payload."
#define SCOPE_PREFIX "machine-"
#define NSPAWN_PREFIX "systemd-nspawn@"
#define SERVICE ".service"
#define SCOPE ".scope"

/* A part of a path: one component, or the name in it. */
struct part {
	const char *at;
	size_t len;
};

static bool part_is(struct part part, const char *word)
{
	return part.len == strlen(word) && !memcmp(part.at, word, part.len);
}

/* Cut `prefix` and `suffix` off; false when they are not there or nothing is between them. */
static bool strip(struct part *part, const char *prefix, const char *suffix)
{
	size_t before = strlen(prefix), behind = strlen(suffix);

	if (part->len <= before + behind || memcmp(part->at, prefix, before) ||
	    memcmp(part->at + part->len - behind, suffix, behind))
		return false;
	part->at += before;
	part->len -= before + behind;
	return true;
}

static struct part next_part(const char **path)
{
	struct part part = { .at = *path + strspn(*path, "/") };

	part.len = strcspn(part.at, "/");
	*path = part.at + part.len;
	return part;
}

/*
 * Does a guest begin at this component? `parent` is the component before it. Returns where the
 * guest's own part of the path begins, and its name; NULL when none does.
 */
static const char *find_machine(struct part parent, struct part component, struct part *ret_name)
{
	const char *behind = component.at + component.len;

	*ret_name = component;
	if (strip(ret_name, LXC, "") || strip(ret_name, SCOPE_PREFIX, SCOPE))
		return behind;
	*ret_name = parent;
	if (strip(ret_name, NSPAWN_PREFIX, SERVICE)) {
		if (part_is(component, "payload"))
			return behind;
		/* on a host with cgroup v1 the guest's cgroups are in the unit's own */
		return component.len && !part_is(component, "supervisor") ? component.at - 1 : NULL;
	}
	if (!part_is(component, "payload") || strip(ret_name, SCOPE_PREFIX, SCOPE))
		return NULL;
	return strip(ret_name, "", SERVICE) || strip(ret_name, "", SCOPE) ? behind : NULL;
}

/* The byte that \xNN stands for; 0 = it is not such an escape, or of a NUL. */
static char unescape_unit_byte(const char *at, size_t len)
{
	int high, low;

	if (len < 4 || at[0] != '\\' || at[1] != 'x')
		return 0;
	high = hex_digit(at[2]);
	low = hex_digit(at[3]);
	return high < 0 || low < 0 ? 0 : (char)(high * 16 + low);
}

/* Behind the names of the outer guests; what does not fit is left out whole. */
static void add_name(char name[MACHINE_NAME_MAX], struct part part)
{
	size_t begin = strlen(name), len = begin;
	char byte;

	if (begin)
		name[len++] = '/';
	for (size_t i = 0; i < part.len; i++) {
		if (len + 1 >= MACHINE_NAME_MAX) {
			name[begin] = '\0';
			return;
		}
		byte = unescape_unit_byte(part.at + i, part.len - i);
		name[len++] = byte ? byte : part.at[i];
		i += byte ? 3 : 0;
	}
	name[len] = '\0';
}

const char *machine_of_cgroup(const char *path, char ret_name[MACHINE_NAME_MAX])
{
	struct part parent = { path, 0 }, component, name;
	const char *inside = path, *begin;

	ret_name[0] = '\0';
	while (*path) {
		component = next_part(&path);
		begin = find_machine(parent, component, &name);
		if (begin) {
			add_name(ret_name, name);
			inside = ret_name[0] ? begin : inside;
		}
		parent = component;
	}
	return inside;
}

void machine_of_proc(const char *text, char ret_name[MACHINE_NAME_MAX])
{
	char path[4096];
	const char *at;
	size_t len;

	ret_name[0] = '\0';
	/* hierarchy-ID:controller-list:path; a path may hold anything but a newline */
	for (; *text && !ret_name[0]; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		at = memchr(text, ':', len);
		at = at ? memchr(at + 1, ':', len - (size_t)(at + 1 - text)) : NULL;
		if (!at || len - (size_t)(at + 1 - text) >= sizeof(path))
			continue;
		memcpy(path, at + 1, len - (size_t)(at + 1 - text));
		path[len - (size_t)(at + 1 - text)] = '\0';
		machine_of_cgroup(path, ret_name);
	}
}
