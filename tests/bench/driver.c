/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `make bench` times: system calls, in short batches on command.
 *
 *   driver        prints "ready", then answers each line of stdin with one of stdout
 *   driver count  likewise, for a machine whose clock counts instructions: see below
 *
 *   OPERATION THREADS DEPTH_KIB MILLISECONDS  ->  TYPICAL_NS MEAN_NS COUNT
 *
 * One process lives through a whole run of the benchmark, so that all configurations are
 * timed in the same memory. A batch is chunks of a quarter of a millisecond: TYPICAL_NS
 * is the median chunk's time for one operation, which a preemption here and there does
 * not move; MEAN_NS is all of the batch, whatever came between. Of two threads it is the
 * mean of both, each on a processor of its own, begun together.
 *
 * `driver count` looks at the processor's time stamp counter before and behind each operation:
 * TYPICAL_NS is the median operation's, MEAN_NS that of all, in its ticks. Under a qemu that counts
 * instructions a tick is one of them. There the chunks would not do: a socket's memory comes by
 * one of three ways of the allocator, and which of them a chunk has most of is chance.
 *
 * Nothing leaves the host: TCP is to a listener of the thread itself on the loopback, and
 * is reset (SO_LINGER 0), so that no port stays in TIME_WAIT. An error ends the driver,
 * with the operation's name: a time of calls that fail would be of something else.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

#define CHUNK_NS 250000
#define MAX_CHUNKS 65536
#define MAX_THREADS 2
#define WARM_UP 64 /* more than it takes sockleak to trust a site (--sample-after) */

/* One thread of a batch. */
struct worker {
	const struct operation *operation;
	pthread_t thread;
	pthread_barrier_t *begin;
	int depth_kib;
	long long duration_ns;
	/* What the operations work on. */
	int tcp_listener, unix_listener;
	struct sockaddr_in tcp;
	struct sockaddr_un path;
	socklen_t path_len;
	/* The answer. */
	double typical_ns, mean_ns;
	long long count;
	double *chunks;
};

struct operation {
	const char *name;
	void (*run)(struct worker *worker);
};

static bool counting; /* driver count */

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "driver: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int check(int result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* The counter of `driver count`. */
static long long now_ticks(void)
{
#ifdef __x86_64__
	return (long long)__rdtsc();
#else
	return now_ns();
#endif
}

/* ---- The operations ---- */

static void run_getppid(struct worker *worker)
{
	(void)worker;
	syscall(SYS_getppid);
}

static void run_open(struct worker *worker)
{
	(void)worker;
	close(check(openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC), "openat"));
}

static void run_dup(struct worker *worker)
{
	(void)worker;
	close(check(dup(STDERR_FILENO), "dup"));
}

static void run_socket(struct worker *worker)
{
	(void)worker;
	close(check(socket(AF_INET, SOCK_STREAM, 0), "socket"));
}

static void run_udp(struct worker *worker)
{
	int fd = check(socket(AF_INET, SOCK_DGRAM, 0), "socket");

	check(connect(fd, (struct sockaddr *)&worker->tcp, sizeof(worker->tcp)), "connect (UDP)");
	close(fd);
}

static void run_tcp(struct worker *worker)
{
	const struct linger reset = { .l_onoff = 1 };
	int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
	int peer;

	check(connect(fd, (struct sockaddr *)&worker->tcp, sizeof(worker->tcp)), "connect (TCP)");
	peer = check(accept(worker->tcp_listener, NULL, NULL), "accept (TCP)");
	check(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), "SO_LINGER");
	close(fd);
	close(peer);
}

static void run_unix(struct worker *worker)
{
	int fd = check(socket(AF_UNIX, SOCK_STREAM, 0), "socket");

	check(connect(fd, (struct sockaddr *)&worker->path, worker->path_len), "connect (unix)");
	close(check(accept(worker->unix_listener, NULL, NULL), "accept (unix)"));
	close(fd);
}

static const struct operation operations[] = {
	{ "getppid", run_getppid }, { "open", run_open }, { "dup", run_dup },
	{ "socket", run_socket },   { "udp", run_udp },	  { "tcp", run_tcp },
	{ "unix", run_unix },	    { NULL, NULL },
};

/* ---- A batch ---- */

static void listen_on(struct worker *worker)
{
	socklen_t len = sizeof(worker->tcp);

	worker->tcp = (struct sockaddr_in){ .sin_family = AF_INET };
	worker->tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	worker->tcp_listener = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
	check(bind(worker->tcp_listener, (struct sockaddr *)&worker->tcp, len), "bind (TCP)");
	check(listen(worker->tcp_listener, 16), "listen (TCP)");
	check(getsockname(worker->tcp_listener, (struct sockaddr *)&worker->tcp, &len),
	      "getsockname");

	/* An address that the kernel chooses, abstract: there is no file to remove. */
	worker->path = (struct sockaddr_un){ .sun_family = AF_UNIX };
	worker->unix_listener = check(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
	check(bind(worker->unix_listener, (struct sockaddr *)&worker->path, sizeof(sa_family_t)),
	      "bind (unix)");
	check(listen(worker->unix_listener, 16), "listen (unix)");
	worker->path_len = sizeof(worker->path);
	check(getsockname(worker->unix_listener, (struct sockaddr *)&worker->path,
			  &worker->path_len),
	      "getsockname");
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* As many operations as make a chunk, found by doubling. */
static long long chunk_size(struct worker *worker)
{
	long long count = 1, begun_ns, took_ns;

	for (int i = 0; i < WARM_UP; i++)
		worker->operation->run(worker);
	for (;; count *= 2) {
		begun_ns = now_ns();
		for (long long i = 0; i < count; i++)
			worker->operation->run(worker);
		took_ns = now_ns() - begun_ns;
		if (took_ns >= CHUNK_NS / 2)
			return count * CHUNK_NS / took_ns + 1;
	}
}

/* What the chunks took makes the answer. */
static void take_median(struct worker *worker, long chunks)
{
	qsort(worker->chunks, (size_t)chunks, sizeof(*worker->chunks), by_value);
	worker->typical_ns = worker->chunks[chunks / 2];
}

static void count_batch(struct worker *worker)
{
	void (*run)(struct worker *) = worker->operation->run;
	long long begun_ns, begun_ticks, took_ticks, sum_ticks = 0;
	long chunks = 0;

	for (int i = 0; i < WARM_UP; i++)
		run(worker);
	begun_ns = now_ns();
	do {
		begun_ticks = now_ticks();
		run(worker);
		took_ticks = now_ticks() - begun_ticks;
		sum_ticks += took_ticks;
		worker->chunks[chunks++] = (double)took_ticks;
	} while (now_ns() - begun_ns < worker->duration_ns && chunks < MAX_CHUNKS);
	worker->count = chunks;
	worker->mean_ns = (double)sum_ticks / (double)chunks;
	take_median(worker, chunks);
}

static void time_batch(struct worker *worker)
{
	void (*run)(struct worker *) = worker->operation->run;
	long long size = chunk_size(worker);
	long long begun_ns = now_ns(), last_ns = begun_ns, then_ns;
	long chunks = 0;

	do {
		for (long long i = 0; i < size; i++)
			run(worker);
		then_ns = now_ns();
		worker->chunks[chunks++] = (double)(then_ns - last_ns) / (double)size;
		last_ns = then_ns;
	} while (then_ns - begun_ns < worker->duration_ns && chunks < MAX_CHUNKS);
	worker->count = chunks * size;
	worker->mean_ns = (double)(then_ns - begun_ns) / (double)worker->count;
	take_median(worker, chunks);
}

static __attribute__((noipa)) void run_batch(struct worker *worker)
{
	if (counting)
		count_batch(worker);
	else
		time_batch(worker);
}

/* Frames of 1 KiB that are written to: a stack as deep as that, for whoever walks it. */
static __attribute__((noipa)) void descend(struct worker *worker, int depth_kib)
{
	volatile char frame[1024 - 64];

	frame[0] = frame[sizeof(frame) - 1] = 1;
	if (depth_kib > 0)
		descend(worker, depth_kib - 1);
	else
		run_batch(worker);
	frame[0] = 0;
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	pthread_barrier_wait(worker->begin);
	if (worker->depth_kib)
		descend(worker, worker->depth_kib);
	else
		run_batch(worker);
	return NULL;
}

/* The last processors first: interrupts like to go to the first one. */
static void pin(pthread_attr_t *attributes, int number)
{
	cpu_set_t allowed, one;
	int skip;

	CPU_ZERO(&one);
	check(sched_getaffinity(0, sizeof(allowed), &allowed), "sched_getaffinity");
	skip = number % CPU_COUNT(&allowed);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET(cpu, &allowed) && !skip--)
			CPU_SET(cpu, &one);
	pthread_attr_setaffinity_np(attributes, sizeof(one), &one);
}

static void answer(struct worker *workers, const struct operation *operation, int threads,
		   int depth_kib, int milliseconds)
{
	double typical_ns = 0, mean_ns = 0;
	pthread_barrier_t begin;
	long long count = 0;

	pthread_barrier_init(&begin, NULL, (unsigned int)threads);
	for (int i = 0; i < threads; i++) {
		pthread_attr_t attributes;

		workers[i].operation = operation;
		workers[i].begin = &begin;
		workers[i].depth_kib = depth_kib;
		workers[i].duration_ns = milliseconds * 1000000LL;
		pthread_attr_init(&attributes);
		pin(&attributes, i);
		errno = pthread_create(&workers[i].thread, &attributes, work, &workers[i]);
		if (errno)
			die("pthread_create");
		pthread_attr_destroy(&attributes);
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		typical_ns += workers[i].typical_ns / threads;
		mean_ns += workers[i].mean_ns / threads;
		count += workers[i].count;
	}
	pthread_barrier_destroy(&begin);
	printf("%.2f %.2f %lld\n", typical_ns, mean_ns, count);
}

int main(int argc, char **argv)
{
	struct worker workers[MAX_THREADS] = { 0 };
	int threads, depth_kib, milliseconds;
	char line[128], name[32];

	counting = argc > 1 && !strcmp(argv[1], "count");
	for (int i = 0; i < MAX_THREADS; i++) {
		listen_on(&workers[i]);
		workers[i].chunks = calloc(MAX_CHUNKS, sizeof(*workers[i].chunks));
		if (!workers[i].chunks)
			die("calloc");
	}
	setlinebuf(stdout);
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		const struct operation *operation = operations;

		if (sscanf(line, "%31s %d %d %d", name, &threads, &depth_kib, &milliseconds) != 4)
			name[0] = '\0';
		while (operation->name && strcmp(operation->name, name))
			operation++;
		if (!operation->name || threads < 1 || threads > MAX_THREADS || depth_kib < 0) {
			errno = EINVAL;
			die(line);
		}
		answer(workers, operation, threads, depth_kib, milliseconds);
	}
	return 0;
}
