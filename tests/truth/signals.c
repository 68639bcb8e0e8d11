/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaks in signal handlers: one raised, one for a fault in the middle of a function. */
#include <setjmp.h>
#include <signal.h>

#include "truth.h"

static sigjmp_buf back;

static NOINLINE void open_in_handler(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
	KEEP_FRAME();
}

static void on_signal(int number)
{
	open_in_handler();
	KEEP_FRAME();
	if (number == SIGSEGV)
		siglongjmp(back, 1);
}

static NOINLINE void raises(void)
{
	raise(SIGUSR1);
	KEEP_FRAME();
}

/* The fault is its very first instruction: an address that no call returns to. */
static NOINLINE void faults(volatile int *where)
{
	*where = 1;
	KEEP_FRAME();
}

static NOINLINE void calls_fault(void)
{
	volatile int *nowhere = NULL;

	__asm__("" : "+r"(nowhere));
	faults(nowhere);
	KEEP_FRAME();
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	truth_ready();
	raises();
	if (!sigsetjmp(back, 1))
		calls_fault();
	truth_leaked(2);
	return 0;
}
