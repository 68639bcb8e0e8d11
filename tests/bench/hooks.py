# SPDX-License-Identifier: BSD-2-Clause
"""hooks: where the time goes: ns of each BPF program, by kernel.bpf_stats_enabled.

Taken in a pass of its own, since counting is not free: it adds to every program some 30 ns,
of which the kernel counts a part as the program's. So the figures say which program takes
how much of it, and are a little high.
"""

import json
import subprocess

import machine
import processes


def names():
    listed = subprocess.run(["bpftool", "--json", "prog", "show"], text=True,
                            capture_output=True, check=False)
    try:
        return {program["id"]: program.get("name", "?") for program in json.loads(listed.stdout)}
    except ValueError:
        return {}


def shares(configuration, driver, case, batch_ms):
    """A list of {program, runs, ns} for one operation of the driver; ns is of one run.

    Calls of other processes are in the average of a run as well.
    """
    before_stats = machine.set_stats(True)
    try:
        driver.run(case, batch_ms)
        before = processes.program_times(configuration.pid)
        _, _, count = driver.run(case, batch_ms)
        after = processes.program_times(configuration.pid)
    finally:
        machine.set_stats(before_stats)
    called = names()
    found = []
    for number, (runs, ns) in after.items():
        runs -= before.get(number, (0, 0))[0]
        ns -= before.get(number, (0, 0))[1]
        if runs * 2 >= count:  # what runs at fewer operations than half is not their cost
            found.append({"program": called.get(number, str(number)), "runs": runs / count,
                          "ns": ns / runs})
    return sorted(found, key=lambda share: -share["ns"] * share["runs"])
