#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: when the kernel has no memory for a moment and refuses to create one map (ENOMEM), libbpf
#          gives up the load with that error; and a load that succeeds has mapped the globals.
# So:      none of libbpf's creations of a map ends so. Before it creates the program's maps it
#          creates some of its own, to learn what the kernel can do, and takes any error for a no,
#          for the rest of the process:
#          - whether arrays can be mapped: the load succeeds and the skeleton's `bss` is NULL;
#          - whether there are maps for globals: the load fails, but with EINVAL;
#          - the program's own map: libbpf creates it again without types, and all is well.
#          In the first two the next load in the process ends the same, with memory at hand again.
#          A tool has to look at `bss` before it uses it, though the load had no error.
#
# Needs root, clang, bpftool, gcc, apt and the network; unpacks Debian 12's libbpf 1.1.2 into a
# temporary folder. Loads a program that is attached to nothing.
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

cat >data.bpf.c <<'C'
int counter;

__attribute__((section("socket"), used)) int count(void *ctx)
{
	(void)ctx;
	counter++;
	return 0;
}

char terms[] __attribute__((section("license"), used)) = "GPL";
C
cat >ask.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "data.skel.h"

/* Which creation of a map fails, the first is 1; and how many there were. */
static int failing, created;

/* Stands before libc's syscall(), by which libbpf calls bpf(). */
long syscall(long number, ...)
{
	static long (*libc_syscall)(long number, ...);
	const union bpf_attr *attr;
	long words[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		words[i] = va_arg(list, long);
	va_end(list);
	attr = (const union bpf_attr *)words[1];
	if (number == SYS_bpf && words[0] == BPF_MAP_CREATE && ++created == failing) {
		printf("[ENOMEM for %s] ", attr->map_name);
		errno = ENOMEM;
		return -1;
	}
	if (!libc_syscall)
		libc_syscall = (long (*)(long number, ...))dlsym(RTLD_NEXT, "syscall");
	return libc_syscall(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

/* Load the program once and say how it went. */
static void load(void)
{
	struct data_bpf *skeleton = data_bpf__open();
	int err = skeleton ? data_bpf__load(skeleton) : -errno;

	if (err)
		printf("%s", strerrorname_np(-err));
	else
		printf("loaded, bss %s", skeleton->bss ? "mapped" : "NULL");
	data_bpf__destroy(skeleton);
}

int main(int argc, char **argv)
{
	failing = argc > 1 ? atoi(argv[1]) : 0;
	libbpf_set_print(NULL);
	load();
	printf("; again: ");
	load();
	putchar('\n');
	return 0;
}
C
clang -O2 -g -target bpf -c data.bpf.c -o data.bpf.o
bpftool gen skeleton data.bpf.o name data_bpf >data.skel.h
gcc -O1 -Iroot/usr/include ask.c -o ask "$libs/libbpf.so"
echo "libbpf $version, Linux $(uname -r), $(clang --version | head -n 1)"
for failing in 0 1 2 3; do
	LD_LIBRARY_PATH=$libs ./ask "$failing"
done | tee seen
cat >expected <<'T'
loaded, bss mapped; again: loaded, bss mapped
[ENOMEM for libbpf_mmap] loaded, bss NULL; again: loaded, bss NULL
[ENOMEM for libbpf_global] EINVAL; again: EINVAL
[ENOMEM for data_bpf.bss] loaded, bss mapped; again: loaded, bss mapped
T
if cmp expected seen; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
