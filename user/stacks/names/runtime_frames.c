/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/names/runtime_frames.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

static const char *const glibc[] = {
	"libc.so.6", "libc-2.*.so", "libpthread.so.0", "libpthread-2.*.so", NULL,
};

static bool matches_any(const char *name, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0))
			return true;
	return false;
}

const char *module_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

bool runtime_frame_is_glibc(const char *module)
{
	return module && matches_any(module_name(module), glibc);
}

bool runtime_frame_is_end(const char *module, const char *function)
{
	static const char *const ends[] = {
		"socket",
		"__socket",
		"connect",
		"__connect",
		"bind",
		"__bind",
		"getpeername",
		"__getpeername",
		"__libc_start_main*",
		"__libc_start_call_main",
		"start_thread",
		"clone",
		"clone3",
		"__clone*",
		NULL,
	};

	return function && runtime_frame_is_glibc(module) && matches_any(function, ends);
}

enum frame_kind runtime_frame_kind_in(const char *module, const char *function,
				      unsigned int mangling)
{
	const struct frame_rule *rule = frame_rule_find(module, function, mangling);

	return rule ? rule->kind : FRAME_OF_PROGRAM;
}

enum frame_kind runtime_frame_kind(const char *module, const char *function)
{
	return runtime_frame_kind_in(module, function, MANGLING_ANY);
}

const char *runtime_frame_interpreter(const char *exe)
{
	const struct frame_rule *rule = exe ? frame_rule_find(exe, NULL, MANGLING_NONE) : NULL;

	return rule && rule->kind == FRAME_OF_INTERPRETER ? rule->language : NULL;
}
