# SPDX-License-Identifier: BSD-2-Clause
"""The agent leaks nothing itself, over a run in which sockets come, leak and go all the time."""

import collections
import os
import time

from lib.outcome import Failure
from lib.registry import ALONE, case
from lib.resolver import resolver_of

# (the caches are full and every table has its size, the end), in seconds
QUICK_S, FULL_S = (6, 10), (15, 60)
GROWTH_KIB = 4096  # of agent and resolver together
CACHED_FILES = 300  # symbols.c keeps 256, and has some open while it looks for more


def links(pid):
    """What its descriptors lead to."""
    found = collections.Counter()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[os.readlink(f"/proc/{pid}/fd/{fd}")] += 1
        except FileNotFoundError:  # closed since the directory was read
            pass
    return found


def open_files(pid):
    """What it has open for good: (everything but files on disk, the number of files on disk)."""
    lasting = links(pid)
    for _ in range(10):  # what a sweep or a symbol look-up opens is gone in some of them
        time.sleep(0.05)
        lasting &= links(pid)
    # Binaries and debug files of the processes seen last, kept for the next stack.
    on_disk = {link for link in lasting if link.startswith("/") and os.path.isfile(link)}
    others = sorted(link for link in lasting.elements() if link not in on_disk)
    return others, sum(lasting[link] for link in on_disk)


def memory_kib(agent):
    """Its own and its resolver's in use; pages of files come and go with the host's page cache."""
    total = 0
    for pid in (agent.pid, resolver_of(agent)):
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            total += next(int(line.split()[1]) for line in status if line.startswith("RssAnon:"))
    return total


@case(stage=ALONE)
def churn(bench):
    agent = bench.agent("--comm", "churn")
    programs = [bench.program("churn"), bench.program("churn")]
    warm_up_s, end_s = QUICK_S if bench.options.quick else FULL_S
    time.sleep(warm_up_s)
    resolver = resolver_of(agent)
    files, memory = open_files(agent.pid), memory_kib(agent)
    resolver_files = open_files(resolver)
    time.sleep(end_s - warm_up_s)
    files_after, memory_after = open_files(agent.pid), memory_kib(agent)
    resolver_files_after = open_files(resolver)
    for program in programs:
        program.end()
    agent.wait_for(
        lambda a: not [1 for e in a.open_leaks().values() if e["comm"] == "churn"],
        "all leaks of churn resolved",
    )
    summary = agent.stop()
    if files_after != files:
        raise Failure(f"expected the agent to have {files} open, seen: {files_after}")
    if resolver_files_after[0] != resolver_files[0] or resolver_files_after[1] > CACHED_FILES:
        raise Failure(
            f"expected the resolver to have {resolver_files} open, or {CACHED_FILES} files at "
            f"most, seen: {resolver_files_after}"
        )
    if memory_after > memory + GROWTH_KIB:
        raise Failure(f"expected at most {GROWTH_KIB} KiB more, seen: {memory} to {memory_after}")
    if summary["total"] < 500 or summary["sweeps_failed"]:
        raise Failure(f"expected some hundred leaks and no failed sweep, seen: {summary}")
