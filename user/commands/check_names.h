/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_names: do the files and directories exist that an agent's options name, and could it use
 * them? For --check-config: nothing is made, written or locked. Profiles and suppressions are
 * checked where they are read (watch/output/profiles.h, leaks/suppressions.h).
 *
 * An unprivileged user may check a configuration that is another user's to run. A thing that only
 * the agent's user may look at is therefore not an error then, but is named as not checked. Root
 * may write everywhere, and so cannot tell whether the service's user may, which is said, too.
 */
#ifndef SOCKLEAK_CHECK_NAMES_H
#define SOCKLEAK_CHECK_NAMES_H

#include "lib/text.h"
#include "options/options.h"

/*
 * 0, or -errno with one line in ret_error: the agent would not run, or its textfile could not be
 * written. `ret_notes`: lines, each with a newline, on what was not checked, and on a directory of
 * --pin that cannot be used, without which an agent runs.
 */
int check_names(const struct options *options, struct text *ret_notes, struct text *ret_error);

#endif /* SOCKLEAK_CHECK_NAMES_H */
