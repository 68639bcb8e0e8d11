/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * folded: leaks as folded stacks, the text that flamegraph.pl, inferno and speedscope read: a line
 * for each stack, the outermost frame first, ';' between frames, a blank and the number of open
 * sockets. The first frame is the process's comm, as in what `perf script | stackcollapse-perf.pl`
 * gives. Source of the format: https://github.com/brendangregg/FlameGraph
 *
 *	worker;_start;main;Client::open() 12
 *
 * A ';' within a name is written as ':', because there is no escape for it. Blanks stay:
 * readers take what follows the last one for the number.
 */
#ifndef SOCKLEAK_FOLDED_H
#define SOCKLEAK_FOLDED_H

#include "leaks/leaks.h"
#include "lib/text.h"
#include "report/report.h"

/*
 * Add the lines of the leaks that are open, as pprof.h has them, in the order of their bytes. 0 or
 * -ENOMEM.
 */
int folded_add(struct text *out, struct leaks *leaks, const struct summary *summary);

#endif /* SOCKLEAK_FOLDED_H */
