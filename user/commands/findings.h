/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings: the table of the checks of `sockleak doctor` that concern the host alone.
 * examine.c checks the kernel side.
 */
#ifndef SOCKLEAK_FINDINGS_H
#define SOCKLEAK_FINDINGS_H

#include "commands/doctor.h"
#include "lib/text.h"

struct finding_check {
	const char *name; /* of one word */
	/* Adds the finding to `text`: one line, with cause and remedy unless it is ok. */
	enum finding_status (*look)(const struct options *options, struct text *text);
};

/* The check after `previous`; NULL begins, and ends. */
const struct finding_check *finding_next(const struct finding_check *previous);

/* The same check for the rights of another process: a mask of the capabilities that it keeps. */
enum finding_status finding_rights(unsigned long long given, struct text *text);
/* Would kernel.perf_event_paranoid, as it is, refuse tracepoints to those rights? */
enum finding_status finding_paranoid(unsigned long long given, struct text *text);

#endif /* SOCKLEAK_FINDINGS_H */
