#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Makes the root directory of a suite of Debian's in which rows of docs/truth.md run, or installs
# what it lacks. Nothing in it is ever started but their programs.
#
#   tests/truth/root.sh SUITE DIRECTORY PACKAGE...    the root is DIRECTORY/root
set -eu
here=$(dirname "$0")
suite=$1 directory=$2
shift 2
root=$directory/root
[ "$*" != "$(cat "$directory/.packages" 2>/dev/null || true)" ] || exit 0

mkdir -p "$directory/archives"
echo "  ROOT     $root, of $suite"
if [ ! -e "$directory/.made" ]; then
	"$here/../fresh/make_root.sh" "$root" "$suite" "$directory/archives"
	touch "$directory/.made"
fi
# Maintainer scripts would start services, and each written file would be waited for.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/truth"
log=$directory/log
"$here/../fresh/enter.sh" "$root" "$directory/archives" env DEBIAN_FRONTEND=noninteractive sh -c '
	apt-get -q update && apt-get -q -y --no-install-recommends install "$@"' sh "$@" \
	>"$log" 2>&1 </dev/null || {
	tail -n 20 "$log" >&2
	echo "sockleak: the packages of $suite could not be installed: see $log" >&2
	exit 1
}
rm -rf "$directory/archives" # a gigabyte, which nothing asks for again
echo "$*" >"$directory/.packages"
