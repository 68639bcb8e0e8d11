// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The floor of `make bench`: programs that do nothing, on the ten tracepoints that sockleak
 * uses. What they cost is the kernel's price of a tracepoint with a program on it.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define EMPTY(hook)									\
	SEC("tracepoint/syscalls/sys_" #hook)						\
	int hook(void *ctx)								\
	{										\
		return 0;								\
	}

EMPTY(enter_socket)
EMPTY(exit_socket)
EMPTY(enter_connect)
EMPTY(exit_connect)
EMPTY(enter_bind)
EMPTY(exit_bind)
EMPTY(enter_getpeername)
EMPTY(exit_getpeername)
EMPTY(enter_close)
EMPTY(exit_close)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
