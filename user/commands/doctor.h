/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor: can sockleak run on this host, as this user, and as the installed service, and
 * what will it not be able to do? It prints one finding for each thing that matters, with
 * the cause and the one remedy. Changes nothing.
 */
#ifndef SOCKLEAK_DOCTOR_H
#define SOCKLEAK_DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

#include "options/options.h"

enum finding_status {
	FINDING_OK,
	FINDING_LIMITED, /* it runs, and lacks something */
	FINDING_FAILED,	 /* it does not run */
	FINDING_UNKNOWN, /* these rights do not suffice to see it */
	FINDING_STATUSES,
};

/*
 * Print the findings to `out`, one line each, or with options->json as one object: those of
 * this process, and if a unit is installed, those of the service; with options->service
 * only the latter. Returns the worst. The caller finds write errors by fflush() and
 * ferror().
 */
enum finding_status doctor(const struct options *options, FILE *out);

#endif /* SOCKLEAK_DOCTOR_H */
