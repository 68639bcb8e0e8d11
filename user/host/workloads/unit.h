/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unit: what systemd's unit of the agent allows it: its user, its capabilities, and where
 * it may write; and how a process takes on that user and those capabilities to try them.
 * Reads the unit's files, so it needs neither a running systemd nor any rights.
 */
#ifndef SOCKLEAK_UNIT_H
#define SOCKLEAK_UNIT_H

#include <stdbool.h>

#include "lib/text.h"

#define UNIT_NAME "sockleak.service"

struct unit {
	char *path;		     /* of its file; drop-ins are read, too */
	char *user;		     /* "root" without User= */
	char *writable;		     /* ReadWritePaths=, all of them, separated by spaces */
	unsigned long long given;    /* the capabilities at its start that sockleak asks for */
	unsigned long long bounding; /* CapabilityBoundingSet= */
	bool protects_tunables;	     /* ProtectKernelTunables= */
	bool is_masked;		     /* systemctl mask: it cannot start; nothing else is known */
};

/*
 * Below `root` ("" = this host's). *ret_unit is NULL when none is installed. 0 or -ENOMEM. Free
 * with unit__free().
 */
int unit__read(const char *root, struct unit **ret_unit);
void unit__free(struct unit *unit);

/*
 * May it write to files below this directory of /sys/fs/bpf? With ProtectKernelTunables=
 * systemd makes /sys/fs/bpf read-only, except for what ReadWritePaths= names below it.
 */
bool unit_may_pin(const struct unit *unit, const char *directory);

/*
 * From now on this process has the unit's user and capabilities; needs root. 0 or -errno
 * with one line, cause and remedy, in ret_error.
 */
int unit_become(const struct unit *unit, struct text *ret_error);

#endif /* SOCKLEAK_UNIT_H */
