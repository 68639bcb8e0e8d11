#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Makes the root of a bare Debian: what debootstrap's smallest variant has, git and make.
#
#   tests/fresh/make_root.sh ROOT SUITE ARCHIVES
#
# The packages come from the mirrors that apt is configured with, whose signatures debootstrap
# checks; ARCHIVES keeps them for the next time. ROOT is made anew.
set -eu
root=$1 suite=$2
mkdir -p "$3"
archives=$(cd "$3" && pwd -P)

# mirror LABEL: where this host has the packages from that Debian labels so.
mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' \
		'Origin: Debian' |
		awk -v label="$1" '$2 == label { print $1; exit }'
}

debian=$(mirror Debian) security=$(mirror Debian-Security)
if [ -z "$debian" ]; then
	echo "sockleak: apt has no list of a mirror of Debian's (run apt-get update)." >&2
	exit 1
fi
rm -rf --one-file-system "$root"
mkdir -p "$(dirname "$root")"
log=$root.log
# In the background: a shell that waits for another command does not see a signal.
debootstrap --variant=minbase --include=git,make --cache-dir="$archives" "$suite" "$root" \
	"$debian" >"$log" 2>&1 &
trap 'kill $! 2>/dev/null; exit 143' INT TERM
wait $! || {
	tail -n 20 "$log" >&2
	echo "sockleak: debootstrap has made no root of $suite: see $log" >&2
	exit 1
}

echo "deb $debian $suite main" >"$root/etc/apt/sources.list"
case $suite in
testing | sid) ;; # they have no security suite that must be asked
*)
	[ -z "$security" ] ||
		echo "deb $security $suite-security main" >>"$root/etc/apt/sources.list"
	;;
esac
# How this host reaches the mirrors: a proxy, names, and whether it takes lists that are old.
apt-config dump | grep -E '^Acquire::(https?::|Check-)' >"$root/etc/apt/apt.conf.d/50mirror" || true
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
