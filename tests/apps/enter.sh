#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs a command in a root directory that is this host's and has the packages of tests/apps/packages
# besides: an overlay in a mount namespace of its own, so the host gets none of them, and no service
# is started.
#
#   tests/apps/enter.sh DIRECTORY install        as often as the packages change: two minutes
#   tests/apps/enter.sh DIRECTORY alone COMMAND  with a loopback interface alone
#
# For Debian 12, whose packages' names and versions it is about.
set -eu
directory=$1 how=$2
here=$(dirname "$(readlink -f "$0")")
shift 2
mkdir -p "$directory/root" "$directory/upper" "$directory/work"
directory=$(readlink -f "$directory")

# shellcheck disable=SC2016
inside='
directory=$1
shift
mount --make-rprivate /
mount -t overlay overlay "$directory/root" \
	-o "lowerdir=/,upperdir=$directory/upper,workdir=$directory/work"
for mounted in proc dev sys; do mount --rbind "/$mounted" "$directory/root/$mounted"; done
ip link set lo up
exec chroot "$directory/root" "$@"'

# shellcheck disable=SC2016
install='
export DEBIAN_FRONTEND=noninteractive
printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
apt-get -qq -o APT::Sandbox::User=root update
apt-get -qq install --no-install-recommends "$@" >/dev/null'

case $how in
install)
	packages=$(sed '/^#/d; s/^[a-z]* //' "$here/packages" | tr ' ' '\n' | sort -u)
	[ "$packages" != "$(cat "$directory/.packages" 2>/dev/null || true)" ] || exit 0
	# shellcheck disable=SC2086
	unshare --mount sh -euc "$inside" sh "$directory" sh -euc "$install" sh $packages
	echo "$packages" >"$directory/.packages"
	;;
alone)
	exec unshare --mount --net sh -euc "$inside" sh "$directory" "$@"
	;;
esac
