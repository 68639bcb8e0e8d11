/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it takes to unwind and name the stack of a socket() call, in time, memory
 * and descriptors. Starts 40 processes of python3 and 40 of itself (C, without
 * frame pointers); each makes a socket at the end of a few calls and waits.
 *
 *   gcc -O2 -g -fomit-frame-pointer -std=gnu11 -D_GNU_SOURCE -DHASH_NONFATAL_OOM=1 \
 *     -Iinclude -Iuser -Itests/unit tests/bench/unwind.c -o /tmp/bench-unwind \
 *     $(ls .output/release/user/[a-z]*.o | grep -v -e main.o -e watch.o -e tracer.o) \
 *     -ldw -lelf -lz -liberty
 *
 * Prints medians of each case:
 *   first     the first process: its files are not known yet
 *   new       a process not seen before whose files are all known
 *   again     the same stack in a process that is known
 * and the resident memory at the end. It fails when a bar is missed.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#include "snapshot_of.h"
#include "symbols.h"

#define PROCESSES 40
#define REPEATS 20
#define BAR_NEW_MS 10
#define BAR_AGAIN_MS 3
#define BAR_RSS_KB (60 * 1024)

static const char python[] =
	"import socket, time\n"
	"class Client:\n"
	"    def __init__(self): self.socket = self.make()\n"
	"    def make(self): return socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
	"def work(n): return work(n - 1) if n else Client()\n"
	"client = work(5)\n"
	"time.sleep(600)\n";

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

__attribute__((noipa)) static int work(int n)
{
	int result = n ? work(n - 1) : socket(AF_INET, SOCK_STREAM, 0);

	__asm__ volatile("" : "+r"(result));
	return result;
}

static pid_t start(bool is_python)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snapshot_trace_me();
	if (is_python)
		execlp("python3", "python3", "-c", python, NULL);
	else
		execl("/proc/self/exe", "bench-unwind", "leak", NULL);
	_exit(127);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static double median(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static long rss_kb(const char *field)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	long kb = 0;

	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, field, strlen(field)))
			kb = atol(line + strlen(field));
	if (status)
		fclose(status);
	return kb;
}

static unsigned int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count - 3;
}

static struct stack *unwind(struct symbols *symbols, pid_t pid, const struct snapshot *snapshot,
			    double *ret_ms)
{
	double begin = now_ms();
	struct stack *stack = NULL;
	int err = symbols__unwind(symbols, pid, snapshot, &stack);

	*ret_ms = now_ms() - begin;
	if (err) {
		fprintf(stderr, "cannot unwind %d: %s\n", pid, strerror(-err));
		exit(1);
	}
	return stack;
}

static bool measure(struct symbols *symbols, bool is_python)
{
	double fresh[PROCESSES], again[PROCESSES * REPEATS], first;
	pid_t pids[PROCESSES];
	unsigned int frames = 0, named = 0, i, j, n = 0;

	for (i = 0; i < PROCESSES; i++) {
		struct snapshot *snapshot;
		struct stack *stack;

		pids[i] = start(is_python);
		if (!snapshot_wait_socket(pids[i], AF_INET) ||
		    !(snapshot = snapshot_of(pids[i], SNAPSHOT_OF_STACK))) {
			fprintf(stderr, "process %d has made no socket\n", pids[i]);
			exit(1);
		}
		stack = unwind(symbols, pids[i], snapshot, &fresh[i]);
		frames = named = 0;
		for (j = 0; j < stack->count; j++) {
			frames += !stack->frames[j].inlined;
			named += stack->frames[j].function && !stack->frames[j].inlined;
		}
		stack_unref(stack);
		for (j = 0; j < REPEATS; j++)
			stack_unref(unwind(symbols, pids[i], snapshot, &again[n++]));
		free(snapshot);
	}
	for (i = 0; i < PROCESSES; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	first = fresh[0];
	fresh[0] = fresh[1];
	printf("%-8s %2u frames, %2u named: first %.1f ms, new %.2f ms, again %.2f ms\n",
	       is_python ? "python3" : "C", frames, named, first, median(fresh, PROCESSES),
	       median(again, n));
	return median(fresh, PROCESSES) < BAR_NEW_MS && median(again, n) < BAR_AGAIN_MS;
}

int main(int argc, char **argv)
{
	struct symbols *symbols;
	bool good;

	if (argc > 1 && !strcmp(argv[1], "leak")) {
		work(5);
		pause();
		return 0;
	}
	symbols = symbols__new();
	if (!symbols)
		return 1;
	good = measure(symbols, true);
	good &= measure(symbols, false);
	printf("memory   %ld KiB resident (%ld KiB of it not of files), %zu KiB heap, "
	       "%u descriptors\n",
	       rss_kb("VmRSS:"), rss_kb("RssAnon:"),
	       (size_t)(mallinfo2().uordblks + mallinfo2().hblkhd) / 1024, descriptors());
	good &= rss_kb("VmRSS:") < BAR_RSS_KB;
	symbols__free(symbols);
	puts(good ? "within the bars" : "NOT within the bars");
	return !good;
}
