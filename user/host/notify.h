/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify: tells the service manager how the agent is, by the protocol of sd_notify(3):
 * one datagram of "NAME=VALUE" lines to the AF_UNIX socket that NOTIFY_SOCKET names, a
 * path, or with "@" in front an abstract one. The protocol is stable and meant to be
 * spoken without libsystemd. Without NOTIFY_SOCKET nothing is reported.
 */
#ifndef SOCKLEAK_NOTIFY_H
#define SOCKLEAK_NOTIFY_H

#include <linux/types.h>

/*
 * Send the lines. 0, also when nobody wants to know; -errno when it could not be sent
 * (-EINVAL: NOTIFY_SOCKET is none of the two kinds). Does not block.
 */
int notify(const char *lines);
/* After how long without WATCHDOG=1 the manager ends the process, in ns; 0 = never. */
__u64 notify_watchdog_ns(void);

#endif /* SOCKLEAK_NOTIFY_H */
