/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaks in signal handlers that have a stack of their own, whose end is no multiple
 * of anything: of the first thread, of another one, and in a second handler on top
 * of the first.
 */
#include <pthread.h>
#include <signal.h>

#include "truth.h"

#define STACK_BYTES 65543

static NOINLINE void open_in_handler(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
	KEEP_FRAME();
}

static void on_signal(int number)
{
	if (number == SIGUSR2)
		raise(SIGUSR1);
	else
		open_in_handler();
	KEEP_FRAME();
}

static NOINLINE void raises(int number)
{
	raise(number);
	KEEP_FRAME();
}

static NOINLINE void *in_thread(void *stack)
{
	sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = STACK_BYTES }, NULL);
	raises(SIGUSR1);
	KEEP_FRAME();
	return NULL;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	char *stacks = malloc(2 * STACK_BYTES);
	pthread_t thread;

	sigaltstack(&(stack_t){ .ss_sp = stacks, .ss_size = STACK_BYTES }, NULL);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	truth_ready();
	raises(SIGUSR1);
	raises(SIGUSR2);
	pthread_create(&thread, NULL, in_thread, stacks + STACK_BYTES);
	pthread_join(thread, NULL);
	truth_leaked(3);
	return 0;
}
