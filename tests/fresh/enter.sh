#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs a command inside a root directory, as a machine that boots from it would have it: /proc,
# /sys with the host's cgroups, /dev, and / as a mount of its own.
#
#   tests/fresh/enter.sh ROOT ARCHIVES COMMAND [ARGUMENT]...
#
# ARCHIVES is where its apt keeps the packages that it downloads. All mounts are made in a mount
# namespace that ends with its last process, so none is ever left behind. Processes that the
# command leaves are ended: those whose root directory is ROOT. Pids are the host's, since
# sockleak has to be in the host's pid namespace. ROOT becomes the root of that mount namespace,
# not only of its processes: nsenter(1), which some tests use, leads to the namespace's.
set -eu
root=$(cd "$1" && pwd -P) archives=$(cd "$2" && pwd -P)
shift 2

# Again until there is none: one that is ended may just have started another.
end_processes() {
	tries=0
	while [ $((tries += 1)) -le 50 ]; do
		# shellcheck disable=SC2046
		set -- $(find -L /proc/[0-9]*/root -maxdepth 0 -samefile "$root" 2>/dev/null |
			sed 's|/proc/\(.*\)/root|\1|')
		[ $# -gt 0 ] || return 0
		kill -KILL "$@" 2>/dev/null || true
		sleep 0.1
	done
	echo "sockleak: processes in $root do not end." >&2
}
trap end_processes EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck disable=SC2016
inside='
set -e
root=$1 archives=$2
shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/var/cache/apt/archives"
mount --bind "$archives" "$root/var/cache/apt/archives"
if ! grep -q " - cgroup2 " /proc/self/mountinfo; then
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
fi
mkdir -p "$root/.host"
cd "$root"
pivot_root . .host
umount --lazy .host
rmdir .host
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
	LC_ALL=C.UTF-8 TERM="${TERM:-dumb}" chroot . "$@"
'
# In the background, so that a signal is seen at once; there the shell would close stdin.
exec 3<&0
unshare --mount --propagation private sh -c "$inside" sh "$root" "$archives" "$@" <&3 &
wait $!
