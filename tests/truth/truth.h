/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * truth: what the programs here have in common. They say `ready`, wait for a line
 * on stdin (gdb attaches meanwhile), leak their sockets, say `leaked N` and live
 * until stdin ends. See ../../docs/stacks-truth.md.
 */
#ifndef TRUTH_H
#define TRUTH_H

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))
/* Code after the call, so that it is no jump and the frame stays on the stack. */
#define KEEP_FRAME() __asm__ volatile("" ::: "memory")

static inline void truth_ready(void)
{
	char byte;

	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) == 1 && byte != '\n')
		;
}

static inline void truth_leaked(int count)
{
	char byte;

	printf("leaked %d\n", count);
	fflush(stdout);
	while (read(0, &byte, 1) == 1)
		;
}

#endif /* TRUTH_H */
