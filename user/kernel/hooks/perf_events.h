/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * perf_events: what programs of classic tracepoints hang on (tracefs.h opens them): how a program
 * gets there, and how events are given up without waiting for the kernel.
 */
#ifndef SOCKLEAK_PERF_EVENTS_H
#define SOCKLEAK_PERF_EVENTS_H

#include <stdbool.h>

/*
 * Have the program run with the event, for as long as that exists. 0 or -errno. A link would do the
 * same from Linux 5.15 on, but taking it off waits: perf_events_release() could not help.
 */
int perf_event_run(int event, int program);

/*
 * Close events, -1 = none. Unless it `waits`, their programs run on until the kernel has taken them
 * off, some tenths of a second after the return.
 */
void perf_events_release(const int *events, unsigned int count, bool waits);

#endif /* SOCKLEAK_PERF_EVENTS_H */
