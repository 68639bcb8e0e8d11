/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, it makes a kernel that leaves out hooks of connect all the time, of the one program
 * that it is preloaded to: each time that this asks, one more has been left out.
 */
#include "syscalls.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

static bool is_program(int fd)
{
	char path[64], target[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target) - 1) > 0 && strstr(target, "bpf-prog");
}

/* The kernel cuts names to 15 bytes. */
static void leave_out(struct bpf_prog_info *info)
{
	static __u64 times;

	if (strstr(info->name, "exit_con") || !strcmp(info->name, "every_exit") ||
	    !strcmp(info->name, "raw_sys_exit"))
		info->recursion_misses += ++times;
}

static long on_syscall(long number, const long *argument)
{
	const union bpf_attr *attr = (const union bpf_attr *)argument[1];
	long result = pass_on(number, argument);

	if (number == SYS_bpf && argument[0] == BPF_OBJ_GET_INFO_BY_FD && !result &&
	    is_program((int)attr->info.bpf_fd))
		leave_out((struct bpf_prog_info *)attr->info.info);
	return result;
}
