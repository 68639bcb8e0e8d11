/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reload: which options can change while the agent runs, and which wait for its next
 * start. By the table alone (option_spec.reloads). Pure.
 */
#ifndef SOCKLEAK_RELOAD_H
#define SOCKLEAK_RELOAD_H

#include "options/options.h"

struct text;

/*
 * `wanted` is what was read anew, `running` what is in force: what cannot change is put
 * back in *wanted as it is in force, and its name added to `kept`, separated by commas.
 * Whether cgroups are chosen at all is fixed at start as well. Each string that is put
 * back is given to `keep`, which may replace it by one that lives as long as *wanted; its
 * -errno ends it all and is returned, else 0.
 */
int reload_keep_fixed(const struct options *running, struct options *wanted, struct text *kept,
		      int (*keep)(const char **string, void *ctx), void *ctx);

#endif /* SOCKLEAK_RELOAD_H */
