/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run: `sockleak run`. Lets a program run that was started and is held (host/target.h), until it
 * has ended, and reports which sockets it and its descendants left unconnected. Those that were
 * open when their process ended are reported by the kernel side at that moment; what processes
 * still have open that go on without the program is found by a last sweep.
 */
#ifndef SOCKLEAK_RUN_H
#define SOCKLEAK_RUN_H

#include "host/target.h"
#include "kernel/tracer.h"
#include "options/options.h"
#include "watch/watch.h"

/*
 * The tracer is attached, and follows the command. *ret_status: that of the program, as a shell
 * shows it, or --error-exitcode if a leak was found. 0, or -errno (logged): the program did not run
 * by our fault, or its report is not complete.
 */
int run__watch(const struct options *options, struct watch *watch, struct tracer *tracer,
	       struct target *target, int *ret_status);

#endif /* SOCKLEAK_RUN_H */
