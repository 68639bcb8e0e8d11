# SPDX-License-Identifier: BSD-2-Clause
"""machine: what the figures were taken on, and what else was going on there."""

import ctypes
import datetime
import json
import os
import pathlib
import shutil
import subprocess

CLONE_NEWNS = 0x00020000
STATS = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")
# Programs of these types run at system calls or events of others: a neighbour's make all slower.
NOISY = {"tracepoint", "raw_tracepoint", "raw_tracepoint_writable", "kprobe", "perf_event",
         "tracing", "lsm"}


def _first(path, key, separator):
    for line in pathlib.Path(path).read_text().splitlines():
        name, _, value = line.partition(separator)
        if name.strip() == key:
            return value.strip().strip('"')
    return None


def version(command):
    """The first line that a tool says of its version, or None."""
    if not shutil.which(command[0]):
        return None
    result = subprocess.run(command, text=True, capture_output=True, check=False)
    lines = (result.stdout + result.stderr).splitlines()
    return lines[0].strip() if lines else None


def describe():
    memory_kb = int(_first("/proc/meminfo", "MemTotal", ":").split()[0])
    system = os.uname()
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "kernel": f"{system.sysname} {system.release} {system.machine}",
        "distribution": _first("/etc/os-release", "PRETTY_NAME", "="),
        "cpu": _first("/proc/cpuinfo", "model name", ":"),
        "cpus": len(os.sched_getaffinity(0)),
        "virtual": " hypervisor" in (_first("/proc/cpuinfo", "flags", ":") or ""),
        "memory_mib": memory_kb // 1024,
        "load_before": os.getloadavg()[0],
    }


def in_words(machine):
    virtual = ", a virtual machine" if machine["virtual"] else ""
    return (f"{machine['kernel']}, {machine['distribution']}, {machine['cpus']} CPUs "
            f"({machine['cpu']}{virtual}), {machine['memory_mib'] / 1024:.0f} GiB; "
            f"{machine['date'][:10]}")


def programs_of_others():
    """How many BPF programs are loaded that run at what others do. Ask when none is ours."""
    listed = subprocess.run(["bpftool", "--json", "prog", "show"], text=True,
                            capture_output=True, check=False)
    try:
        return sum(program["type"] in NOISY for program in json.loads(listed.stdout))
    except (ValueError, TypeError, KeyError):
        return None


def set_stats(on):
    """Turn the kernel's times of BPF programs on or off; they cost some 30 ns a program.

    Returns what it was.
    """
    before = STATS.read_text().strip() != "0"
    if before != on:
        STATS.write_text("1\n" if on else "0\n")
    return before


def need_tracefs():
    """Go on in a mount namespace of our own that has tracefs, where the host has it not mounted.

    The loader of the empty programs, bpftrace and perf want it there; sockleak does not,
    but is given the same.
    """
    events = pathlib.Path("/sys/kernel/tracing/events")
    if events.exists():
        return
    # os.unshare() came with Python 3.12.
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tracefs", "tracefs", str(events.parent)], check=True)
