/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, it counts how often the program closes a perf event, and how often the kernel let it
 * wait there. At the end it prints both, if there were any. A thread that waits gives its processor
 * up by itself, whatever else the machine does.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* RTLD_NEXT, RUSAGE_THREAD */
#endif
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static unsigned int closed, waited;

static int is_event(int fd)
{
	char path[64], target[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return 0;
	target[len] = '\0';
	return strstr(target, "perf_event") || strstr(target, "bpf_link");
}

static long times_waited(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

int close(int fd)
{
	int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close"), event = is_event(fd), result;
	long before = times_waited();

	result = next(fd);
	closed += event;
	waited += event && times_waited() != before;
	return result;
}

static void __attribute__((destructor)) print(void)
{
	if (closed)
		fprintf(stderr, "perf events closed: %u, waited at: %u\n", closed, waited);
}
