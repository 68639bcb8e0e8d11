/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/workloads/container_name.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/cleanup.h"
#include "lib/regular_file.h"
#include "lib/text.h"

/* Some 5 KiB of docker's, some 1 KiB for each container of podman's. */
#define MAX_STATE (16 << 20)

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

DEFINE_CLEANUP(json_t *, json_decref)

bool container_name_is_valid(const char *name)
{
	return strspn(name, ALPHANUMERIC) && !name[strspn(name, ALPHANUMERIC "_.-")];
}

/* NULL: there is no such file, or it has another form. Free with json_decref(). */
static json_t *state_of(const struct text *path)
{
	_cleanup_fclose_ FILE *file = NULL;

	if (text_error(path) || regular_file_open_own(text_str(path), MAX_STATE, &file))
		return NULL;
	return json_loadf(file, 0, NULL);
}

static bool is_name_in_docker(const char *root, const char *id, const char *name)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	_cleanup_(json_decref) json_t *state = NULL;
	const char *its;

	text_addf(&path, "%s/var/lib/docker/containers/%s/config.v2.json", root, id);
	state = state_of(&path);
	its = json_string_value(json_object_get(state, "Name"));
	return its && !strcmp(its + (*its == '/'), name);
}

static bool has_name(const json_t *names, const char *name)
{
	const json_t *its;
	size_t i;

	json_array_foreach(names, i, its) if (json_is_string(its) &&
					      !strcmp(json_string_value(its), name)) return true;
	return false;
}

static bool is_name_in_podman(const char *root, const char *file, const char *id, const char *name)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	_cleanup_(json_decref) json_t *state = NULL;
	const json_t *container;
	size_t i;

	text_addf(&path, "%s/var/lib/containers/storage/overlay-containers/%s", root, file);
	state = state_of(&path);
	json_array_foreach(state, i, container)
	{
		const char *its = json_string_value(json_object_get(container, "id"));

		if (its && !strcmp(its, id) && has_name(json_object_get(container, "names"), name))
			return true;
	}
	return false;
}

bool container_name_is(const char *root, const char *id, const char *name)
{
	return is_name_in_docker(root, id, name) ||
	       is_name_in_podman(root, "containers.json", id, name) ||
	       is_name_in_podman(root, "volatile-containers.json", id, name);
}
