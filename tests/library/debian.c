/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, it makes perf_event_open() of the one program that it is preloaded to as strict as a
 * kernel of Debian is with kernel.perf_event_paranoid=3: for whoever has CAP_SYS_ADMIN alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

typedef long (*syscall_fn)(long number, ...);

static int is_admin(syscall_fn next)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !next(SYS_capget, &header, sets) && sets[0].effective & 1U << CAP_SYS_ADMIN;
}

long syscall(long number, ...)
{
	syscall_fn next = (syscall_fn)dlsym(RTLD_NEXT, "syscall");
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_perf_event_open && !is_admin(next)) {
		errno = EACCES;
		return -1;
	}
	return next(number, argument[0], argument[1], argument[2], argument[3], argument[4],
		    argument[5]);
}
