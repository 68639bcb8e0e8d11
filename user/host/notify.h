/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify: informs the service manager about the agent, by the protocol of sd_notify(3): one
 * datagram of "NAME=VALUE" lines to the AF_UNIX socket that NOTIFY_SOCKET names, by a path,
 * or with "@" in front as an abstract one. The protocol is stable and meant to be spoken
 * without libsystemd. Without NOTIFY_SOCKET nothing is sent.
 */
#ifndef SOCKLEAK_NOTIFY_H
#define SOCKLEAK_NOTIFY_H

#include <linux/types.h>

/*
 * Send the lines. 0, also without a manager; -errno when they could not be sent (-EINVAL:
 * NOTIFY_SOCKET has neither form). Does not block.
 */
int notify(const char *lines);
/* The manager ends the process after this many ns without WATCHDOG=1; 0 = never. */
__u64 notify_watchdog_ns(void);

#endif /* SOCKLEAK_NOTIFY_H */
