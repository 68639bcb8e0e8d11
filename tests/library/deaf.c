/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, it makes a kernel that attaches programs and never runs them, of the one program that
 * it is preloaded to: for all that is attached by a link but iterators, and so for all kinds of
 * hooks but raw tracepoints.
 */
#include "syscalls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/perf_event.h>

static long on_syscall(long number, const long *argument)
{
	const union bpf_attr *attr = (const union bpf_attr *)argument[1];

	if (number == SYS_bpf && argument[0] == BPF_LINK_CREATE &&
	    attr->link_create.attach_type != BPF_TRACE_ITER)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	return pass_on(number, argument);
}

/* What libbpf does where it takes the kernel for one that has no links for perf events. */
int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...) =
		(int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	return request == PERF_EVENT_IOC_SET_BPF ? 0 : next(fd, request, argument);
}
