/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine: the guest that a cgroup's path lies in, by the conventions of LXC and systemd.
 * A guest runs services of its own, so its units have the names of the host's. Pure.
 *
 *	/lxc.payload.NAME/...				LXC, Incus
 *	/machine.slice/machine-NAME.scope/...		systemd-nspawn, libvirt
 *	/machine.slice/systemd-nspawn@NAME.service/payload/...	its --keep-unit
 *	/system.slice/NAME.service/payload/...		the same, started by another unit
 *
 * The cgroup does not name a guest of the last kind, so it is called as its unit is. In a unit's
 * name systemd writes other bytes than [A-Za-z0-9:_.] as \xNN. lxc.monitor.NAME and
 * systemd-nspawn@NAME.service/supervisor are the host's. A guest in a guest is "OUTER/INNER".
 */
#ifndef SOCKLEAK_MACHINE_H
#define SOCKLEAK_MACHINE_H

#include <stddef.h>

/*
 * A machine's name, the outer ones' in front. The longest name of one cgroup fits; the
 * names of inner guests that do not fit are left out.
 */
#define MACHINE_NAME_MAX 256

/*
 * From a path in a cgroup tree of version 1 or 2. ret_name is "" when the path is not in a
 * guest. It may hold any byte but NUL: the owner of a cgroup chose it. Returns the part of
 * the path below the innermost guest's cgroup, with its "/"; the whole path when there is none.
 */
const char *machine_of_cgroup(const char *path, char ret_name[MACHINE_NAME_MAX]);

/*
 * From a text in the format of /proc/PID/cgroup (cgroups(7)): the first line that names one.
 */
void machine_of_proc(const char *text, char ret_name[MACHINE_NAME_MAX]);

#endif /* SOCKLEAK_MACHINE_H */
