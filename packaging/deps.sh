#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Installs what sockleak is built and tested with, if anything is missing:
# as root with apt-get or dnf; otherwise prints the one command to run, and fails.
#
#   packaging/deps.sh          what building, `make demo` and `make check` need
#   packaging/deps.sh test     what `make test` needs: beside all that, the languages whose
#                              stacks are compared with gdb's
#   packaging/deps.sh build    what building alone needs
#   packaging/deps.sh deb|rpm  what `make deb` or `make rpm` needs
#   packaging/deps.sh fuzz     what `make fuzz` needs: libFuzzer beside all that
#   packaging/deps.sh compat   what `make compat` needs: a JDK beside all that; its other
#                              programs are unpacked, not installed: tests/compat/unpack.sh
#   packaging/deps.sh vm       what `make vm` needs: qemu and cpio beside what building does
#   packaging/deps.sh bench    what `make bench` compares with, and draws with, beside all that
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

# Does clang have libFuzzer and the sanitizers? Each version has its own, in a package apart.
has_fuzzer() {
	program=$(mktemp)
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		"${CLANG:-clang}" -fsanitize=fuzzer,address,undefined -x c - -o "$program" 2>/dev/null
	found=$?
	rm -f "$program"
	return $found
}

# Debian's name for them: of the clang that is here, else of the one that will be. None where
# they come with clang itself (Debian 11, Ubuntu 22.04).
apt_fuzzer() {
	version=$("${CLANG:-clang}" -dumpversion 2>/dev/null | cut -d. -f1)
	for package in "libclang-rt-$version-dev" libclang-rt-dev; do
		if apt-cache show "$package" >/dev/null 2>&1; then
			echo "$package"
			break
		fi
	done
}

# What dpkg-buildpackage asks for by its name, and what nobody can look for otherwise.
has_build_essential() {
	! command -v dpkg-query >/dev/null 2>&1 || dpkg-query -W build-essential >/dev/null 2>&1
}

# Beside tools and headers.
has_rest() {
	case $mode in
	fuzz) has_fuzzer ;;
	deb) has_build_essential ;;
	esac
}

mode=${1:-all}
tools="make gcc clang bpftool awk"
headers="bpf/libbpf.h bpf/bpf_helpers.h elfutils/libdwfl.h libelf.h zlib.h libiberty/demangle.h|demangle.h
	uthash.h ini.h jansson.h linux/types.h stdio.h"
apt="make gcc libc6-dev linux-libc-dev clang bpftool libbpf-dev libelf-dev zlib1g-dev libdw-dev
	libiberty-dev uthash-dev libinih-dev libjansson-dev mawk"
dnf="make gcc glibc-devel kernel-headers clang bpftool libbpf-devel elfutils-libelf-devel
	zlib-devel elfutils-devel binutils-devel uthash-devel inih-devel jansson-devel gawk"
case $mode in
build) ;;
deb)
	tools="$tools dh dpkg-buildpackage"
	apt="$apt build-essential debhelper dpkg-dev"
	;;
vm)
	tools="$tools qemu-system-x86_64 cpio python3"
	apt="$apt qemu-system-x86 cpio python3"
	;;
rpm)
	tools="$tools rpmbuild"
	apt="$apt rpm"
	dnf="$dnf rpm-build systemd-rpm-macros"
	;;
*)
	tools="$tools g++ python3 unshare setpriv gdb strip readelf rpmbuild debuginfod-find"
	headers="$headers cmocka.h"
	apt="$apt g++ libcmocka-dev python3-minimal python3 util-linux gdb binutils rpm debuginfod"
	dnf="$dnf gcc-c++ libcmocka-devel python3 util-linux libasan libubsan gdb binutils rpm-build
		elfutils-debuginfod-client glibc-static libstdc++-static compiler-rt"
	;;
esac
# What packages and their manuals and completion are tested with.
if [ "$mode" = test ]; then
	tools="$tools mandoc systemd-analyze setfacl zsh fish stress-ng"
	command -v apt-get >/dev/null 2>&1 && tools="$tools dh"
	apt="$apt mandoc systemd libseccomp2 acl python3-yaml zsh fish debhelper fakeroot dpkg-dev
		stress-ng"
	dnf="$dnf mandoc systemd libseccomp acl python3-pyyaml zsh fish systemd-rpm-macros stress-ng"
fi
# What dnf calls them has not been tried: there a language that is missing is a test skipped.
if [ "$mode" = test ] && command -v apt-get >/dev/null 2>&1; then
	tools="$tools rustc go ruby perl node java javac"
	apt="$apt rustc golang-go ruby perl nodejs default-jdk-headless"
fi
if [ "$mode" = compat ]; then
	tools="$tools nsenter mount java javac"
	apt="$apt mount default-jdk-headless"
	dnf="$dnf java-latest-openjdk-devel"
fi
if [ "$mode" = bench ]; then
	tools="$tools bpftrace perf strace gnuplot"
	apt="$apt bpftrace linux-perf strace gnuplot-nox"
	dnf="$dnf bpftrace perf strace gnuplot-minimal"
fi

if ! missing "$tools" "$headers" && has_rest; then
	exit 0
fi

if command -v apt-get >/dev/null 2>&1; then
	update="apt-get update" install="apt-get install -y --no-install-recommends $apt"
elif command -v dnf >/dev/null 2>&1; then
	update=true install="dnf install -y $dnf"
else
	echo "sockleak: packages are missing, and neither apt-get nor dnf is here to install them." >&2
	echo "Debian's names for them: $apt" | tr -s '\t\n ' ' ' >&2
	exit 1
fi

# The command, on one line; what apt has is known after its update.
whole() {
	case "$mode $install" in
	build* | deb* | rpm* | vm* | compat* | *dnf*) echo $install ;;
	*) echo $install $(apt_fuzzer) ;;
	esac
}

if [ "$(id -u)" != 0 ]; then
	echo "sockleak: packages are missing. Run: sudo sh -c '$update && $(whole)'" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$update >/dev/null
echo "  DEPS     $(whole)"
$(whole) >/dev/null
if [ "$mode" = fuzz ] && ! has_fuzzer; then
	echo "sockleak: ${CLANG:-clang} has no libFuzzer: its compiler-rt is missing." >&2
	exit 1
fi
