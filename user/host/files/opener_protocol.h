/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opener_protocol: what the agent says to its opener, and what that answers. The resolver's
 * questions to it are those of access.h.
 */
#ifndef SOCKLEAK_OPENER_PROTOCOL_H
#define SOCKLEAK_OPENER_PROTOCOL_H

#include <linux/types.h>

#include "host/files/opener.h"
#include "host/process.h"

/* The descriptor at which the child finds its end of the agent's channel. */
#define OPENER_CHANNEL 3

enum opener_order_kind {
	OPENER_LINK = 1, /* with a descriptor: the resolver asks there; no answer */
	OPENER_ALLOW,	 /* the resolver may have the memory of this process; no answer */
	OPENER_COMMAND,	 /* -> text */
	OPENER_PROGRAM,	 /* -> program */
	OPENER_HAS_FILE, /* path -> an error, or none */
};

struct opener_order {
	__u32 kind;
	__s32 tgid;
	__u32 libraries;		/* of PROGRAM */
	__u32 number;			/* the answer has it */
	char path[OPENER_MAX_PATH + 1]; /* of HAS_FILE */
};

struct opener_answer {
	__s32 error; /* 0 or -errno; then the rest is 0 */
	__u32 number;
	struct program_file program;
	char text[PROCESS_COMMAND_MAX + 8]; /* with its NUL */
};

#endif /* SOCKLEAK_OPENER_PROTOCOL_H */
