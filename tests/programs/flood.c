/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes sockets as fast as it can, and tells how many: flood THREADS SOCKETS [KEEP].
 * Each is connected (UDP, to a closed port) or not, in turn, and closed; of the first KEEP
 * of each thread none. Then waits.
 */
#include "program.h"

#include <pthread.h>
#include <time.h>

static long sockets, keep;

static void *flood(void *unused)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	(void)unused;
	for (long i = 0; i < sockets; i++) {
		int fd = socket(AF_INET, i < keep ? SOCK_STREAM : SOCK_DGRAM, 0);

		check(fd);
		if (i < keep)
			continue;
		if (i % 2)
			check(connect(fd, (struct sockaddr *)&to, sizeof(to)));
		close(fd);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 2;
	struct timespec begun, ended;
	pthread_t ids[64];
	struct rlimit limit;

	sockets = argc > 2 ? atol(argv[2]) : 1000;
	keep = argc > 3 ? atol(argv[3]) : 0;
	check(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &limit));
	clock_gettime(CLOCK_MONOTONIC, &begun);
	for (int i = 0; i < threads; i++)
		pthread_create(&ids[i], NULL, flood, NULL);
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	printf("phase %.0f a second\n",
	       (double)(threads * sockets) / ((double)(ended.tv_sec - begun.tv_sec) +
					      (double)(ended.tv_nsec - begun.tv_nsec) / 1e9));
	expect_none();
	ready();
	return 0;
}
