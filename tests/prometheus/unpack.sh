#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Unpacks Prometheus and node_exporter, if this host does not have them, from Debian's packages
# into a directory: nothing is installed, so that no service is started now or at the next boot.
#
#   tests/prometheus/unpack.sh DIRECTORY
#
# Where apt-get is not, nothing is done: the cases then say what they miss.
set -eu
root=$1
missing=
for command in prometheus promtool prometheus-node-exporter; do
	command -v "$command" >/dev/null 2>&1 || [ -x "$root/usr/bin/$command" ] || missing=yes
done
[ -n "$missing" ] && command -v apt-get >/dev/null 2>&1 || exit 0

# From Debian 13 on promtool has a package of its own.
packages="prometheus prometheus-node-exporter"
[ -z "$(apt-cache madison promtool 2>/dev/null)" ] || packages="$packages promtool"
echo "  UNPACK   $packages"
mkdir -p "$root/.archives"
# shellcheck disable=SC2086
(cd "$root/.archives" &&
	{ apt-get -qq -o APT::Sandbox::User=root download $packages ||
		{ apt-get -qq update && apt-get -qq -o APT::Sandbox::User=root download $packages; }; })
for archive in "$root"/.archives/*.deb; do
	dpkg-deb -x "$archive" "$root"
done
rm -r "$root/.archives"
