#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Unpacks the programs of tests/compat that this host does not have, with the libraries
# that they need, from the distribution's packages into a directory: nothing is installed,
# so no service is started now or at the next boot, none is removed, and no user is made.
#
#   tests/compat/unpack.sh DIRECTORY
#
# For Debian and what derives from it. Programs that are installed are used as they are.
set -eu
root=$1
packages="nginx redis-server postgresql postgresql-contrib haproxy dnsmasq-base chrony rsyslog
	curl socat netcat-openbsd iperf3 dbus-daemon dbus-bin tcpdump iputils-ping iproute2
	bind9-dnsutils bsdutils nodejs"

if ! command -v apt-get >/dev/null 2>&1; then
	echo "sockleak: tests/compat unpacks Debian's packages, and apt-get is not here." >&2
	exit 1
fi

# What installing them would bring, without upgrades of what is here: "Inst NAME (VERSION ...".
# A name that this release does not have (dbus-bin in Debian 11) is in another package there.
known=
for package in $packages; do
	if apt-cache show "$package" >/dev/null 2>&1; then
		known="$known $package"
	fi
done
# shellcheck disable=SC2086
missing=$(apt-get install --simulate --no-install-recommends --no-upgrade $known |
	awk '/^Inst / && $3 !~ /^\[/ { print $2 "=" substr($3, 2) }' | sort)
[ "$missing" != "$(cat "$root/.packages" 2>/dev/null || true)" ] || exit 0

rm -rf "$root"
mkdir -p "$root/.archives"
if [ -n "$missing" ]; then
	echo "  UNPACK   $(echo "$missing" | sed 's/=.*//' | tr '\n' ' ')"
	# shellcheck disable=SC2086
	(cd "$root/.archives" && apt-get -qq -o APT::Sandbox::User=root download $missing)
	for archive in "$root"/.archives/*.deb; do
		dpkg-deb -x "$archive" "$root"
	done
fi
rm -r "$root/.archives"
echo "$missing" >"$root/.packages"
