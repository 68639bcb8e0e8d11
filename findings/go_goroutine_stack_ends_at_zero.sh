#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: the outermost frame of a goroutine says in its call frame information that it has no
#          caller (DW_CFA_undefined for the return address), as _start of glibc does, so that an
#          unwinder can tell a whole stack from one that it has lost.
# So:      with Go 1.19, goexit has the ordinary rule, a return address in the word below the CFA,
#          and the word on the stack is 0. No rule in the whole program makes it undefined. gdb
#          shows one frame more, at address 0, which looks like a stack that was lost. A tool has
#          to take the return address 0 for the end of the stack.
#
# Needs apt, gcc, gdb, x86-64 and the network; unpacks Debian 12's Go 1.19.8 and binutils 2.40 into
# a temporary folder.
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
apt-get download golang-1.19-go=1.19.8-2 binutils-x86-64-linux-gnu=2.40-2 libbinutils=2.40-2 \
	>/dev/null 2>&1 ||
	{ echo "golang-1.19-go 1.19.8-2 and binutils 2.40-2 cannot be had from apt here"; exit 1; }
for deb in ./*.deb; do dpkg-deb -x "$deb" root; done
go=root/usr/lib/go-1.19/pkg
libs=$(echo root/usr/lib/*-linux-gnu*)

cat >program.go <<'G'
package main

import "syscall"

func wait(fds []int, done chan bool) {
	var one [1]byte
	println("ready")
	syscall.Read(fds[0], one[:])
	done <- true
}

func main() {
	fds := make([]int, 2)
	done := make(chan bool)
	if syscall.Pipe(fds) == nil {
		go wait(fds, done)
		<-done
	}
}
G
"$go"/tool/linux_amd64/compile -p main -I "$go/linux_amd64" -o program.o program.go
"$go"/tool/linux_amd64/link -L "$go/linux_amd64" -o with_go program.o
echo 'int main(void) { return 0; }' >program.c
gcc -no-pie program.c -o with_glibc

readelf() { LD_LIBRARY_PATH="$libs" root/usr/bin/x86_64-linux-gnu-readelf "$@" 2>/dev/null; }

# entry PROGRAM FUNCTION: the rules of a function, from its FDE and from the CIE that this names.
entry() {
	start=$(readelf -Ws "$1" | awk -v name="$2" '$8 == name { print $2; exit }')
	readelf --debug-dump=frames "$1" >frames
	cie=$(sed -n "s/.* FDE cie=\([0-9a-f]*\) pc=$start.*/\1/p" frames)
	echo "$2:"
	awk -v cie="$cie" -v start="pc=$start" '
		/ CIE$/ { ours = $1 == cie }
		/ FDE / { ours = index($0, start) > 0 }
		ours && / (CIE|FDE|DW_CFA_)/ && !/DW_CFA_nop/ { print "    " $0 }' frames
}
undefined() { grep -c DW_CFA_undefined || true; }

"$go"/tool/linux_amd64/compile -V
readelf --version | head -n 1
gdb --version | head -n 1
entry with_go runtime.goexit.abi0
entry with_glibc _start
in_go=$(readelf --debug-dump=frames with_go | undefined)
in_goexit=$(entry with_go runtime.goexit.abi0 | grep -c 'DW_CFA_offset.* (rip) at cfa-8' || true)
in_start=$(entry with_glibc _start | undefined)
echo "rules of an undefined return address: Go's whole program $in_go, _start of glibc $in_start"

: >out
./with_go 2>out &
pid=$!
tries=0
until grep -q ready out; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || { echo "the program did not start"; exit 1; }
	sleep 0.1
done
sleep 1 # from the line that it prints to the call that it waits in
gdb -q -batch -nx -iex 'set auto-load off' -iex 'set debuginfod enabled off' -p "$pid" \
	-ex 'set print frame-arguments none' -ex 'thread apply all -q backtrace' >stacks 2>&1 || true
# The stack of the thread that runs wait(), without the rest of what gdb says.
awk '!/^#/ { next } /^#0 / { if (ours) exit; stack = "" } { stack = stack $0 "\n" }
	/ main\.wait / { ours = 1 } END { if (ours) printf "%s", stack }' stacks >stack
echo "the stack in gdb:"
sed 's/^/    /; s/ at .*//; s/ (.*=.*)/ (...)/' stack
outermost=$(tail -n 2 stack | sed 's/^#[0-9]* *//; s/ at .*//')
expected='0xADDRESS in runtime.goexit ()
0x0000000000000000 in ?? ()'
seen=$(echo "$outermost" | sed '1s/^0x[0-9a-f]*/0xADDRESS/')
if [ "$in_goexit" = 1 ] && [ "$in_go" = 0 ] && [ "$in_start" = 1 ] && [ "$seen" = "$expected" ]; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
