/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaks in a signal handler on its own stack: what was interrupted is not in the snapshot. */
#include <signal.h>

#include "truth.h"

static NOINLINE void open_in_handler(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
	KEEP_FRAME();
}

static void on_signal(int number)
{
	(void)number;
	open_in_handler();
	KEEP_FRAME();
}

static NOINLINE void raises(void)
{
	raise(SIGUSR1);
	KEEP_FRAME();
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	truth_ready();
	raises();
	truth_leaked(1);
	return 0;
}
