#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# apt-get for scripts: waits while another apt or dpkg runs, and says something only when it
# waits or fails (V=1: all that apt says).
#
#   packaging/apt.sh update
#   packaging/apt.sh install PACKAGE...
#
# DPkg::Lock::Timeout applies to dpkg's lock only. apt does not wait for the locks of its lists and
# archives, so it is called again, for LOCK_SECONDS (600) at most.
#
# dpkg flushes each new file to the disk, which takes more than half of the time. Here the kernel
# writes them all at the end instead. Only a crash of the machine in that minute could leave some
# files of the new packages empty; installing these packages again would repair that.
set -u
lock_seconds=${LOCK_SECONDS:-600}
action=$1
shift
case $action in
update) # without the descriptions' translations; those that are here stay
	set -- -o Acquire::Languages=none -o APT::Get::List-Cleanup=false
	;;
install) set -- -y --no-install-recommends "$@" ;;
*)
	echo "usage: packaging/apt.sh update | install PACKAGE..." >&2
	exit 2
	;;
esac
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive

call_apt() {
	if [ "${V:-}" = 1 ]; then
		{ LC_ALL=C apt-get "$@" 2>&1 || echo "failed"; } | tee "$log" >&2
		[ "$(tail -n 1 "$log")" != failed ]
	else
		LC_ALL=C apt-get -q "$@" >"$log" 2>&1
	fi
}

waited=0
until call_apt -o DPkg::Lock::Timeout="$lock_seconds" -o DPkg::Use-Pty=0 \
	-o Dpkg::Options::=--force-unsafe-io "$action" "$@"; do
	if ! grep -q '^E: Could not get lock ' "$log" || [ $waited -ge "$lock_seconds" ]; then
		tail -n 20 "$log" >&2
		echo "sockleak: apt-get $action failed; what it said is above." >&2
		exit 1
	fi
	[ $waited -gt 0 ] || echo "  WAIT     for another apt: $(sed -n 's/^E: //p' "$log" | head -n 1)"
	sleep 1
	waited=$((waited + 1))
done
[ "$action" != install ] || sync &
