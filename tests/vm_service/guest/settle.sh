#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Makes a machine of a root: its users, its units, and the shell that the test speaks with.
#
#   tests/vm_service/guest/settle.sh ROOT LEAKY
set -eu
here=$(dirname "$0")
root=$1 leaky=$2

echo machine >"$root/etc/hostname"
echo '127.0.0.1 localhost machine' >"$root/etc/hosts"
echo 'LABEL=root / ext4 defaults 0 1' >"$root/etc/fstab"
# Whoever types it at a terminal answers apt's question.
echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/90machine"
# The whole journal is kept, over restarts of the machine, too.
mkdir -p "$root/var/log/journal"

# admin may become root, as who runs a host does; visitor may nothing.
for user in admin visitor; do
	chroot "$root" useradd --create-home --shell /bin/bash "$user"
done
echo 'admin ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/admin"
chmod 0440 "$root/etc/sudoers.d/admin"
# Where the sources would be, and what `make deb` makes of them.
chroot "$root" install -d -o admin -g admin /home/admin/sockleak/.output/deb

install -D "$here/shell" "$root/usr/local/lib/machine/shell"
install -m 0755 "$leaky" "$root/usr/local/bin/leaky"
install -m 0644 "$here"/*.service "$root/etc/systemd/system"
# What podman offers beside its command is not asked for, and takes a minute of each boot.
for unit in podman.service podman.socket podman-restart.service podman-auto-update.timer; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
mkdir -p "$root/etc/systemd/system/sysinit.target.wants"
ln -s ../machine-shell.service "$root/etc/systemd/system/sysinit.target.wants"

# A container's root: that program, and nothing else.
mkdir -p "$root/srv/container/proc" "$root/srv/container/sys" "$root/srv/container/dev" \
	"$root/srv/container/etc" "$root/srv/container/run" "$root/srv/container/tmp"
install -m 0755 "$leaky" "$root/srv/container/leaky"
