/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, 0.1 s pass before each iterator is made: a host so busy that a sweep takes
 * longer than --older-than.
 */
#include "syscalls.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

static long on_syscall(long number, const long *argument)
{
	if (number == SYS_bpf && argument[0] == BPF_ITER_CREATE)
		usleep(100000);
	return pass_on(number, argument);
}
