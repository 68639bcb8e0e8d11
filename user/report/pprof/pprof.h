/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pprof: leaks as a profile that `go tool pprof` reads (profile.h). docs/profiles.md says what the
 * values and labels mean.
 */
#ifndef SOCKLEAK_PPROF_H
#define SOCKLEAK_PPROF_H

#include "leaks/leaks.h"
#include "lib/text.h"
#include "report/report.h"

/*
 * Add the file's bytes: what a report shows, but not what a scan shows as maybe in use. Only
 * the clock and the mode of the summary are read. 0, -ENOMEM or -EFBIG.
 */
int pprof_add(struct text *out, struct leaks *leaks, const struct summary *summary);

/* Is the site's part of a profile: not one of a scan whose sockets may be in use. */
bool pprof_has_site(const struct site *site, const struct summary *summary);

#endif /* SOCKLEAK_PPROF_H */
