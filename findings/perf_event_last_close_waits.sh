#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: close() of the perf event of a tracepoint returns at once, as that of any descriptor
#          which nobody reads or writes, and each event costs the same.
# So:      whoever closes the LAST event on a tracepoint waits until no processor can still be
#          inside it, a grace period of RCU, 10 to 100 ms; for ten tracepoints that comes ten
#          times, one after the other. Closing one of several events on the same tracepoint does
#          not wait. Nor does the process if a map of the type PERF_EVENT_ARRAY has a reference to
#          the event: closing the event and then the map returns at once, and a worker of the
#          kernel frees both later. Until then the event is still on the tracepoint.
#
# Counts how often the thread slept (voluntary context switches), so that a busy host does not
# decide. Needs root, a C compiler, tracefs and a kernel with BPF; uses tracepoints that hardly
# ever fire and that no other tool may have events on meanwhile, and mounts tracefs for itself
# alone. Uses nothing but the kernel that runs, whose version it prints.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >ask.c <<'C'
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 20
#define MAX_TRIES 100000 /* of 1 ms, until the worker is done */

enum kind { LAST, FURTHER, EVENT_IN_MAP, MAP, BESIDE_MAP, KINDS };
static const char *const kinds[KINDS] = {
	[LAST] = "the only event of the tracepoint",
	[FURTHER] = "one of two events of the tracepoint",
	[EVENT_IN_MAP] = "the only event, which a map has too",
	[MAP] = "that map, with the last reference",
	[BESIDE_MAP] = "another event, while the first is in a map",
};
static long slept[KINDS], times[KINDS][ROUNDS];

static void check(int result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	exit(2);
}

static int open_event(int tracepoint)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = tracepoint,
		.disabled = 1,
	};
	int event = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	check(event, "perf_event_open");
	return event;
}

static int map_with(int event)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY };
	unsigned int key = 0;
	int map;

	attr.key_size = attr.value_size = sizeof(key);
	attr.max_entries = 1;
	map = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	check(map, "BPF_MAP_CREATE");
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = (unsigned long)&key;
	attr.value = (unsigned long)&event;
	check(syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)), "BPF_MAP_UPDATE_ELEM");
	return map;
}

/* Did the thread sleep in close()? */
static int close_sleeps(int fd, long *ret_microseconds)
{
	struct rusage before, after;
	struct timespec begin, end;

	getrusage(RUSAGE_THREAD, &before);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	check(close(fd), "close");
	clock_gettime(CLOCK_MONOTONIC, &end);
	getrusage(RUSAGE_THREAD, &after);
	*ret_microseconds = (end.tv_sec - begin.tv_sec) * 1000000 +
			    (end.tv_nsec - begin.tv_nsec) / 1000;
	return after.ru_nvcsw > before.ru_nvcsw;
}

static void measure(enum kind kind, int fd, int round)
{
	slept[kind] += close_sleeps(fd, &times[kind][round]);
}

/* Until a new event is the tracepoint's only one again, that is, until the map's is freed. */
static int wait_for_worker(int tracepoint)
{
	long ignored;

	for (int i = 0; i < MAX_TRIES; i++) {
		if (close_sleeps(open_event(tracepoint), &ignored))
			return 1;
		usleep(1000);
	}
	return 0;
}

static int by_size(const void *a, const void *b)
{
	return (*(long *)a > *(long *)b) - (*(long *)a < *(long *)b);
}

int main(int argc, char **argv)
{
	int tracepoint = argc == 2 ? atoi(argv[1]) : 0, freed = 0;

	for (int i = 0; i < ROUNDS; i++) {
		int first = open_event(tracepoint), second = open_event(tracepoint), map;

		measure(FURTHER, second, i);
		measure(LAST, first, i);
		first = open_event(tracepoint);
		map = map_with(first);
		measure(EVENT_IN_MAP, first, i);
		measure(BESIDE_MAP, open_event(tracepoint), i);
		measure(MAP, map, i);
		freed += wait_for_worker(tracepoint);
	}
	for (int kind = 0; kind < KINDS; kind++) {
		qsort(times[kind], ROUNDS, sizeof(long), by_size);
		printf("  close of %-43s slept in %2ld of %d, median %6ld us\n", kinds[kind],
		       slept[kind], ROUNDS, times[kind][ROUNDS / 2]);
	}
	printf("  the map's event was freed later in %d of %d\n", freed, ROUNDS);
	/* a lock that another process has may make the others sleep now and then */
	return !(slept[LAST] == ROUNDS && slept[FURTHER] <= ROUNDS / 4 &&
		 slept[EVENT_IN_MAP] <= ROUNDS / 4 && slept[BESIDE_MAP] <= ROUNDS / 4 &&
		 slept[MAP] <= ROUNDS / 4 && freed == ROUNDS);
}
C
cc -O1 ask.c -o ask
cat >inside.sh <<'T'
set -eu
mkdir tracing
mount -t tracefs none tracing
failed=0
for name in syscalls/sys_enter_acct oom/mark_victim; do
	echo "$name"
	./ask "$(cat "tracing/events/$name/id")" || failed=1
done
exit "$failed"
T
echo "Linux $(uname -r)"
if unshare --mount --propagation private sh ./inside.sh; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
