#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Writes user/packages/debian_debug_table.h anew, from the indexes of a Debian mirror. Run by hand
# on Debian, with a network; the table is committed with its date.
#
#	tools/debian_debug.sh MIRROR		a line of "deb MIRROR ..." in /etc/apt/sources.list
#
# apt fetches and checks the indexes, in a directory of their own: the host's lists stay.
set -eu
mirror=${1:?usage: $0 MIRROR}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt reads what it fetched as another user
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
for suite in bookworm trixie; do
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
done > "$work/sources.list"
apt-get -qq update -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
	-o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Architecture=amd64
for list in "$work"/lists/*_binary-amd64_Packages*; do
	/usr/lib/apt/apt-helper cat-file "$list"
	echo
done | awk -v DATE="$(date +%F)" -f tools/debian_debug.awk > "$work/table.h"
mv "$work/table.h" user/packages/debian_debug_table.h
