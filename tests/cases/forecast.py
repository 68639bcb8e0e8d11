# SPDX-License-Identifier: BSD-2-Clause
"""When a process that leaks has no descriptor left."""

import os
import resource

from lib.outcome import Failure
from lib.registry import case


def leaking(agent, open_now):
    """The last summary's leaking processes that it has a time for; asks for another summary.

    One that was reported before all of its sockets were made is not meant.
    """
    agent.full_sweeps(0)
    reported = agent.summaries[-1][1]["leaking"] if agent.summaries else []
    return [p for p in reported if p["fds_open"] == open_now and p["emfile_in_s"] is not None]


@case
def forecast(bench):
    """Open descriptors and limit are the process's own, the time follows from its rate."""
    agent = bench.agent("--comm", "forecast")
    program = bench.program(str(bench.copy("udp_ioctl_leaked", "forecast")), agents=[agent])
    resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (300, 4096))
    program.next_phase()  # it leaks one every 300 ms
    trouble = program.wait_ready()
    if trouble:
        raise Failure(trouble)
    open_now = len(os.listdir(f"/proc/{program.pid}/fd"))
    (process,) = agent.wait_for(lambda a: leaking(a, open_now), f"a time, with {open_now} open")
    wanted = {"pid": program.pid, "comm": "forecast", "fds_limit": 300}
    seen = {key: process[key] for key in wanted}
    if seen != wanted or process["per_minute"] <= 0:
        raise Failure(f"expected {wanted} and a rate, seen: {process}")
    seconds = (300 - open_now) * 60 / process["per_minute"]
    if abs(process["emfile_in_s"] - seconds) > 1 + seconds / 100:
        raise Failure(f"expected {seconds:.0f} s, seen: {process}")
    agent.stop()
