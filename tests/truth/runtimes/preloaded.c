/* SPDX-License-Identifier: BSD-2-Clause */
/* A library to preload, with a socket() of its own that calls libc's. */
#include <dlfcn.h>
#include <sys/socket.h>

int socket(int family, int type, int protocol)
{
	int (*next)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
	int fd = next(family, type, protocol);

	__asm__ volatile("" ::: "memory");
	return fd;
}
