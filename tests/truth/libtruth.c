/* SPDX-License-Identifier: BSD-2-Clause */
/* A shared library without frame pointers whose callers leak. */
#include "libtruth.h"

#include "truth.h"

static NOINLINE int open_one(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	KEEP_FRAME();
	return fd;
}

/* It never returns, so the return address in its caller is behind the caller. */
static NOINLINE __attribute__((noreturn)) void open_and_jump(jmp_buf back)
{
	open_one(AF_INET);
	longjmp(back, 1);
}

NOINLINE int lt_connect(const char *peer, int depth)
{
	volatile char room[200];
	int fd;

	room[depth % 200] = peer[0];
	fd = depth ? lt_connect(peer, depth - 1) : open_one(AF_INET);
	KEEP_FRAME();
	return fd + (room[depth % 200] != peer[0]);
}

static int compare(const void *left, const void *right)
{
	if (*(const int *)left == 1 || *(const int *)right == 1)
		open_one(AF_UNIX);
	KEEP_FRAME();
	return *(const int *)left - *(const int *)right;
}

NOINLINE void lt_sort(void)
{
	int numbers[] = { 2, 1 };

	qsort(numbers, 2, sizeof(int), compare);
	KEEP_FRAME();
}

static NOINLINE __attribute__((noreturn)) void call_noreturn(jmp_buf back)
{
	open_and_jump(back);
}

NOINLINE void lt_noreturn(void)
{
	jmp_buf back;

	if (!setjmp(back))
		call_noreturn(back);
	KEEP_FRAME();
}

/* A frame of a size that is not known when compiling: it has a frame pointer after all. */
NOINLINE int lt_alloca(int size)
{
	volatile char *room = __builtin_alloca(size);
	int fd;

	room[0] = 1;
	fd = open_one(AF_INET6);
	KEEP_FRAME();
	return fd + (room[0] != 1);
}

static NOINLINE __attribute__((cold)) int report(int number)
{
	int fd = open_one(AF_INET);

	KEEP_FRAME();
	return fd + number;
}

/* The compiler moves the rare case away: it stands in lt_cold.cold, a symbol of its own. */
NOINLINE int lt_cold(int number)
{
	if (number > 0) {
		int fd = report(number);

		KEEP_FRAME();
		return fd;
	}
	return number;
}
