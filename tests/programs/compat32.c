/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets made and connected by 32-bit system calls (int 0x80), which hooks on the 64-bit ones do
 * not see, and those on the functions behind do: one is left alone, one refused, one connected.
 */
#include "program.h"

#include <sys/mman.h>

#define SEEN "@fentry|kprobe.multi="
/* In the i386 table. */
#define SOCKET_32 359
#define CONNECT_32 362

static int call_32(long number, unsigned long a, unsigned long b, unsigned long c)
{
#if defined(__x86_64__)
	long result = number;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
#else
	return -ENOSYS;
#endif
}

static int socket_32(void)
{
	int fd = call_32(SOCKET_32, AF_INET, SOCK_STREAM, 0);

	if (fd == -ENOSYS)
		skip("no 32-bit system calls in this kernel");
	errno = -fd;
	return check(fd);
}

/* The address must be where 32 bits can point to. */
static int connect_32(int fd, unsigned short port)
{
	struct sockaddr_in *low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		die("mmap");
	*low = loopback(port);
	return call_32(CONNECT_32, fd, (unsigned long)low, sizeof(*low));
}

static void on_fault(int signal _unused_)
{
	static const char line[] = "skip no 32-bit system calls in this kernel\n";

	_exit(write(STDOUT_FILENO, line, sizeof(line) - 1) < 0);
}

int main(void)
{
	int held, refused;

	signal(SIGSEGV, on_fault);
	held = socket_32();
	refused = socket_32();
	if (connect_32(refused, REFUSED_PORT) != -ECONNREFUSED)
		die("connect");
	if (connect_32(socket_32(), port_of(make_listener(8))))
		die("connect");
	expect_leak(held, "class=unknown_origin class" SEEN "never_used created_by=null "
			  "created_by" SEEN "socket function" SEEN "main");
	expect_leak(refused,
		    "class=unknown_origin class" SEEN "connect_failed connect_tries=0 "
		    "connect_tries" SEEN "1 connect_errno=null connect_errno" SEEN "ECONNREFUSED "
		    "destination=null destination" SEEN "127.0.0.1:%d function" SEEN "main",
		    REFUSED_PORT);
	ready();
	return 0;
}
