#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: kprobe.multi links came with Linux 5.18. So Debian 12 has them: its kernel is 6.1, with
#          kprobes, ftrace and BPF events, its headers and its libbpf know the attach type.
# So:      the link needs fprobe, which is a choice of its own (CONFIG_FPROBE), and Debian 12's
#          kernels are built without it, cloud and common ones alike: all that it is made of
#          is there, and the kernel answers EOPNOTSUPP. A tool has to try; neither the version nor
#          CONFIG_KPROBES nor the headers tell.
#
# Needs apt with Debian 12's lists, and the network; unpacks both kernels' packages, some 100 MB,
# into a temporary folder. Boots nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
chmod 755 .

# option CONFIG NAME: y, m or n.
option() {
	value=$(sed -n "s/^CONFIG_$2=//p" "$1")
	echo "${value:-n}"
}

changed=
for meta in linux-image-cloud-amd64 linux-image-amd64; do
	package=$(apt-cache depends "$meta" | sed -n 's/^ *Depends: \(linux-image-6\.1\.0-.*\)$/\1/p')
	[ -n "$package" ] || { echo "apt knows no $meta of 6.1: is this Debian 12?" >&2; exit 2; }
	apt-get download -qq "$package" 2>/dev/null
	dpkg-deb --fsys-tarfile "$package"_*.deb | tar -xO --wildcards './boot/config-*' >config
	echo "$(dpkg-deb -f "$package"_*.deb Package Version | tr '\n' ' ')"
	seen=
	for name in KPROBES KPROBES_ON_FTRACE FUNCTION_TRACER BPF_EVENTS RETHOOK FPROBE; do
		value=$(option config "$name")
		echo "  $name=$value"
		seen="$seen$value"
	done
	[ "$seen" = yyyyyn ] || changed=yes
	rm -f "$package"_*.deb
done
grep -n 'BPF_TRACE_KPROBE_MULTI,' /usr/include/linux/bpf.h ||
	echo "  (no linux-libc-dev here to show that the headers know it)"
if [ -z "$changed" ]; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
