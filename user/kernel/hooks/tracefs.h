/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tracefs: the kernel's tracepoints, as perf events. Where tracefs is not mounted
 * (the normal case in containers and small virtual machines) it is mounted
 * privately: a mount that no directory shows and that goes with its descriptor.
 */
#ifndef SOCKLEAK_TRACEFS_H
#define SOCKLEAK_TRACEFS_H

#include <stdbool.h>

#include "lib/text.h"

/* A descriptor of tracefs' root directory, to be closed by the caller, or -errno. */
int tracefs_open(void);

/*
 * A new instance of a file system that the kernel has one of ("tracefs", "debugfs"), attached
 * nowhere (Linux 5.2, fsopen(2)): its root directory, to be closed by the caller, or -errno.
 */
int mount_privately(const char *type);

/*
 * A perf event of a tracepoint such as "syscalls", "sys_enter_socket": what a
 * classic tracepoint's program hangs on. A descriptor, to be closed by the
 * caller, or -errno.
 */
int tracefs_event_open(int tracefs_fd, const char *category, const char *event);

/*
 * Add why this process cannot have a classic tracepoint, and what would help. `tracefs_err` is what
 * tracefs_open() returned; if that is not below 0, `event_err` is what tracefs_event_open() did.
 */
void tracefs_add_refusal(struct text *cause, struct text *remedy, int tracefs_err, int event_err);

/* kernel.perf_event_paranoid; 0 when it cannot be read. */
long tracefs_paranoid(void);
/* May a kernel refuse tracepoints at that level to a process with these capabilities? */
bool tracefs_may_refuse(long level, unsigned long long capabilities);

#endif /* SOCKLEAK_TRACEFS_H */
