/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, each look-up in a BPF map takes 2 ms: a machine that is starved, for the one program
 * that this is preloaded to.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#define PAUSE_US 2000

long syscall(long number, ...)
{
	long (*next)(long number, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_bpf && argument[0] == BPF_MAP_LOOKUP_ELEM)
		usleep(PAUSE_US);
	return next(number, argument[0], argument[1], argument[2], argument[3], argument[4],
		    argument[5]);
}
