/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it takes to unwind and name the stack of a socket() call, in time, memory
 * and descriptors. Starts 40 processes of python3 and 40 of itself (C, without
 * frame pointers); each makes a socket at the end of a few calls and waits.
 *
 *   make bench-unwind
 *
 * As the agent does it: by the resolver, a process without privileges, which is
 * started by the first question.
 *
 * Prints medians of each case:
 *   first     the first process: its files are not known yet
 *   new       a process not seen before whose files are all known
 *   again     the same stack in a process that is known
 * and the resident memory of both processes at the end. It fails when a bar is missed.
 */
#define _GNU_SOURCE 1
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#include "resolver/resolver.h"
#include "snapshot_of.h"

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

static long status_kb(pid_t pid, const char *field)
{
	char path[64], line[256];
	FILE *status;
	long kb = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, field, strlen(field)))
			kb = atol(line + strlen(field));
	if (status)
		fclose(status);
	return kb;
}

static struct stack *unwind(struct resolver *resolver, pid_t pid, const struct snapshot *snapshot,
			    double *ret_ms)
{
	double begin = now_ms();
	struct subject subject = { pid, 0 };
	struct stack *stack = NULL;
	int err = resolver__unwind(resolver, &subject, snapshot, &stack);

	*ret_ms = now_ms() - begin;
	if (err) {
		fprintf(stderr, "cannot unwind %d: %s\n", pid, strerror(-err));
		exit(1);
	}
	return stack;
}

static bool measure(struct resolver *resolver, bool is_python)
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
		stack = unwind(resolver, pids[i], snapshot, &fresh[i]);
		frames = named = 0;
		for (j = 0; j < stack->count; j++) {
			frames += !stack->frames[j].inlined;
			named += stack->frames[j].function && !stack->frames[j].inlined;
		}
		stack_unref(stack);
		for (j = 0; j < REPEATS; j++)
			stack_unref(unwind(resolver, pids[i], snapshot, &again[n++]));
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
	struct resolver *resolver;
	struct opener *opener;
	pid_t child;
	long rss_kb;
	bool good;

	if (argc > 1 && !strcmp(argv[1], "leak")) {
		work(5);
		pause();
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], RESOLVER_ARGUMENT))
		return resolver_main();
	if (argc > 1 && !strcmp(argv[1], OPENER_ARGUMENT))
		return opener_main();
	opener = opener__new();
	resolver = opener ? resolver__new(opener, NULL, NULL) : NULL;
	if (!resolver)
		return 1;
	good = measure(resolver, true);
	good &= measure(resolver, false);
	child = resolver__pid(resolver);
	rss_kb = status_kb(getpid(), "VmRSS:") + status_kb(child, "VmRSS:") +
		 status_kb(opener__pid(opener), "VmRSS:");
	printf("memory   %ld KiB resident, %ld KiB of it the resolver's (%ld KiB not of files)\n",
	       rss_kb, status_kb(child, "VmRSS:"), status_kb(child, "RssAnon:"));
	good &= child && rss_kb < BAR_RSS_KB;
	resolver__free(resolver);
	opener__free(opener);
	puts(good ? "within the bars" : "NOT within the bars");
	return !good;
}
