/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preempted ROUNDS [read]: makes the system calls that sockleak watches, where its hooks are
 * preempted: on the last processor three ordinary threads make ROUNDS rounds each, and a fourth,
 * SCHED_FIFO, takes the processor from them over and over, wherever they are, for a round of its
 * own. A round is one socket(), bind(), connect(), getpeername() and close(). With `read` a further
 * ordinary thread reads a BPF map there by bpf(2), all the time, as any tool of the host may.
 *
 * Prints "ready", waits for a line, runs, prints "rounds N", of all threads, and waits for the end
 * of its stdin. It makes none of those five calls but in its rounds: after "ready" there are N of
 * each. That is why it is static, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>

#define ORDINARY 3
#define THREADS (ORDINARY + 1)
#define PRIORITY 10
#define SLEEP_NS 100000
#define VALUE_SIZE 20480 /* of the map that is read: as large as a copy of a stack */

struct worker {
	pthread_t thread;
	bool ordinary;
	long rounds; /* made; of an ordinary one at first: to be made */
};

static pthread_barrier_t begin;
static atomic_int ordinary_left = ORDINARY;

static __attribute__((noreturn)) void die(const char *what, int error)
{
	fprintf(stderr, "preempted: %s: %s\n", what, strerror(error));
	exit(1);
}

/* Nobody listens at that address, so that each call has an answer at once. */
static void one_round(void)
{
	static const struct sockaddr_un nobody = { AF_UNIX, "\0preempted" };
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	struct sockaddr_un peer;
	socklen_t len = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket", errno);
	if (bind(fd, (const struct sockaddr *)&any, sizeof(any.sun_family)))
		die("bind", errno);
	if (!connect(fd, (const struct sockaddr *)&nobody, sizeof(nobody)))
		die("connect: somebody listens", 0);
	if (!getpeername(fd, (struct sockaddr *)&peer, &len))
		die("getpeername: there is a peer", 0);
	close(fd);
}

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* Until the ordinary threads are done. */
static void *read_map(void *unused)
{
	static char value[VALUE_SIZE];
	const __u32 key = 0;
	union bpf_attr create = { .map_type = BPF_MAP_TYPE_ARRAY,
				  .key_size = sizeof(key),
				  .value_size = VALUE_SIZE,
				  .max_entries = 1 };
	union bpf_attr lookup = { .key = (__u64)(unsigned long)&key,
				  .value = (__u64)(unsigned long)value };
	long map = bpf(BPF_MAP_CREATE, &create);

	if (map < 0)
		die("BPF_MAP_CREATE", errno);
	lookup.map_fd = (__u32)map;
	while (ordinary_left)
		if (bpf(BPF_MAP_LOOKUP_ELEM, &lookup))
			die("BPF_MAP_LOOKUP_ELEM", errno);
	return unused;
}

static void become_urgent(void)
{
	const struct sched_param urgent = { .sched_priority = PRIORITY };

	errno = pthread_setschedparam(pthread_self(), SCHED_FIFO, &urgent);
	if (errno)
		die("SCHED_FIFO", errno);
}

static void *work(void *argument)
{
	const struct timespec sleep = { .tv_nsec = SLEEP_NS };
	struct worker *worker = argument;

	if (!worker->ordinary)
		become_urgent();
	pthread_barrier_wait(&begin);
	if (worker->ordinary) {
		for (long i = 0; i < worker->rounds; i++)
			one_round();
		ordinary_left--;
		return NULL;
	}
	while (ordinary_left) {
		one_round();
		worker->rounds++;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &sleep, NULL);
	}
	return NULL;
}

/* On that processor, even where others are kept off it. */
static void start(pthread_t *ret_thread, void *(*run)(void *), void *argument, long processor)
{
	pthread_attr_t attributes;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(processor, &one);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(one), &one);
	errno = pthread_create(ret_thread, &attributes, run, argument);
	if (errno)
		die("pthread_create", errno);
	pthread_attr_destroy(&attributes);
}

static void wait_line(void)
{
	char line[16];

	if (!fgets(line, sizeof(line), stdin))
		exit(0);
}

int main(int argc, char **argv)
{
	long last = sysconf(_SC_NPROCESSORS_ONLN) - 1,
	     total = 0; /* it opens a file, and closes it */
	struct worker workers[THREADS] = { 0 };
	bool reads = argc == 3 && !strcmp(argv[2], "read");
	pthread_t reader;

	if (argc != 2 && !reads) {
		fprintf(stderr, "usage: preempted ROUNDS [read]\n");
		return 2;
	}
	setlinebuf(stdout);
	puts("ready");
	wait_line();
	pthread_barrier_init(&begin, NULL, THREADS);
	if (reads)
		start(&reader, read_map, NULL, last);
	for (int i = 0; i < THREADS; i++) {
		workers[i].ordinary = i < ORDINARY;
		workers[i].rounds = workers[i].ordinary ? atol(argv[1]) : 0;
		start(&workers[i].thread, work, &workers[i], last);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		total += workers[i].rounds;
	}
	if (reads)
		pthread_join(reader, NULL);
	printf("rounds %ld\n", total);
	wait_line();
	return 0;
}
