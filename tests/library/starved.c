/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, the kernel has no memory for the first iterators over one process alone, of the one
 * program that it is preloaded to: the one that tries at start whether there are such, and one
 * more.
 */
#include "syscalls.h"

#include <errno.h>
#include <sys/syscall.h>

#include <linux/bpf.h>

#define FAILURES 2

static long on_syscall(long number, const long *argument)
{
	static unsigned int failed;
	const union bpf_attr *attr = (const union bpf_attr *)argument[1];

	if (number == SYS_bpf && argument[0] == BPF_LINK_CREATE &&
	    attr->link_create.attach_type == BPF_TRACE_ITER && attr->link_create.iter_info_len &&
	    failed < FAILURES) {
		failed++;
		errno = ENOMEM;
		return -1;
	}
	return pass_on(number, argument);
}
