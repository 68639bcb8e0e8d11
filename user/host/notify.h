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

#define NOTIFY_KEPT 4	  /* states: of a reload there are two, and a stop may follow */
#define NOTIFY_LENGTH 128 /* of each, with its NUL */

/* States that did not fit into the manager's queue, the oldest first; all 0 at the begin. */
struct notify_states {
	char lines[NOTIFY_KEPT][NOTIFY_LENGTH];
	unsigned int count;
};

/*
 * Send a state that the manager waits for (READY=1, RELOADING=1, STOPPING=1), after the kept
 * ones. If the manager's queue is full it is kept, and 0 returned; should there be more states
 * than NOTIFY_KEPT, the oldest gives way. Any other error is that of notify(), and nothing is
 * kept then: nobody listens.
 */
int notify_state(struct notify_states *states, const char *lines);
/* Send the kept states, in order; call it from time to time. As notify_state(). */
int notify_kept_states(struct notify_states *states);

/* The manager ends the process after this many ns without WATCHDOG=1; 0 = never. */
__u64 notify_watchdog_ns(void);

#endif /* SOCKLEAK_NOTIFY_H */
