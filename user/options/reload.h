/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reload: which options can change while the agent runs, and which wait for its next start.
 * Decided by the table alone (option_spec.reloads). Pure.
 */
#ifndef SOCKLEAK_RELOAD_H
#define SOCKLEAK_RELOAD_H

#include "options/options.h"

struct text;

/*
 * `wanted` was read anew, `running` is in force. An option that cannot change is reset in
 * *wanted to its value in force, and its name is added to `kept`, separated by commas.
 * Whether cgroups are chosen at all is fixed at start as well. Each string that is reset is
 * passed to `keep`, which may replace it by one that lives as long as *wanted; an -errno of
 * `keep` ends the call and is returned, otherwise 0.
 */
int reload_keep_fixed(const struct options *running, struct options *wanted, struct text *kept,
		      int (*keep)(const char **string, void *ctx), void *ctx);

#endif /* SOCKLEAK_RELOAD_H */
