/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has room for 64 descriptors, fills it, and goes on calling socket(), which fails with EMFILE.
 *
 *   at_limit sockets|files|host TRIES [THREADS]
 *
 * host: nothing is filled. A filter of system calls answers ENFILE, as the kernel does when the
 * host has no file left, which no test can bring about without harm.
 *
 * Phase 1: filled by leaked sockets or by open files, and called in vain TRIES times, by each
 * of THREADS threads when there are some. Phase 2: called as often again. Phase 3: half of
 * the descriptors are closed, and one socket is made and closed.
 */
#include "program.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#define LIMIT 64
#define MAX_THREADS 16

static int fds[LIMIT];
static unsigned int count, tries, threads;
static int expected = EMFILE;

/* Up to the last number that there is: no call fails here. */
_opaque_ static void fill(bool sockets)
{
	int fd;

	do {
		fd = sockets ? make_socket(AF_INET, SOCK_STREAM, 0) :
			       check(open("/dev/null", O_RDONLY));
		fds[count++] = fd;
	} while (fd < LIMIT - 1);
}

/* socket() fails with ENFILE from now on. */
static void refuse_sockets(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENFILE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		skip("needs seccomp filters");
}

/* The function whose calls fail. */
_opaque_ static void ask_in_vain(unsigned int times)
{
	for (unsigned int i = 0; i < times; i++) {
		if (socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0 || errno != expected)
			die("socket() did not fail as it should");
		__asm__ volatile("" ::: "memory");
	}
}

static void *ask(void *unused)
{
	(void)unused;
	ask_in_vain(tries);
	return NULL;
}

static void ask_all(void)
{
	pthread_t thread[MAX_THREADS];

	if (!threads)
		ask_in_vain(tries);
	for (unsigned int i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, ask, NULL))
			die("pthread_create");
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
}

int main(int argc, char **argv)
{
	struct rlimit limit = { LIMIT, LIMIT };
	bool sockets = argc > 1 && !strcmp(argv[1], "sockets");

	tries = argc > 2 ? (unsigned int)atoi(argv[2]) : 10;
	threads = argc > 3 ? (unsigned int)atoi(argv[3]) : 0;
	if (syscall(SYS_close_range, 3, ~0U, 0))
		skip("needs close_range (Linux 5.9)");
	check(setrlimit(RLIMIT_NOFILE, &limit));
	if (threads > MAX_THREADS)
		die("too many threads");
	if (argc > 1 && !strcmp(argv[1], "host")) {
		expected = ENFILE;
		refuse_sockets();
	} else {
		fill(sockets);
	}
	ask_all();
	ready();
	ask_all();
	ready();
	if (!count)
		return 0;
	while (count > LIMIT / 2)
		close(fds[--count]);
	close(make_socket(AF_INET, SOCK_STREAM, 0));
	ready();
	return 0;
}
