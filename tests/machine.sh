#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Prints in one line everything that this machine lacks for `make GOAL`, each with the remedy, and
# fails. It needs only a shell, because it runs before packages are installed or anything is built.
#
#   tests/machine.sh GOAL             checks what can be checked without a program
#   tests/machine.sh GOAL SOCKLEAK    starts that sockleak, and prints what it says of this machine
#
# The exit status is 3, which sockleak itself uses for a host that does not let it run.
set -u
goal=$1
sockleak=${2:-}
lacks=

lack() {
	lacks="$lacks${lacks:+; }$1"
}

# Without root: first the packages, whose command needs it, too.
if [ "$(id -u)" != 0 ]; then
	case $goal in
	demo | test) mode=$goal ;;
	test-fresh) mode=fresh ;;
	truth*) mode=truth ;;
	*) mode=build ;;
	esac
	"$(dirname "$0")/../packaging/deps.sh" "$mode" || exit 1
	echo "sockleak: only root may load BPF programs. Run: sudo make $goal" >&2
	exit 1
fi

if [ -n "$sockleak" ]; then
	said=$("$sockleak" trace --quiet --duration 1ms --pid $$ --output /dev/null 2>&1)
	status=$?
	if [ $status != 0 ]; then
		echo "$said" | tail -n 1 >&2
		exit $status
	fi
	exit 0
fi

# has_capability NUMBER: as this process has it in effect.
has_capability() {
	mask=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
	[ $(((0x$mask >> $1) & 1)) = 1 ]
}

# The first v2 hierarchy that begins at its root, as sockleak and its tests choose it.
cgroup2_mount() {
	awk '$4 == "/" && / - cgroup2 / { print $5; exit }' /proc/self/mountinfo
}

check_rights() {
	has_capability 21 && return 0 # CAP_SYS_ADMIN
	if ! has_capability 39 || ! has_capability 38; then
		lack "the right to load BPF programs, CAP_BPF and CAP_PERFMON (of a container: run it \
with --privileged)"
	fi
}

check_lockdown() {
	if grep -q '\[confidentiality\]' /sys/kernel/security/lockdown 2>/dev/null; then
		lack "BPF programs that may read kernel memory (boot with lockdown=integrity, or none)"
	fi
}

check_btf() {
	[ ! -r /sys/kernel/btf/vmlinux ] || return 0
	if [ -d /sys/kernel ]; then
		lack "the kernel's BTF in /sys/kernel/btf (a kernel with CONFIG_DEBUG_INFO_BTF)"
	else
		lack "a mounted /sys (mount -t sysfs sysfs /sys)"
	fi
}

check_cgroup2() {
	mount=$(cgroup2_mount)
	if [ -z "$mount" ]; then
		lack "a mounted cgroup v2 (mount -t cgroup2 cgroup2 /sys/fs/cgroup, or anywhere else)"
	elif mkdir "$mount/sockleak-machine-$$" 2>/dev/null; then
		rmdir "$mount/sockleak-machine-$$"
	else
		lack "a cgroup v2 to make cgroups in: $mount cannot be written to"
	fi
}

check_pid_namespace() {
	if [ "$(readlink /proc/self/ns/pid)" != "pid:[4026531836]" ]; then
		lack "the host's pid namespace (of a container: run it with --pid=host)"
	fi
}

if [ ! -r /proc/self/status ]; then
	lack "a mounted /proc (mount -t proc proc /proc)"
else
	check_rights
	check_pid_namespace
	case $goal in test* | truth* | chaos | soak | compat | apps) check_cgroup2 ;; esac
fi
check_lockdown
check_btf
[ -n "$lacks" ] || exit 0
echo "sockleak: make $goal cannot run here; this machine lacks $lacks." >&2
exit 3
