/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has as many children as its argument says, each of which may have no descriptor at all and calls
 * socket() once, in vain; they stay until the next phase, which begins with their end. The
 * phases go on so until stdin ends.
 */
#include "program.h"

static void fail_in_child(const int failed[2])
{
	struct rlimit none = { 0, 0 };

	check(setrlimit(RLIMIT_NOFILE, &none));
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EMFILE)
		die("socket() did not fail with EMFILE");
	tell(failed);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 10, failed[2];
	pid_t *children = calloc(count, sizeof(*children));

	make_signal(failed);
	for (;;) {
		for (int i = 0; i < count; i++) {
			children[i] = start_child();
			if (!children[i])
				fail_in_child(failed);
		}
		for (int i = 0; i < count; i++)
			wait_for(failed);
		ready();
		for (int i = 0; i < count; i++) {
			kill(children[i], SIGKILL);
			waitpid(children[i], NULL, 0);
		}
	}
}
