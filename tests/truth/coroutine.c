/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaks in a coroutine, on a stack from malloc. */
#include <ucontext.h>

#include "truth.h"

static ucontext_t caller, coroutine;

static NOINLINE int open_in_coroutine(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	KEEP_FRAME();
	return fd;
}

static void body(void)
{
	open_in_coroutine();
	KEEP_FRAME();
	swapcontext(&coroutine, &caller);
}

int main(void)
{
	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = malloc(65536);
	coroutine.uc_stack.ss_size = 65536;
	coroutine.uc_link = &caller;
	makecontext(&coroutine, body, 0);
	truth_ready();
	swapcontext(&caller, &coroutine);
	truth_leaked(1);
	return 0;
}
