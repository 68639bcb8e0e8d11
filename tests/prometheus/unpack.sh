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

# From Debian 13 on promtool is a package of its own.
packages() {
	echo prometheus prometheus-node-exporter
	apt-cache pkgnames promtool | grep -x promtool || true
}

download() {
	# shellcheck disable=SC2046
	(cd "$root/.archives" && apt-get -qq -o APT::Sandbox::User=root download $(packages))
}

echo "  UNPACK   $(packages | tr "\n" " ")"
mkdir -p "$root/.archives"
download 2>/dev/null || { "$(dirname "$0")/../../packaging/apt.sh" update && download; }
for archive in "$root"/.archives/*.deb; do
	dpkg-deb -x "$archive" "$root"
done
rm -r "$root/.archives"
