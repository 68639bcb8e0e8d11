/* SPDX-License-Identifier: BSD-2-Clause */
/* java: what is prepared for the stacks of one Java machine: the state of language_java. */
#ifndef SOCKLEAK_JAVA_H
#define SOCKLEAK_JAVA_H

#include "stacks/scripts/java_layout.h"

#define JAVA_HEAPS 8 /* of code; HotSpot has three, or one */

struct java_heap {
	__u64 low, high, segments;
	__s32 log2;
};

struct java {
	struct java_layout layout;
	struct java_heap heaps[JAVA_HEAPS];
	unsigned int count;
};

#endif /* SOCKLEAK_JAVA_H */
