/* SPDX-License-Identifier: BSD-2-Clause */
/* frame_rules: which rule a frame's names match. */
#include <stdbool.h>
#include <string.h>

#include "lib/pattern.h"
#include "stacks/names/frame_rules.h"

#define LONGEST_NAME 256 /* bytes of a JIT compiler's name that are looked at */

/*
 * JIT compilers of typed languages name a method with its result and parameters, as in
 * "void a.b.C.d(int)": the part between, into `method`. False: it is not such a name, or too long.
 * Names of other compilers begin with what they are of, and end with a path: "JS:*f /a/(b)/c.js:1".
 */
static bool find_method(const char *function, char method[LONGEST_NAME])
{
	const char *end = strchr(function, '('), *begin = end;

	if (!end || end == function || function[strcspn(function, " (:")] == ':')
		return false;
	while (begin > function && begin[-1] != ' ')
		begin--;
	if (begin == end || end - begin >= LONGEST_NAME)
		return false;
	memcpy(method, begin, (size_t)(end - begin));
	method[end - begin] = '\0';
	return true;
}

/* A frame's names, as patterns are matched against them. NULL: not known. */
struct frame_names {
	const char *path, *base, *function, *method;
	unsigned int mangling;
};

static bool name_matches(const char *pattern, const char *name)
{
	return name && pattern_may_match(pattern, name) && pattern_matches(pattern, name);
}

static bool module_matches(const char *pattern, const struct frame_names *names)
{
	bool of_path = *pattern == '*' && strchr(pattern, '/'); /* those all begin with it */

	return name_matches(pattern, of_path ? names->path : names->base);
}

static bool rule_matches(const struct frame_rule *rule, const struct frame_names *names)
{
	if (!(rule->mangling & names->mangling))
		return false;
	if (rule->module && !module_matches(rule->module, names))
		return false;
	/* not the whole name: its result may be of a library's class */
	return !rule->function || name_matches(rule->function, names->method ?: names->function);
}

const struct frame_rule *frame_rule_find(const char *module, const char *function,
					 unsigned int mangling)
{
	const char *slash = module ? strrchr(module, '/') : NULL;
	struct frame_names names = { module, slash && slash[1] ? slash + 1 : module, function, NULL,
				     mangling };
	const struct frame_rule *rules;
	char method[LONGEST_NAME];
	size_t count;

	if (function && module && !strcmp(module, FRAME_JIT) && find_method(function, method))
		names.method = method;
	rules = frame_rules(&count);
	for (size_t i = 0; i < count; i++)
		if (rule_matches(&rules[i], &names))
			return &rules[i];
	return NULL;
}
