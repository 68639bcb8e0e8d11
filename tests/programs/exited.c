/* SPDX-License-Identifier: BSD-2-Clause */
/* Short-lived processes leak a socket each and exit before the threshold. */
#include "program.h"

static void *breed(void *arg _unused_)
{
	for (;;) {
		pid_t child = fork();

		if (!child) {
			make_socket(AF_INET, SOCK_STREAM, 0);
			sleep_ms(30);
			_exit(0);
		}
		printf("pid %d\n", check(child));
		check(waitpid(child, NULL, 0));
		sleep_ms(20);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;

	check(-pthread_create(&thread, NULL, breed, NULL));
	expect_none();
	ready();
	return 0;
}
