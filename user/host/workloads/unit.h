/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unit: what systemd's unit of the agent lets it do: its user, its capabilities, and where it
 * may write; and how a process becomes that user, with those, to try them. Read from the
 * files, so that it needs no systemd that runs, nor any right.
 */
#ifndef SOCKLEAK_UNIT_H
#define SOCKLEAK_UNIT_H

#include <stdbool.h>

#include "lib/text.h"

#define UNIT_NAME "sockleak.service"

struct unit {
	char *path;		     /* of its file; drop-ins are read, too */
	char *user;		     /* "root" without User= */
	char *writable;		     /* ReadWritePaths=, all of them, with a space between */
	unsigned long long given;    /* the capabilities it starts with that sockleak asks for */
	unsigned long long bounding; /* CapabilityBoundingSet= */
	bool protects_tunables;	     /* ProtectKernelTunables= */
	bool is_masked;		     /* systemctl mask: it cannot start, and says nothing else */
};

/*
 * Below `root` ("" = this host's). *ret_unit is NULL when none is installed. 0 or -ENOMEM. Free
 * with unit__free().
 */
int unit__read(const char *root, struct unit **ret_unit);
void unit__free(struct unit *unit);

/*
 * May it write to what lies below this directory of /sys/fs/bpf? systemd makes
 * /sys/fs/bpf read-only with ProtectKernelTunables=, but for what ReadWritePaths= names below.
 */
bool unit_may_pin(const struct unit *unit, const char *directory);

/*
 * From now on this process is the unit's user with the unit's capabilities; needs root. 0 or
 * -errno with one line, cause and remedy, in ret_error.
 */
int unit_become(const struct unit *unit, struct text *ret_error);

#endif /* SOCKLEAK_UNIT_H */
