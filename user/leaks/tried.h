/* SPDX-License-Identifier: BSD-2-Clause */
/* tried: a call on a socket that failed, and the stack on which it was made. */
#ifndef SOCKLEAK_TRIED_H
#define SOCKLEAK_TRIED_H

#include "sockleak.h"
#include "stacks/stack.h"

struct tried {
	struct stack *stack; /* NULL = none is known */
	__u32 call;	     /* enum call_kind; 0 = none is known */
};

#endif /* SOCKLEAK_TRIED_H */
