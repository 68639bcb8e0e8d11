# SPDX-License-Identifier: BSD-2-Clause
"""Interpreters that lie: their sockets have native stacks, and nothing breaks."""

import subprocess

from cases.scripts import TOLD_S, seen_of, wait_ready
from lib.outcome import Failure
from lib.registry import LONG, case


def check(bench, program, name, language, honest, counted):
    """A program that leaks under one lie after the other, and under none first."""
    process = bench.processes.start(
        [str(bench.copy(program, name))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    wait_ready(process)
    agent = bench.agent("--min-growth", "1", "--sample-after", "0", "--pid", str(process.pid))
    process.stdin.write("\n")
    process.stdin.flush()
    inodes = wait_ready(process)
    agent.wait_for(lambda a: set(inodes) <= set(a.open_leaks()), "all leaks", TOLD_S)
    stacks = [agent.open_leaks()[inode] for inode in inodes]
    for event in stacks:
        if "make_socket" not in [frame["function"] for frame in event["stack"] or []]:
            raise Failure(f"expected a native stack, seen: {event['stack']}")
    if seen_of(stacks[0], language) != honest:
        raise Failure(f"expected {honest}, seen: {seen_of(stacks[0], language)}")
    dropped = agent.stop()["dropped"]
    if dropped["resolver_crashed"] or dropped["resolver_late"]:
        raise Failure(f"expected a resolver that goes on, seen: {dropped}")
    for name in counted:
        if not dropped[name]:
            raise Failure(f"expected {name} to count, seen: {dropped}")
    process.stdin.close()
    process.wait(20)


@case(stage=LONG)
def scripts_forged(bench):
    """A program that has what Python has, and lies."""
    check(bench, "forged_python", "python3.11", "Python", [["forged", "forged", 7]],
          ("script_fault", "script_cut", "script_unnamed"))


@case(stage=LONG)
def scripts_forged_perl(bench):
    """A program that has what Perl has, and lies."""
    check(bench, "forged_perl", "perl5.36.0", "Perl",
          [["Forged::lie", "forged.pl", 7], ["(main)", "forged.pl", 9]],
          ("script_fault", "script_cut", "script_unnamed"))
