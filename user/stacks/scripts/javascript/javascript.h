/* SPDX-License-Identifier: BSD-2-Clause */
/* javascript: what is known of one process that executes JavaScript, for the tests. */
#ifndef SOCKLEAK_JAVASCRIPT_H
#define SOCKLEAK_JAVASCRIPT_H

#include "stacks/scripts/language.h"
#include "stacks/scripts/javascript/code.h"
#include "stacks/scripts/javascript/function.h"
#include "stacks/scripts/javascript/layout.h"

/* What the kernel's side has kept of a frame. */
struct kept_frame {
	__u64 offset;	/* of the instruction that the interpreter is at */
	__u64 bytecode; /* what it executes */
	__u64 scope;	/* of the function, when the socket was made */
	__u64 shared;	/* what closures of the function share */
	__u64 context;	/* or of which type the frame is, if it is none of a function */
	__u64 fp, pc;	/* of the caller */
};

struct javascript {
	struct v8_layout layout;
	struct v8_lines lines;
	const unsigned char *records; /* of the stack, */
	size_t len;		      /* and their bytes */
	/* What optimized code executes where it was looked at last: recursions are long. */
	struct v8_code code;
	__u64 pc; /* 0 = it was not yet */
	unsigned int inlined;
	struct v8_inlined list[V8_MAX_INLINED];
};

#endif /* SOCKLEAK_JAVASCRIPT_H */
