/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A socket made by the 32-bit system call (int 0x80), which hooks on the 64-bit ones do not see,
 * and those on the function behind both do.
 */
#include "program.h"

#if defined(__x86_64__)
static int socket_32(int family, int type, int protocol)
{
	long result = 359; /* socket() in the i386 table */

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(family), "c"(type), "d"(protocol)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}
#else
static int socket_32(int family, int type, int protocol)
{
	return -ENOSYS;
}
#endif

static void on_fault(int signal _unused_)
{
	static const char line[] = "skip no 32-bit system calls in this kernel\n";

	_exit(write(STDOUT_FILENO, line, sizeof(line) - 1) < 0);
}

int main(void)
{
	int fd;

	signal(SIGSEGV, on_fault);
	fd = socket_32(AF_INET, SOCK_STREAM, 0);
	if (fd == -ENOSYS)
		skip("no 32-bit system calls in this kernel");
	errno = -fd;
	expect_leak(check(fd), "class=unknown_origin class@fentry|kprobe.multi=never_used "
			       "function@fentry|kprobe.multi=main");
	ready();
	return 0;
}
