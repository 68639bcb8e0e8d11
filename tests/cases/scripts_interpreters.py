# SPDX-License-Identifier: BSD-2-Clause
"""Several interpreters of Python in one process."""

import subprocess

from cases.scripts import SCRIPTS, TOLD_S, versions
from lib.outcome import Failure, Skip
from lib.registry import LONG, case


@case(stage=LONG)
def scripts_interpreters(bench):
    """A thread that several interpreters of Python know: the functions of the one that executes."""
    found = versions("TEST_PYTHONS", ["/usr/bin/python3"])
    if not found:
        raise Skip("needs python3")
    for path in found:
        process = bench.processes.start(
            [path, str(SCRIPTS / "interpreters.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        process.stdout.readline()  # "ready"
        agent = bench.agent("--min-growth", "1", "--sample-after", "0", "--pid", str(process.pid))
        for name in ("outside", "within"):
            process.stdin.write(f"{name}\n")
            process.stdin.flush()
            process.stdout.readline()
        agent.wait_for(lambda a: len(a.open_leaks()) == 2, "2 leaks", TOLD_S)
        seen = {event["culprit"]["function"] for event in agent.open_leaks().values()}
        if seen != {"outside", "within"}:
            raise Failure(f"{path}: expected a leak of outside() and of within(), seen: {seen}")
        agent.stop()
        process.stdin.close()
        process.wait(20)
