# SPDX-License-Identifier: BSD-2-Clause
"""processes: what /proc says of a process: its BPF programs and maps, time and memory."""

import os
import pathlib

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def family(pid):
    """It and its children: sockleak reads symbols in one."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [pid] + [int(child) for child in children.read_text().split()]
    except OSError:
        return [pid]


def _bpf_objects(pid, key):
    """id -> the fields of fdinfo, of what has such an id."""
    found = {}
    try:
        names = os.listdir(f"/proc/{pid}/fdinfo")
    except OSError:
        return found
    for name in names:
        try:
            text = pathlib.Path(f"/proc/{pid}/fdinfo/{name}").read_text()
        except OSError:
            continue  # closed meanwhile
        fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        # A link has a prog_id, too, but no times.
        if key in fields and "memlock" in fields:
            found[int(fields[key])] = fields
    return found


def program_times(pid):
    """id of each BPF program -> (runs, ns), counted while kernel.bpf_stats_enabled is 1."""
    return {
        number: (int(fields.get("run_cnt", 0)), int(fields.get("run_time_ns", 0)))
        for number, fields in _bpf_objects(pid, "prog_id").items()
    }


def kernel_memory(pid):
    """Bytes of all its BPF maps and programs, as the kernel accounts them."""
    objects = list(_bpf_objects(pid, "map_id").values())
    objects += _bpf_objects(pid, "prog_id").values()
    return sum(int(fields["memlock"]) for fields in objects)


def _ended_children_s(pid):
    """Time of the children that it has waited for; in ticks, so that it is good to 10 ms."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return sum(map(int, text.rpartition(")")[2].split()[13:15])) * TICK_S  # cutime, cstime


def cpu_s(pid):
    """Time on processors so far, of all threads of it and its children, to the ns."""
    total = _ended_children_s(pid)
    for number in family(pid):
        for path in pathlib.Path(f"/proc/{number}/task").glob("*/schedstat"):
            try:
                total += int(path.read_text().split()[0]) / 1e9
            except OSError:
                continue  # it ended meanwhile
    return total


def rss_bytes(pid):
    """Resident memory of it, and of its children."""
    total = []
    for number in family(pid):
        try:
            fields = pathlib.Path(f"/proc/{number}/statm").read_text().split()
        except OSError:
            continue
        total.append(int(fields[1]) * os.sysconf("SC_PAGE_SIZE"))
    return total[0] if total else 0, sum(total[1:])
