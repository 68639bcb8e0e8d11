/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor: can sockleak run on this host, as this user, and what will it not be able to
 * do: one finding for each thing that matters, with the cause and the one remedy. Looks,
 * and changes nothing; the kernel's side is loaded and attached for a moment, since
 * nothing else tells for sure that it can be.
 */
#ifndef SOCKLEAK_DOCTOR_H
#define SOCKLEAK_DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

#include "options.h"

enum finding_status {
	FINDING_OK,
	FINDING_LIMITED, /* it runs, and lacks something */
	FINDING_FAILED,	 /* it does not run */
};

/*
 * Print the findings to `out`, a line each, or with options->json one object. Returns
 * the worst. What could not be written is the caller's to find by fflush() and ferror().
 */
enum finding_status doctor(const struct options *options, FILE *out);

#endif /* SOCKLEAK_DOCTOR_H */
