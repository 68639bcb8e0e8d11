#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: a program of a BPF iterator that returns 1 ends the walk, as the callbacks of bpf_loop()
#          and bpf_for_each_map_elem() do, or else skips the object.
# So:      it asks for the same object again. What this run wrote with bpf_seq_write() is dropped,
#          what it wrote to maps stays and is counted twice. read() gives EAGAIN only if no object
#          before was written; otherwise it gives those, and nothing tells that one was put off. The
#          next read() shows the object again, so that a program that goes on to return 1 for it
#          never comes to the next. To skip an object or to end, return 0 and write nothing.
#
# Needs root, Linux 5.8, clang, bpftool, gcc, apt and the network; unpacks Debian 12's libbpf 1.1.2
# into a temporary folder. Walks over the host's tasks.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
version=1:1.1.2-0+deb12u1
apt-get download "libbpf1=$version" "libbpf-dev=$version" >/dev/null 2>&1 ||
	{ echo "libbpf $version cannot be had from apt here"; exit 1; }
for deb in ./*.deb; do dpkg-deb -x "$deb" root; done
libs=$(echo root/usr/lib/*-linux-gnu*)

cat >walk.bpf.c <<'C'
#define OF_KERNEL __attribute__((preserve_access_index))

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	unsigned long long session_id;
	unsigned long long seq_num;
} OF_KERNEL;
struct task_struct {
	int pid;
} OF_KERNEL;
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} OF_KERNEL;

static long (*const bpf_seq_write)(struct seq_file *, const void *, unsigned int) = (void *)127;

/* For which object the program returns 1, and how many times. */
const volatile int object, times;
int runs, answers, answered_for;

__attribute__((section("iter/task"), used)) int walk(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	int record[2];

	/* Five of them are enough, and fit into one read on any host. */
	if (!task || ctx->meta->seq_num >= 5)
		return 0;
	record[0] = task->pid;
	record[1] = ctx->meta->seq_num;
	bpf_seq_write(ctx->meta->seq, record, sizeof(record));
	runs++;
	if (record[1] != object || answers >= times)
		return 0;
	answers++;
	answered_for = record[0];
	return 1;
}

char terms[] __attribute__((section("license"), used)) = "GPL";
C
cat >ask.c <<'C'
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "walk.skel.h"

/* What the program writes for a task. */
struct record {
	int pid, number;
};

static struct record records[1024];

/* Say which objects a read gave. */
static void describe(size_t n, int answered_for)
{
	size_t with_object = 0;

	for (size_t i = 0; i < n; i++)
		with_object += records[i].pid == answered_for;
	printf("from %d, %s it; ", records[0].number,
	       with_object ? "with" : "without");
}

int main(int argc, char **argv)
{
	struct walk_bpf *walk = walk_bpf__open();
	struct bpf_link *link;
	size_t n = 0;
	ssize_t len;
	int fd;

	if (!walk || argc < 3)
		return 2;
	walk->rodata->object = atoi(argv[1]);
	walk->rodata->times = atoi(argv[2]);
	if (walk_bpf__load(walk) != 0 || !walk->bss)
		return 2;
	link = bpf_program__attach_iter(walk->progs.walk, NULL);
	fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	if (fd < 0)
		return 2;
	printf("1 for %s, %s: ", argv[1],
	       atoi(argv[2]) == 1 ? "once" : "three times");
	for (int i = 0; i < 100 && (len = read(fd, records, sizeof(records))) != 0; i++) {
		if (len < 0) {
			printf("%s; ", strerrorname_np(errno));
			continue;
		}
		describe(len / sizeof(*records), walk->bss->answered_for);
		n += len / sizeof(*records);
	}
	printf("end; %d more runs\n", walk->bss->runs - (int)n);
	return 0;
}
C
clang -O2 -g -target bpf -c walk.bpf.c -o walk.bpf.o
bpftool gen skeleton walk.bpf.o name walk_bpf >walk.skel.h
gcc -O1 -Iroot/usr/include ask.c -o ask "$libs/libbpf.so"
echo "Linux $(uname -r), libbpf $version, $(clang --version | head -n 1)"
for asked in "0 1" "0 3" "2 1" "2 3"; do
	# shellcheck disable=SC2086
	LD_LIBRARY_PATH=$libs ./ask $asked
done | tee seen
cat >expected <<'T'
1 for 0, once: EAGAIN; from 0, with it; end; 1 more runs
1 for 0, three times: EAGAIN; EAGAIN; EAGAIN; from 0, with it; end; 3 more runs
1 for 2, once: from 0, without it; from 2, with it; end; 1 more runs
1 for 2, three times: from 0, without it; EAGAIN; EAGAIN; from 2, with it; end; 3 more runs
T
if cmp expected seen; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
