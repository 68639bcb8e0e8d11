/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/names/python_name.h"

#include <string.h>

#define PREFIX "py::"

bool python_name_split(const char *name, const char **ret_function, size_t *ret_len,
		       const char **ret_file)
{
	const char *function, *colon;

	if (!name || strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	function = name + strlen(PREFIX);
	colon = strchr(function, ':'); /* a file's name may have some, too */
	if (!colon || colon == function || !colon[1])
		return false;
	*ret_function = function;
	*ret_len = (size_t)(colon - function);
	*ret_file = colon + 1;
	return true;
}
