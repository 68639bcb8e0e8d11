/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 32-bit program, without a C library, which this host need not have: it makes two sockets as
 * 32-bit C libraries do, through the vdso, connects one in vain, writes the two descriptors to its
 * stdout and waits. program32 runs it.
 */
#if defined(__i386__)
/* asm/unistd_32.h, and getauxval(3)'s. */
#define NR_EXIT 1
#define NR_WRITE 4
#define NR_PAUSE 29
#define NR_SOCKET 359
#define NR_CONNECT 362
#define AT_SYSINFO 32

static unsigned int vsyscall;

static int call(int number, int a, int b, int c)
{
	int result;

	__asm__ volatile("call *%5"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "m"(vsyscall)
			 : "memory");
	return result;
}

__attribute__((noipa)) static int make_socket_32(void)
{
	int fd = call(NR_SOCKET, 2, 1, 0); /* AF_INET, SOCK_STREAM */

	__asm__ volatile("" ::: "memory"); /* no tail call: the frame must stay */
	return fd;
}

/* To 127.0.0.1:1, where nobody listens. On the stack, whose page is there: hooks may not fault. */
static void connect_in_vain(int fd)
{
	volatile unsigned char address[16] = { 2, 0, 0, 1, 127, 0, 0, 1 };

	call(NR_CONNECT, fd, (int)address, sizeof(address));
}

__attribute__((used)) static void leak(const unsigned int *stack)
{
	const unsigned int *entry = stack + 1 + stack[0] + 1;
	int fds[2];

	while (*entry++) /* the environment; behind it is the auxiliary vector */
		;
	for (; entry[0]; entry += 2)
		if (entry[0] == AT_SYSINFO)
			vsyscall = entry[1];
	fds[0] = make_socket_32();
	fds[1] = make_socket_32();
	connect_in_vain(fds[1]);
	call(NR_WRITE, 1, (int)fds, sizeof(fds));
	for (;;)
		call(NR_PAUSE, 0, 0, 0);
}

__asm__(".globl _start\n"
	"_start: mov %esp, %eax\n"
	"	push %eax\n"
	"	call leak\n");
#else
int main(void)
{
	return 1;
}
#endif
