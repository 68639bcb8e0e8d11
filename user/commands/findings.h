/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings: what `sockleak doctor` looks at, each by itself: the table of its checks.
 * Only about the host; doctor.c checks the kernel side.
 */
#ifndef SOCKLEAK_FINDINGS_H
#define SOCKLEAK_FINDINGS_H

#include "commands/doctor.h"
#include "lib/text.h"

struct finding_check {
	const char *name; /* of one word */
	/* Adds what was found to `text`: one line; unless it is ok with cause and remedy. */
	enum finding_status (*look)(const struct options *options, struct text *text);
};

/* The one after `previous`; NULL begins, and ends. */
const struct finding_check *finding_next(const struct finding_check *previous);

/* The same by rights that are not this process's: a mask of capabilities that it keeps. */
enum finding_status finding_rights(unsigned long long given, struct text *text);
/* Would kernel.perf_event_paranoid, as it is, refuse tracepoints to them? */
enum finding_status finding_paranoid(unsigned long long given, struct text *text);

#endif /* SOCKLEAK_FINDINGS_H */
