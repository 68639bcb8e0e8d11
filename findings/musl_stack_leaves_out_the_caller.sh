#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: musl's libc.so carries .eh_frame for its functions, as glibc's does, for that is what
#          unwinders need; and where a function has none, libdw's unwinder stops there and says
#          so, and the stack is visibly cut.
# So:      Debian's musl has four FDEs for over a thousand functions, which are those of its
#          start-up files. A process that waits in a call of that libc is unwound by frame
#          pointer instead, and since the libc function keeps none, the function that CALLED it
#          is left out: of wait_here <- middle <- main only middle and main are seen, and nothing
#          says that a frame is missing. The same program on glibc shows all three.
#
# Needs apt, gcc and the network; unpacks Debian 12's packages into a temporary folder.
set -eu
dir=$(mktemp -d)
pid=
clean() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
chmod 755 .
apt-get download musl=1.2.3-1 musl-dev=1.2.3-1 elfutils=0.188-2.1 >/dev/null 2>&1 ||
	{ echo "musl 1.2.3-1 and elfutils 0.188-2.1 cannot be had from apt here"; exit 1; }
for deb in ./*.deb; do dpkg-deb -x "$deb" root; done
name=$(gcc -dumpmachine | sed 's/-.*//')
libc=$dir/root/lib/$name-linux-musl/libc.so
files=$dir/root/usr/lib/$name-linux-musl

cat >program.c <<'C'
#include <stdio.h>
#include <unistd.h>
__attribute__((noinline)) int wait_here(void) { puts("ready"); fflush(stdout); pause(); return 1; }
__attribute__((noinline)) int middle(void) { return wait_here() + 1; }
int main(void) { return middle() + 1; }
C
flags="-O1 -g -fno-omit-frame-pointer"
# shellcheck disable=SC2086
gcc $flags -nostdinc -isystem "$dir/root/usr/include/$name-linux-musl" program.c \
	-nostdlib -nostartfiles "$files/Scrt1.o" "$files/crti.o" "$libc" "$files/crtn.o" \
	-Wl,--dynamic-linker="$libc" -o with_musl
# shellcheck disable=SC2086
gcc $flags program.c -o with_glibc

fdes() { readelf --debug-dump=frames "$1" 2>/dev/null | grep -c ' FDE ' || true; }
functions() { readelf -W --dyn-syms "$1" | grep -c ' FUNC ' || true; }

# stack PROGRAM: which of the three functions its stack shows, innermost first.
stack() {
	: >out
	"./$1" >out &
	pid=$!
	tries=0
	until grep -q ready out; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || { echo "$1 did not start"; exit 1; }
		sleep 0.1
	done
	sleep 1 # from the line that it prints to the call that it waits in
	root/usr/bin/eu-stack -p "$pid" >stack 2>errors || true
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	pid=
	grep -oE '\b(wait_here|middle|main)\b' stack | tr '\n' ' ' | sed 's/ $//'
}

root/usr/bin/eu-stack --version | head -n 1
count=$(fdes "$libc")
echo "musl 1.2.3: $count FDEs for $(functions "$libc") functions"
musl=$(stack with_musl)
echo "on musl:  $musl"
sed 's/^/    /' stack
glibc=$(stack with_glibc)
echo "on glibc: $glibc"
if [ "$count" -lt 20 ] && [ "$musl" = "middle main" ] && [ "$glibc" = "wait_here middle main" ]; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
