/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/workloads/workload.h"

#include <string.h>

#define HEX "0123456789abcdef"
#define STATIC_POD_LEN 32

/* One component of a path. */
struct component {
	const char *at;
	size_t len;
};

static bool component_ends_with(const struct component *component, const char *suffix)
{
	size_t len = strlen(suffix);

	return component->len >= len && !memcmp(component->at + component->len - len, suffix, len);
}

static bool component_begins_with(const struct component *component, const char *prefix)
{
	size_t len = strlen(prefix);

	return component->len >= len && !memcmp(component->at, prefix, len);
}

/*
 * The container that a component names: its last 64 characters, at its beginning or after
 * '-' or ':'.
 */
static bool find_container(struct component component, char *ret_container)
{
	const char *id;

	if (component_begins_with(&component, "crio-conmon-") ||
	    component_begins_with(&component, "libpod-conmon-"))
		return false;
	if (component_ends_with(&component, ".scope"))
		component.len -= strlen(".scope");
	if (component.len < WORKLOAD_CONTAINER_LEN)
		return false;
	id = component.at + component.len - WORKLOAD_CONTAINER_LEN;
	if (strspn(id, HEX) < WORKLOAD_CONTAINER_LEN)
		return false;
	if (id > component.at && id[-1] != '-' && id[-1] != ':')
		return false;
	memcpy(ret_container, id, WORKLOAD_CONTAINER_LEN);
	ret_container[WORKLOAD_CONTAINER_LEN] = '\0';
	return true;
}

/* RFC 4122's form, with '-' or, in systemd's names, '_' between the groups. */
static bool is_uuid(const char *at, size_t len)
{
	if (len != WORKLOAD_POD_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? at[i] != '-' && at[i] != '_' : !memchr(HEX, at[i], strlen(HEX)))
			return false;
	}
	return true;
}

static bool is_pod(const char *at, size_t len)
{
	return is_uuid(at, len) || (len == STATIC_POD_LEN && strspn(at, HEX) >= STATIC_POD_LEN);
}

bool workload_is_pod(const char *uid)
{
	return is_pod(uid, strlen(uid));
}

bool workload_same_pod(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

/* The pod that a component names: "podUID", or "...-podUID.slice" and what may follow. */
static bool find_pod(const struct component *component, char *ret_pod)
{
	const char *end = component->at + component->len, *at;
	size_t len;

	for (at = component->at; at + 3 < end; at++) {
		if (memcmp(at, "pod", 3) || (at > component->at && at[-1] != '-'))
			continue;
		len = strspn(at + 3, HEX "-_");
		if (len > (size_t)(end - at - 3))
			len = (size_t)(end - at - 3);
		if (!is_pod(at + 3, len))
			continue;
		for (size_t i = 0; i < len; i++)
			ret_pod[i] = at[3 + i] == '_' ? '-' : at[3 + i];
		ret_pod[len] = '\0';
		return true;
	}
	return false;
}

static void find_workload(const char *path, size_t len, struct workload *ret)
{
	struct component component;
	const char *end = path + len, *begin;

	memset(ret, 0, sizeof(*ret));
	while (end > path) {
		for (begin = end; begin > path && begin[-1] != '/'; begin--)
			;
		component = (struct component){ begin, (size_t)(end - begin) };
		if (!ret->container[0])
			find_container(component, ret->container);
		if (!ret->pod[0])
			find_pod(&component, ret->pod);
		end = begin > path ? begin - 1 : path;
	}
}

void workload_of_cgroup(const char *path, struct workload *ret)
{
	find_workload(path, strlen(path), ret);
}

bool workload_of_proc(const char *text, struct workload *ret)
{
	struct workload found, best = { 0 };
	const char *path;
	size_t len;

	/* hierarchy-ID:controller-list:path; a path may hold anything but a newline */
	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		path = memchr(text, ':', len);
		path = path ? memchr(path + 1, ':', len - (size_t)(path + 1 - text)) : NULL;
		if (!path)
			continue;
		path++;
		find_workload(path, len - (size_t)(path - text), &found);
		if (found.container[0]) {
			*ret = found;
			return true;
		}
		if (found.pod[0] && !best.pod[0])
			best = found;
	}
	*ret = best;
	return best.pod[0];
}
