/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As many processes as the first argument says, each with as many leaked sockets as the second one
 * says, made at once. The first one is of the user of the third argument, and each next one of the
 * user that is the fourth argument higher: 0 = all are of one user. In the second phase all of them
 * exit.
 */
#include "program.h"

static void hoard(const int go[2], const int done[2], int sockets, uid_t uid)
{
	char byte;

	close(go[1]);
	check(setgid(uid));
	check(setuid(uid));
	for (int i = 0; i < sockets; i++)
		make_socket(AF_INET, SOCK_STREAM, 0);
	tell(done);
	_exit(read(go[0], &byte, 1) != 0); /* when the parent closes its end, or is gone */
}

int main(int argc, char **argv)
{
	int processes = argc > 1 ? atoi(argv[1]) : 2, sockets = argc > 2 ? atoi(argv[2]) : 100;
	uid_t uid = argc > 3 ? (uid_t)atoi(argv[3]) : 54321,
	      step = argc > 4 ? (uid_t)atoi(argv[4]) : 0;
	struct rlimit limit;
	int go[2], done[2];

	check(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &limit));
	make_signal(go);
	make_signal(done);
	for (int i = 0; i < processes; i++)
		if (!start_child())
			hoard(go, done, sockets, uid + step * (uid_t)i);
	for (int i = 0; i < processes; i++)
		wait_for(done);
	ready();
	close(go[1]);
	while (wait(NULL) > 0)
		;
	ready();
	return 0;
}
