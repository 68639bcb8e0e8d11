/* SPDX-License-Identifier: BSD-2-Clause */
#include "options/reload.h"

#include "lib/text.h"
#include "options/option_values.h"

static bool chooses_cgroups(const struct option_spec *spec)
{
	return spec->group == GROUP_WHOSE && spec->type == OPTION_LIST;
}

int reload_keep_fixed(const struct options *running, struct options *wanted, struct text *kept,
		      int (*keep)(const char **string, void *ctx), void *ctx)
{
	/* The kernel's side was loaded for that value. */
	bool cgroups_fixed = options_limit_cgroups(running) != options_limit_cgroups(wanted) ||
			     !running->excluded_cgroups.count != !wanted->excluded_cgroups.count;
	const struct option_spec *spec;
	int err = 0;

	for (spec = option_next(NULL); spec && !err; spec = option_next(spec)) {
		bool fixed = chooses_cgroups(spec) ? cgroups_fixed : !spec->reloads;

		if (!fixed || !option_is_of(spec, running->command) ||
		    option_is_equal(spec, running, wanted))
			continue;
		text_addf(kept, "%s%s", kept->len ? ", " : "", spec->name);
		option_copy(spec, running, wanted);
		err = option_each_string(spec, wanted, keep, ctx);
	}
	return err;
}
