/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * examine: what `sockleak doctor` finds, as a list: for this process with the rights that
 * it has, or for the service with the rights that its unit gives, which a child takes on.
 * The kernel's side is loaded and attached for a moment, because only that proves that it
 * can be.
 */
#ifndef SOCKLEAK_EXAMINE_H
#define SOCKLEAK_EXAMINE_H

#include <stddef.h>

#include "commands/doctor.h"
#include "host/workloads/unit.h"
#include "lib/text.h"
#include "options/options.h"

struct finding {
	char *name;
	char *text; /* one line */
	enum finding_status status;
};

struct findings {
	struct finding *items;
	size_t count;
	unsigned int counts[FINDING_STATUSES];
	enum finding_status worst; /* of those that are known */
};

void findings_free(struct findings *findings);

/* For this process. `options` are those of an agent. 0 or -ENOMEM. */
int examine(const struct options *options, struct findings *findings);

/*
 * For the service. Only root can take on its rights. For another user there is what follows
 * from the unit and the host, and one finding (FINDING_UNKNOWN) that says so. 0 or -errno.
 */
int examine_service(const struct options *options, const struct unit *unit,
		    struct findings *findings);

#endif /* SOCKLEAK_EXAMINE_H */
