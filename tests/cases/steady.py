# SPDX-License-Identifier: BSD-2-Clause
"""The agent leaks nothing itself, over a run in which sockets come, leak and go all the time."""

import collections
import os
import shutil
import time

from lib.cgroups import inside
from lib.outcome import Failure, Skip
from lib.registry import ALONE, LONG, case
from lib.resolver import resolver_of

# (the caches are full and every table has its size, the end), in seconds
QUICK_S, FULL_S = (6, 10), (15, 45)
GROWTH_KIB = 4096  # of agent and resolver together
GROWTH_ENTRIES = 4096  # a count under churn has those twice that come while it is made
MAX_LOOKS = 400  # 20 s: an iterator that is open for so long is left over
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
    lasting, looks = links(pid), 0
    # What a sweep or a symbol look-up opens is gone in some looks. A busy host has long sweeps.
    while looks < 10 or (looks < MAX_LOOKS and "anon_inode:bpf_iter" in lasting):
        time.sleep(0.05)
        lasting &= links(pid)
        looks += 1
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


def entries(agent):
    """How many sockets it tracks, by a sweep that begins now."""
    asked = time.monotonic()
    agent.wait_for(lambda a: len(set(a.full_sweeps(asked))) >= 3, "sweeps that tell of themselves", 120)
    return agent.summaries[-1][1]["pending"]


def periods(options):
    """(warm-up, all of it) in seconds. The caches have room for 1024 processes, at 8 a second."""
    if options.churn:
        return min(180, options.churn / 2), options.churn
    return QUICK_S if options.quick else FULL_S


@case(stage=LONG, slow=True)
def churn(bench):
    agent = bench.agent("--comm", "churn", "--duration", "6h")
    programs = [bench.program("churn", *args) for args in ([], [], ["busy"])]
    warm_up_s, end_s = periods(bench.options)
    time.sleep(warm_up_s)
    resolver = resolver_of(agent)
    files, memory, tracked = open_files(agent.pid), memory_kib(agent), entries(agent)
    resolver_files = open_files(resolver)
    time.sleep(end_s - warm_up_s)
    files_after, memory_after = open_files(agent.pid), memory_kib(agent)
    tracked_after = entries(agent)
    resolver_files_after = open_files(resolver)
    for program in programs:
        program.end()
    agent.wait_for(lambda a: not a.open_leaks(), "all leaks of churn resolved", 120)
    agent.wait_for(lambda a: entries(a) == 0, "no socket tracked after churn", 120)
    summary = agent.stop()
    if bench.options.churn:
        print(
            f"churn: {end_s} s, {summary['counters']['socket']} sockets, {summary['total']} leaks; "
            f"memory {memory} to {memory_after} KiB, entries {tracked} to {tracked_after}, "
            f"files {len(files[0])} to {len(files_after[0])}; "
            f"dropped { {k: v for k, v in summary['dropped'].items() if v} }"
        )
    if files_after != files:
        raise Failure(f"expected the agent to have {files} open, seen: {files_after}")
    if resolver_files_after[0] != resolver_files[0] or resolver_files_after[1] > CACHED_FILES:
        raise Failure(
            f"expected the resolver to have {resolver_files} open, or {CACHED_FILES} files at "
            f"most, seen: {resolver_files_after}"
        )
    if memory_after > memory + GROWTH_KIB:
        raise Failure(f"expected at most {GROWTH_KIB} KiB more, seen: {memory} to {memory_after}")
    if tracked_after > tracked + GROWTH_ENTRIES:
        raise Failure(f"expected as many entries, seen: {tracked} to {tracked_after}")
    if summary["total"] < 500 or summary["sweeps_failed"]:
        raise Failure(f"expected some hundred leaks and no failed sweep, seen: {summary}")


# Every way in which stress-ng makes, shares and drops descriptors.
STRESSORS = (
    "sock sockabuse sockfd sockdiag sockpair udp fork vfork clone dup close io-uring"
).split()
SHARE_FACTOR = 4
STRESS_S = 5  # of all at once


@case(stage=ALONE)
def stress(bench):
    """After abuse nothing is reported any more, and no entry, slot or file is left over."""
    if not shutil.which("stress-ng"):
        raise Skip("no stress-ng on this host")
    cgroup = bench.cgroups.make()
    args = ["--cgroup", cgroup, "--min-growth", 1, "--duration", "6h", "--snapshots", 64,
            "--sample-after", 0]
    agent = bench.agent(*args)
    expect_free_slots(bench, agent, cgroup)  # which also makes it open what it keeps open
    files = open_files(agent.pid)
    command = ["stress-ng", "--temp-path", str(bench.directory), "--timeout", f"{STRESS_S}s"]
    command += ["--quiet"] + [arg for name in STRESSORS for arg in (f"--{name}", "1")]
    status, _, errors = bench.run(command=inside(cgroup)(command), timeout=300)
    # 2 or 3: a stressor found no resources, or nothing here to work on; the others ran.
    if status not in (0, 2, 3):
        raise Failure(f"expected stress-ng to end, seen: exit {status}, {errors}")
    agent.wait_for(lambda a: not a.open_leaks(), "nothing reported of what has ended", 60)
    agent.wait_for(lambda a: entries(a) == 0, "no socket tracked any more", 60)
    seen = agent.summaries[-1][1]
    if seen["held_back"] or seen["open"]:
        raise Failure(f"expected nothing left, seen: {seen}")
    if seen["counters"]["socket"] < 100:
        raise Failure(f"expected hundreds of sockets, seen: {seen['counters']}")
    expect_free_slots(bench, agent, cgroup)
    if open_files(agent.pid) != files:
        raise Failure(f"expected {files} open, seen: {open_files(agent.pid)}")
    agent.stop()


def share_of_one(slots):
    """How many of the slots one process may have if no other one has any: bpf/shares.bpf.h."""
    taken = 0
    while taken < SHARE_FACTOR * (SHARE_FACTOR * (slots - taken) - taken):
        taken += 1
    return taken


def expect_free_slots(bench, agent, cgroup):
    """A slot that is left over is one snapshot less: more are asked for at once than one process
    may have of 64."""
    many = bench.program("many", 64, inside=inside(cgroup))
    many.next_phase()
    many.wait_ready()
    leaks = agent.wait_for(lambda a: len(a.open_leaks()) == 64 and a.open_leaks(), "64 leaks")
    sources = collections.Counter(leak["stack_source"] for leak in leaks.values())
    if sources != {"snapshot": share_of_one(64), "call": 64 - share_of_one(64)}:
        raise Failure(f"expected {share_of_one(64)} stacks by snapshot, seen: {sources}")
    many.end()
    agent.wait_for(lambda a: not a.open_leaks(), "their end")
