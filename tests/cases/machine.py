# SPDX-License-Identifier: BSD-2-Clause
"""tests/machine.sh: what a machine lacks for these tests is said in one line, before all else."""

import pathlib

from lib.outcome import Failure
from lib.registry import case

TESTS = pathlib.Path(__file__).resolve().parents[1]
NO_CGROUP2 = """
for mount in $(awk '/ - cgroup2 / { print $5 }' /proc/self/mountinfo); do
    umount --lazy "$mount" || exit
done
"""
NO_BTF = "mount -t tmpfs none /sys/kernel/btf || exit\n"
NO_SYS = "mount -t tmpfs none /sys || exit\n"
NO_PROC = "mount -t tmpfs none /proc || exit\n"
READ_ONLY = """
for mount in $(awk '/ - cgroup2 / { print $5 }' /proc/self/mountinfo); do
    mount -o bind,remount,ro "$mount" || exit
done
"""
NO_RIGHTS = ["setpriv", "--bounding-set", "-bpf,-perfmon,-sys_admin"]
CGROUP2, BTF, RIGHTS = "a mounted cgroup v2 (mount", "BTF in /sys/kernel/btf", "CAP_BPF"


def says(bench, taken_away, goal="test", wrapper=(), program=()):
    """Exit status and stderr of machine.sh where something was taken away."""
    command = ["unshare", "--mount", "sh", "-c", taken_away + 'exec "$@"', "sh", *wrapper,
               str(TESTS / "machine.sh"), goal, *program]
    status, out, errors = bench.run(command=command)
    if out:
        raise Failure(f"expected nothing on stdout, seen: {out!r}")
    return status, errors


def expect_line(seen, *wanted):
    status, errors = seen
    if status != 3 or len(errors.splitlines()) != 1 or not errors.startswith("sockleak: "):
        raise Failure(f"expected exit 3 and one line, seen: {status}, {errors!r}")
    if not all(word in errors for word in wanted):
        raise Failure(f"expected {wanted} in it, seen: {errors!r}")


@case
def machine_lacks(bench):
    """cgroup v2, BTF, rights, /sys, /proc, the host's pids: each is missed, and all in one line."""
    expect_line(says(bench, NO_CGROUP2), CGROUP2)
    expect_line(says(bench, READ_ONLY), "cannot be written to")
    expect_line(says(bench, NO_BTF), BTF)
    expect_line(says(bench, NO_SYS), "a mounted /sys")
    expect_line(says(bench, NO_PROC), "a mounted /proc")
    expect_line(says(bench, "", wrapper=NO_RIGHTS), RIGHTS)
    expect_line(
        says(bench, "", wrapper=["unshare", "--pid", "--fork", "--mount-proc"]), "pid namespace"
    )
    expect_line(says(bench, NO_CGROUP2 + NO_BTF, wrapper=NO_RIGHTS), CGROUP2, BTF, RIGHTS)


@case
def machine_has_all(bench):
    """Here nothing is missed; the demo needs no cgroups; what loading says is the second answer."""
    for seen in (says(bench, ""), says(bench, NO_CGROUP2, goal="demo"),
                 says(bench, "", program=[bench.sockleak])):
        if seen != (0, ""):
            raise Failure(f"expected exit 0 without a word, seen: {seen}")
    expect_line(says(bench, NO_BTF, program=[bench.sockleak]), "/sys/kernel/btf/vmlinux")
