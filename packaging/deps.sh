#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Installs what sockleak is built and tested with, if anything is missing:
# as root with apt-get or dnf; otherwise prints the one command to run, and fails.
#
#   packaging/deps.sh          what building, `make demo` and `make test` need
#   packaging/deps.sh build    what building alone needs
set -eu

missing() {
	for tool in $1; do
		command -v "$tool" >/dev/null 2>&1 || [ -x "/usr/sbin/$tool" ] || return 0
	done
	for header in $2; do
		has_header "$header" || return 0
	done
	return 1
}

# has_header NAME[|NAME]...: distributions differ in where they put some.
has_header() {
	for name in $(echo "$1" | tr '|' ' '); do
		for directory in /usr/include "/usr/include/$(uname -m)-linux-gnu"; do
			[ -e "$directory/$name" ] && return 0
		done
	done
	return 1
}

tools="make gcc clang bpftool awk"
headers="bpf/libbpf.h bpf/bpf_helpers.h elfutils/libdwfl.h libelf.h zlib.h libiberty/demangle.h|demangle.h
	uthash.h linux/types.h stdio.h"
apt="make gcc libc6-dev linux-libc-dev clang bpftool libbpf-dev libelf-dev zlib1g-dev libdw-dev
	libiberty-dev uthash-dev mawk"
dnf="make gcc glibc-devel kernel-headers clang bpftool libbpf-devel elfutils-libelf-devel
	zlib-devel elfutils-devel binutils-devel uthash-devel gawk"
if [ "${1:-}" != build ]; then
	tools="$tools g++ python3 unshare setpriv gdb strip readelf rpmbuild debuginfod-find"
	headers="$headers cmocka.h"
	apt="$apt g++ libcmocka-dev python3-minimal python3 util-linux gdb binutils rpm debuginfod"
	dnf="$dnf gcc-c++ libcmocka-devel python3 util-linux libasan libubsan gdb binutils rpm-build
		elfutils-debuginfod-client
		glibc-static libstdc++-static"
fi

missing "$tools" "$headers" || exit 0

if command -v apt-get >/dev/null 2>&1; then
	update="apt-get update" install="apt-get install -y --no-install-recommends $apt"
elif command -v dnf >/dev/null 2>&1; then
	update=true install="dnf install -y $dnf"
else
	echo "sockleak: packages are missing, and neither apt-get nor dnf is here to install them." >&2
	echo "Debian's names for them: $apt" | tr -s '\t\n ' ' ' >&2
	exit 1
fi
install=$(echo $install)
if [ "$(id -u)" != 0 ]; then
	echo "sockleak: packages are missing. Run: sudo sh -c '$update && $install'" >&2
	exit 1
fi
echo "  DEPS     $install"
export DEBIAN_FRONTEND=noninteractive
$update >/dev/null
$install >/dev/null
