#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Packs what a virtual machine runs: the guest, as /init, sockleak, bpftool and the test
# programs, with the shared libraries that they have here, and a file of users that knows root.
# Nothing else: no shell, no packages.
#
#   tests/vm/initramfs.sh ARCHIVE GUEST SOCKLEAK BPFTOOL PROGRAM...
set -eu
archive=$1 guest=$2 sockleak=$3 bpftool=$4
shift 4
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 0755 "$root" # it becomes the guest's /, and other users look up paths there

mkdir -p "$root/bin" "$root/programs" "$root/etc"
echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
cp "$guest" "$root/init"
cp "$sockleak" "$root/bin/sockleak"
cp -L "$bpftool" "$root/bin/bpftool"
cp "$@" "$root/programs"
# Names of functions are checked, lines are not: less for the resolver to read, whose time for one
# user is short on an emulated processor.
strip --strip-debug "$root/bin/sockleak" "$root"/programs/*

# libraries FILE...: the paths that the dynamic loader finds, and its own.
libraries() {
	for file; do
		ldd "$file" 2>/dev/null || true # of a static one it says just that
	done | grep -oE '/[^ ]+' | grep -v ':$' | sort -u
}

for library in $(libraries "$sockleak" "$bpftool" "$@"); do
	mkdir -p "$root${library%/*}"
	cp -L "$library" "$root$library"
done
(cd "$root" && find . | cpio --quiet --create --format=newc --owner=+0:+0) | gzip -1 >"$archive.tmp"
mv "$archive.tmp" "$archive"
