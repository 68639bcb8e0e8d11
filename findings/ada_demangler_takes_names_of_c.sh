#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: a demangler of libiberty leaves a symbol alone that its language has not made, as those
#          for C++, Rust and D do, so that a tool may ask each of them in turn.
# So:      the one for Ada (GNAT) takes any name in small letters: uv__socket, a function of
#          libuv's in C, becomes uv.socket, a name that nobody wrote. A name that it does not take
#          comes back in angle brackets. Whether a file has code of Ada must be known first, for
#          example by the names of GNAT's runtime in its string tables.
#
# Needs apt and the network; unpacks Debian 12's binutils 2.40 into a temporary folder.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
machine=$(uname -m | tr _ -)
apt-get download "binutils-$machine-linux-gnu=2.40-2" libbinutils=2.40-2 >/dev/null 2>&1 ||
	{ echo "binutils 2.40-2 cannot be had from apt here"; exit 1; }
for deb in ./*.deb; do dpkg-deb -x "$deb" root; done
filter=$(echo root/usr/bin/*-c++filt)
LD_LIBRARY_PATH=$(echo "$dir"/root/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH
"$filter" --version | head -n 1

failed=0
# check STYLE SYMBOL EXPECTED
check() {
	seen=$("$filter" -s "$1" "$2")
	echo "$1: $2 -> $seen"
	[ "$seen" = "$3" ] || { echo "expected $3"; failed=1; }
}
check gnat net_pool__open_it net_pool.open_it # a procedure of Ada's
check gnat uv__socket uv.socket               # C's
check gnat SSL_new '<SSL_new>'                # C's, with a capital letter
check gnu-v3 uv__socket uv__socket
check rust uv__socket uv__socket
check dlang uv__socket uv__socket
[ "$failed" = 0 ] || echo "This has changed."
exit "$failed"
