/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * defaults: the options before anything was given (options_defaults() of options.h), and the values
 * that other modules build on as well.
 */
#ifndef SOCKLEAK_DEFAULTS_H
#define SOCKLEAK_DEFAULTS_H

/*
 * --min-growth. One moment is a daemon's only socket, two are a pool that was refilled,
 * three are a habit.
 */
#define MIN_STEPS 3

/*
 * A workload has a series for each class it leaks of (7 at most, mostly 1) and three more,
 * a site two: some 600 series at these limits, fewer than node_exporter has of its own. If
 * a host has a hundred leaking workloads, they have one cause.
 */
#define SERIES_MAX_WORKLOADS 100
#define SERIES_MAX_SITES 100

/*
 * --max-climbing: each has a line of JSON of some 500 bytes, and three series of the metrics at
 * most. The descriptors of each are counted by kind every ten seconds.
 */
#define OPTIONS_MAX_CLIMBING 16
#define OPTIONS_MOST_CLIMBING 128

/*
 * --max-ways: a summary has that many stacks of each site, some 10 KiB of JSON each. Each leak's
 * own stack is in its line, so what is beyond is not lost.
 */
#define OPTIONS_MAX_WAYS 8

/*
 * --pprof-keep: with a profile an hour (--pprof-interval) they are a week, so that a leak can be
 * compared with the same hour of the last one. A profile has a few KiB.
 */
#define OPTIONS_PPROF_KEEP 168

#endif /* SOCKLEAK_DEFAULTS_H */
