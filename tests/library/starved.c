/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, the kernel has no memory for the first iterators over one process alone, of the one
 * program that it is preloaded to: the one that tries at start whether there are such, and one
 * more.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include <linux/bpf.h>

#define FAILURES 2

typedef long (*syscall_fn)(long number, ...);

long syscall(long number, ...)
{
	static unsigned int failed;
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
	    attr->link_create.attach_type == BPF_TRACE_ITER && attr->link_create.iter_info_len &&
	    failed < FAILURES) {
		failed++;
		errno = ENOMEM;
		return -1;
	}
	return next(number, argument[0], argument[1], argument[2], argument[3], argument[4],
		    argument[5]);
}
