/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, it makes a kernel that attaches programs and never runs them, of the one program that
 * it is preloaded to: for all that is attached by a link but iterators, and so for all kinds of
 * hooks but raw tracepoints.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/perf_event.h>

typedef long (*syscall_fn)(long number, ...);

long syscall(long number, ...)
{
	syscall_fn next = (syscall_fn)dlsym(RTLD_NEXT, "syscall");
	const union bpf_attr *attr;
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	attr = (const union bpf_attr *)argument[1];
	if (number == SYS_bpf && argument[0] == BPF_LINK_CREATE &&
	    attr->link_create.attach_type != BPF_TRACE_ITER)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	return next(number, argument[0], argument[1], argument[2], argument[3], argument[4],
		    argument[5]);
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
