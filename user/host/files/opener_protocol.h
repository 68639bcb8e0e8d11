/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opener_protocol: what the agent says to its opener, and what that answers. The resolver's
 * questions to it are those of access.h.
 */
#ifndef SOCKLEAK_OPENER_PROTOCOL_H
#define SOCKLEAK_OPENER_PROTOCOL_H

#include <limits.h>
#include <linux/types.h>

#include "host/files/dead_devices.h"
#include "host/files/mounts.h"
#include "host/files/opener.h"
#include "host/process.h"

/* The descriptors at which the child finds its end of the agent's channel, and the board. */
#define OPENER_CHANNEL 3
#define OPENER_BOARD 4

/*
 * Memory that both share, of one child: a child that is stuck cannot say over what, so it has
 * written that down before.
 */
struct opener_board {
	/* By the agent: file systems that are left alone. */
	__u32 n_dead;
	struct device dead[DEAD_DEVICES];
	/* By the child. */
	__u64 since_ns; /* CLOCK_MONOTONIC; 0 = it touches nothing now */
	__s32 tgid;
	struct device device; /* of the file; 0, 0 = not known */
	char path[PATH_MAX];  /* if the device is not known; "" = neither is */
};

enum opener_order_kind {
	OPENER_LINK = 1, /* with a descriptor: the resolver asks there; no answer */
	OPENER_ALLOW,	 /* the resolver may have the memory of this process; no answer */
	OPENER_COMMAND,	 /* -> text */
	OPENER_PROGRAM,	 /* -> program */
	OPENER_HAS_FILE, /* path -> an error, or none */
	OPENER_HEAD,	 /* path -> head */
};

struct opener_order {
	__u32 kind;
	__s32 tgid;
	__u32 libraries;		/* of PROGRAM */
	__u32 number;			/* the answer has it */
	char path[OPENER_MAX_PATH + 1]; /* of HAS_FILE and HEAD */
};

struct opener_answer {
	__s32 error; /* 0 or -errno; then the rest is 0 */
	__u32 number;
	union {
		struct program_file program;
		char text[PROCESS_COMMAND_MAX + 8]; /* with its NUL */
		struct file_head head;
	};
};

#endif /* SOCKLEAK_OPENER_PROTOCOL_H */
