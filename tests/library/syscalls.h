/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the libraries have in common that stand between a program and syscall(2), which is how
 * libbpf calls the kernel: each defines on_syscall(), and passes on by pass_on() what it lets be.
 */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* RTLD_NEXT */
#endif
#include <dlfcn.h>
#include <stdarg.h>

#define ARGUMENTS 6

static long on_syscall(long number, const long *argument);

static inline long pass_on(long number, const long *argument)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");

	return next(number, argument[0], argument[1], argument[2], argument[3], argument[4],
		    argument[5]);
}

long syscall(long number, ...)
{
	long argument[ARGUMENTS];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < ARGUMENTS; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	return on_syscall(number, argument);
}

#endif /* SYSCALLS_H */
