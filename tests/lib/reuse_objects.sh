#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A compiler for a build of a copy of this source tree, such as that of a package: where the tree has
# an object that was made of the same sources with the same options, the object is taken from there.
# Anything else is compiled. Set CLANG or CC of the copy's make to this file.
#
# An object that depends on VERSION, which the copy has changed, is compiled again.
case " $* " in
*" -target bpf "*) compiler=clang options='-g -O2 -target bpf -mcpu=v3' built=.output ;;
*) compiler=cc options='-std=gnu11 -fvisibility=hidden -O2 -g' built=.output/release ;;
esac
tree=$(cd "$(dirname "$0")/../.." && pwd)

# The options that matter beside those that the Makefiles of both trees have in common, and the files.
rest= source= object=
for word in "$@"; do
	case $word in
	-D* | -I* | -W* | -MMD | -MP | -ffile-prefix-map=* | -c) ;;
	*.c) source=$word ;;
	*.o) object=$word ;;
	-o) ;;
	*) rest="$rest $word" ;;
	esac
done
if [ "$compiler" = clang ]; then
	found=$tree/$built/$(basename "$object")
else
	found=$tree/$built/${source%.c}.o
fi

# Are the sources of both the same, and the tree's objects not older? Asked once for all files.
same_sources() {
	if [ ! -e .output/same_sources ]; then
		mkdir -p .output
		for part in bpf include user mk vmlinux.h; do
			diff -rq "$part" "$tree/$part" || break
		done >.output/differ.$$ 2>&1
		find "$tree/bpf" "$tree/include" "$tree/user" "$tree/vmlinux.h" -newer "$found" \
			>>.output/differ.$$
		mv .output/differ.$$ .output/same_sources
	fi
	[ ! -s .output/same_sources ]
}

if [ "$rest" = " $options" ] && [ -e "$found" ] && ! grep -q SOCKLEAK_VERSION "$source" &&
	same_sources; then
	cp "$found" "$object"
else
	exec "$compiler" "$@"
fi
