// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The floor of `make bench` and `make bench-instructions`: programs that do nothing, on each kind
 * of hook by which the same five system calls can be seen. They cost the kernel's price of such a
 * hook with a program on it. empty.c loads one kind of them.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#ifdef __TARGET_ARCH_arm64
#define FUNCTION "__arm64_sys_"
#else
#define FUNCTION "__x64_sys_"
#endif

#define EMPTY(section, name) \
	SEC("?" section)     \
	int name(void *ctx)  \
	{                    \
		return 0;    \
	}

#define EMPTY_CALL(call)                                                       \
	EMPTY("tracepoint/syscalls/sys_enter_" #call, tracepoint_enter_##call) \
	EMPTY("tracepoint/syscalls/sys_exit_" #call, tracepoint_exit_##call)   \
	EMPTY("fentry/" FUNCTION #call, fentry_##call)                         \
	EMPTY("fexit/" FUNCTION #call, fexit_##call)                           \
	EMPTY("kprobe.multi/" FUNCTION #call, kprobe_multi_##call)             \
	EMPTY("kretprobe.multi/" FUNCTION #call, kretprobe_multi_##call)

EMPTY_CALL(socket)
EMPTY_CALL(connect)
EMPTY_CALL(bind)
EMPTY_CALL(getpeername)
EMPTY_CALL(close)

EMPTY("tracepoint/raw_syscalls/sys_enter", raw_syscalls_enter)
EMPTY("tracepoint/raw_syscalls/sys_exit", raw_syscalls_exit)
EMPTY("raw_tp/sys_enter", raw_tp_enter)
EMPTY("raw_tp/sys_exit", raw_tp_exit)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
