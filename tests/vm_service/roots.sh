#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Makes, as root, what the virtual machine of `make vm-service` boots from: a Debian system of one
# suite on a disk image, with packages of this source tree that were built in a system of that
# suite. The network is used here, and never again when the machine runs.
#
#   tests/vm_service/roots.sh SUITE DIRECTORY PROGRAM VERSION...
#
# PROGRAM is a statically linked program that leaks, for the image. Leaves DIRECTORY/disk.ext4,
# vmlinuz and initrd. What is made is kept, each part beside a `stamp` of what it was made from,
# and is made again only when that has changed:
#
#   base      debootstrap's smallest system; the others are copies of it
#   build     a base with make; `make deps FOR=deb` in it installs what building needs
#   debs      sockleak_VERSION-1_amd64.deb for each VERSION, and one whose service cannot start
#   system    a base with systemd, a kernel, podman, and what is usual on a host
#   image     what the machine boots: a system with a package archive in /srv, which has all that
#             the production page installs, and what guest/ has for the test
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
suite=$1
mkdir -p "$2"
directory=$(cd "$2" && pwd)
program=$3
shift 3
versions=$*
keys=/usr/share/keyrings/debian-archive-keyring.gpg
# procps, curl and sudo are what a person at the machine would use; acl is sockleak's to ask for.
# Prometheus is there already, with its twenty packages, as the page takes it to be: an emulated
# processor would unpack it for minutes. node_exporter comes by apt, on the machine.
system="systemd systemd-sysv dbus udev kmod initramfs-tools linux-image-cloud-amd64
	sudo procps curl podman crun prometheus"
page="prometheus-node-exporter"

say() {
	printf '  %-8s %s\n' "$1" "$2"
}

error() {
	echo "sockleak: $*" >&2
	exit 1
}

# mirror: where this host has Debian's own packages from.
mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' \
		'Origin: Debian' | awk '$2 == "Debian" { print $1; exit }'
}

# fresh PART: is it there, made from what $stamp says?
fresh() {
	[ "$(cat "$directory/$1.stamp" 2>/dev/null)" = "$stamp" ]
}

# quietly COMMAND...: what it says is shown when it fails, or with V=1.
quietly() {
	if [ "${V:-}" = 1 ]; then
		"$@"
		return
	fi
	"$@" >"$directory/log" 2>&1 || {
		tail -n 30 "$directory/log" >&2
		error "$suite: '$1' failed: see $directory/log"
	}
}

# inside ROOT COMMAND...: as root of that root. All it mounts ends with it, however it ends.
inside() {
	root=$1
	shift
	# shellcheck disable=SC2016
	unshare --mount --propagation private sh -ec '
		mount --bind "$0" "$0"
		mount -t proc proc "$0/proc"
		mount --rbind /dev "$0/dev"
		mount --bind "$1" "$0/var/cache/apt/archives"
		shift
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive chroot "$0" "$@"
	' "$root" "$directory/archives" "$@"
}

# How this host's apt reaches its mirror, for as long as a root has the network.
lend_network() {
	apt-config dump | grep -E '^Acquire::(http|https|Check|Retries)' \
		>"$1/etc/apt/apt.conf.d/90host" || true
	cp -L /etc/resolv.conf "$1/etc/resolv.conf"
	# A root that fails is made again: nothing of it needs to be on the disk at once.
	echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/90host"
	printf '%s\n' 'APT::Install-Recommends "false";' 'APT::Keep-Downloaded-Packages "true";' \
		'Binary::apt::APT::Keep-Downloaded-Packages "true";' \
		>"$1/etc/apt/apt.conf.d/91host"
	rm -f "$1/etc/apt/apt.conf.d/docker-clean"
}

take_network() {
	rm -f "$1/etc/apt/apt.conf.d/90host" "$1/etc/apt/apt.conf.d/91host" \
		"$1/etc/dpkg/dpkg.cfg.d/90host" "$1/etc/resolv.conf"
}

make_base() {
	stamp="$suite 1" # count it up for a base that is made in another way
	! fresh base || return 0
	from=$(mirror)
	[ -n "$from" ] || error "apt has no list of a mirror of Debian's (run apt-get update)"
	say ROOT "$suite"
	rm -rf "$directory/base" "$directory/build" "$directory"/*.stamp
	mkdir -p "$directory/archives/partial"
	quietly debootstrap --variant=minbase --keyring="$keys" --cache-dir="$directory/archives" \
		"$suite" "$directory/base" "$from"
	lend_network "$directory/base"
	quietly inside "$directory/base" apt-get -qq update
	echo "$stamp" >"$directory/base.stamp"
}

# copy_of PART NAME: whole, or not at all.
copy_of() {
	rm -rf "${directory:?}/$2" "$directory/$2.part"
	cp -a "$directory/$1" "$directory/$2.part"
	mv "$directory/$2.part" "$directory/$2"
}

# All that a package is made from; not tests, nor what was built.
sources() {
	cd "$source"
	find LICENSE LICENSES README.md CHANGELOG.md Makefile mk vmlinux.h bpf docs include \
		packaging tools user -type f ! -name '*.pyc' | LC_ALL=C sort
}

sum_of_sources() {
	sources | (cd "$source" && xargs cat) | sha256sum
}

make_debs() {
	stamp="$versions $(cat "$directory/base.stamp") $(sum_of_sources)"
	! fresh debs || return 0
	[ -d "$directory/build" ] || copy_of base build
	quietly inside "$directory/build" apt-get -qq install make
	rm -rf "$directory/debs" "$directory/build/srv/sockleak"
	mkdir -p "$directory/debs" "$directory/build/srv/sockleak"
	(cd "$source" && sources | tar -c -T -) | tar -x -C "$directory/build/srv/sockleak"
	for version in $versions; do
		say DEB "sockleak $version ($suite)"
		quietly inside "$directory/build" make -C /srv/sockleak deps FOR=deb
		quietly inside "$directory/build" make -C /srv/sockleak deb "VERSION=$version"
		cp "$directory/build/srv/sockleak/.output/deb/sockleak_$version-1_amd64.deb" \
			"$directory/debs"
	done
	broken_deb "$version"
	echo "$stamp" >"$directory/debs.stamp"
}

# broken_deb VERSION: as VERSION, but newer, and with a configuration that the agent refuses.
broken_deb() {
	work=$directory/build/srv/broken
	rm -rf "$work"
	dpkg-deb -R "$directory/debs/sockleak_$1-1_amd64.deb" "$work"
	sed -i "s/^Version: .*/Version: $1-2/" "$work/DEBIAN/control"
	echo 'older-than = soon' >>"$work/etc/sockleak/sockleak.conf"
	(cd "$work" && md5sum etc/sockleak/sockleak.conf >>DEBIAN/md5sums)
	quietly dpkg-deb --root-owner-group -b "$work" "$directory/debs/sockleak_$1-2_amd64.deb"
	rm -r "$work"
}

# An archive in the image's /srv/archive that apt takes packages from: all that the page installs.
make_archive() {
	mkdir -p "$image/srv/archive" "$image/srv/debs"
	cp "$directory/debs"/*.deb "$image/srv/debs"
	first=${versions%% *}
	# shellcheck disable=SC2086
	set -- install $page "/srv/debs/sockleak_$first-1_amd64.deb"
	quietly inside "$image" apt-get -qq --download-only "$@"
	# Inst NAME (VERSION FROM... [ARCHITECTURE]): those that the mirror has, not sockleak's own.
	inside "$image" apt-get -qq --simulate "$@" |
		sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*\[\(.*\)\]).*/\1_\2_\3.deb/p' |
		sed '/^sockleak_/d; s/:/%3a/' |
		while read -r name; do cp "$directory/archives/$name" "$image/srv/archive"; done
	(cd "$image/srv/archive" && dpkg-scanpackages -m . >Packages) 2>/dev/null
}

make_system() {
	stamp="$(cat "$directory/base.stamp") $system"
	! fresh system || return 0
	say SYSTEM "$suite"
	copy_of base system
	root=$directory/system
	mkdir -p "$root/etc/initramfs-tools/conf.d"
	# The least that finds the disk: an emulated processor unpacks it.
	printf 'MODULES=list\nCOMPRESS=gzip\n' >"$root/etc/initramfs-tools/conf.d/machine"
	# shellcheck disable=SC2086
	quietly inside "$root" apt-get -qq install $system
	printf '%s\n' virtio_pci virtio_blk ext4 >"$root/etc/initramfs-tools/modules"
	quietly inside "$root" update-initramfs -u
	cp -L "$root"/boot/vmlinuz-* "$directory/vmlinuz"
	cp -L "$root"/boot/initrd.img-* "$directory/initrd"
	echo "$stamp" >"$directory/system.stamp"
}

make_image() {
	stamp="$(cat "$directory/debs.stamp" "$directory/system.stamp")
$(cat "$program" "$here"/guest/* | sha256sum)"
	! fresh image || return 0
	say IMAGE "$suite"
	image=$directory/image
	copy_of system image
	make_archive
	take_network "$image"
	echo 'deb [trusted=yes] file:/srv/archive ./' >"$image/etc/apt/sources.list"
	rm -rf "$image"/etc/apt/sources.list.d/* "$image"/var/lib/apt/lists/*
	quietly inside "$image" apt-get -qq update
	"$here/guest/settle.sh" "$image" "$program"
	make_disk
	rm -rf "$image"
	echo "$stamp" >"$directory/image.stamp"
}

# Sparse: what the image does not fill takes no room on this host.
make_disk() {
	rm -f "$directory/disk.ext4"
	quietly mke2fs -q -t ext4 -L root -d "$directory/image" "$directory/disk.ext4" 6G
}

[ "$(id -u)" = 0 ] || error "only root may make a root for a machine. Run: sudo make vm-service"
command -v apt-get >/dev/null 2>&1 || error "the machine is Debian's: run it on Debian"
make_base
make_debs
make_system
make_image
