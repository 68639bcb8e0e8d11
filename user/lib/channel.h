/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * channel: messages, each with or without a descriptor, between the agent and its resolver.
 * It is one end of a socketpair of type SOCK_SEQPACKET, so that a message arrives whole or
 * not at all. Knows nothing of their content.
 */
#ifndef SOCKLEAK_CHANNEL_H
#define SOCKLEAK_CHANNEL_H

#include <linux/types.h>
#include <stddef.h>

/* Bytes of a message: below what every kernel's default buffer takes. */
#define CHANNEL_MAX (96 * 1024)
#define CHANNEL_NO_DEADLINE 0

struct message {
	void *data;  /* where to put it */
	size_t size; /* room there */
	size_t len;  /* what came */
	int fd;	     /* the descriptor that came with it; the receiver closes it; -1 = none */
};

/* Two connected ends; exec closes both. */
int channel_pair(int ret_ends[2]);

/*
 * From now on no descriptor can be sent to this end, since Linux 6.16: to close one that a stranger
 * has chosen may block. Before, receiving one closes it.
 */
void channel_refuse_descriptors(int end);

/*
 * Send a message, with a descriptor unless that is -1; it stays open here. `deadline_ns` is
 * CLOCK_MONOTONIC. -ETIMEDOUT: the other end did not read until then. -EPIPE: it is gone.
 */
int channel_send(int end, const void *data, size_t len, int fd, __u64 deadline_ns);

/* Wait for a message. The same errors, and -EMSGSIZE: it was larger than the buffer. */
int channel_receive(int end, struct message *message, __u64 deadline_ns);

#endif /* SOCKLEAK_CHANNEL_H */
