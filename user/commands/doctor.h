/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor: can sockleak run on this host, as this user, and as the service that is installed;
 * and what will it not be able to do: one finding for each thing that matters, with the
 * cause and the one remedy. Looks, and changes nothing.
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
	FINDING_UNKNOWN, /* it cannot be seen with these rights */
	FINDING_STATUSES,
};

/*
 * Print the findings to `out`, a line each, or with options->json one object: those of this
 * process, and where a unit is installed those of the service; with options->service of that
 * alone. Returns the worst. What could not be written is the caller's to find by fflush() and
 * ferror().
 */
enum finding_status doctor(const struct options *options, FILE *out);

#endif /* SOCKLEAK_DOCTOR_H */
