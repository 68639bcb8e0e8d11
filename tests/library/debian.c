/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, it makes perf_event_open() of the one program that it is preloaded to as strict as a
 * kernel of Debian is with kernel.perf_event_paranoid=3: for whoever has CAP_SYS_ADMIN alone.
 */
#include "syscalls.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

static int is_admin(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };
	const long argument[ARGUMENTS] = { (long)&header, (long)sets };

	return !pass_on(SYS_capget, argument) && sets[0].effective & 1U << CAP_SYS_ADMIN;
}

static long on_syscall(long number, const long *argument)
{
	if (number == SYS_perf_event_open && !is_admin()) {
		errno = EACCES;
		return -1;
	}
	return pass_on(number, argument);
}
