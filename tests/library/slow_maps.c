/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, each look-up in a BPF map takes 2 ms: a machine that is starved, for the one program
 * that this is preloaded to.
 */
#include "syscalls.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#define PAUSE_US 2000

static long on_syscall(long number, const long *argument)
{
	if (number == SYS_bpf && argument[0] == BPF_MAP_LOOKUP_ELEM)
		usleep(PAUSE_US);
	return pass_on(number, argument);
}
