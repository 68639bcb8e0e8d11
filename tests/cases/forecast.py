# SPDX-License-Identifier: BSD-2-Clause
"""When a process that leaks has no descriptor left."""

import os
import resource

from lib.outcome import Failure
from lib.registry import case


def leaking(agent):
    """The last summary's leaking processes; asks for another."""
    agent.sweeps(0)
    return agent.summaries[-1][1]["leaking"] if agent.summaries else []


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
    (process,) = agent.wait_for(leaking, "a process that leaks")
    wanted = {"pid": program.pid, "comm": "forecast", "fds_limit": 300,
              "fds_open": len(os.listdir(f"/proc/{program.pid}/fd"))}
    seen = {key: process[key] for key in wanted}
    if seen != wanted:
        raise Failure(f"expected {wanted}, seen: {process}")
    if process["per_minute"] <= 0:
        raise Failure(f"expected a rate, seen: {process}")
    seconds = (300 - process["fds_open"]) * 60 / process["per_minute"]
    if abs(process["emfile_in_s"] - seconds) > 1 + seconds / 100:
        raise Failure(f"expected {seconds:.0f} s, seen: {process}")
    agent.stop()
