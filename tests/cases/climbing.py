# SPDX-License-Identifier: BSD-2-Clause
"""Processes whose descriptors climb by something else than leaked sockets."""

import re
import time

from cases.at_limit import report
from lib.cgroups import inside
from lib.outcome import Failure
from lib.registry import case

# A program for each: what it makes, and the kinds that are said to grow.
CLIMBERS = [
    ("tcp_established",), ("tcp_half_closed",), ("netlink",), ("unix",), ("eventfd",), ("epoll",),
    ("pipe",), ("inotify",), ("timerfd",), ("signalfd",), ("memfd",), ("file",), ("directory",),
    ("device",), ("eventfd", "timerfd"),
]
HEALTHY = [("steady", "eventfd", "pipe"), ("wave", "epoll", "netlink")]
HEADLINE = re.compile(r"Descriptors climb, but none that was never connected for 5s, watched for ")
LINE = re.compile(r"climbing\[(?P<pid>\d+)\] descriptors (?P<before>\d+) -> (?P<now>\d+); "
                  r"(?P<count>\d+) are (?P<kind>[a-z]+), \+[0-9.]+/min")


# Who makes these sockets; of the others half are accepted, or are no sockets.
MAKERS = {"netlink": "make_netlink", "tcp_half_closed": "make_connection"}


def start_all(bench, cgroup, programs):
    """{pid: its arguments}; each has begun to make descriptors."""
    started = {}
    for arguments in programs:
        program = bench.program("climbing", *arguments, inside=inside(cgroup))
        program.next_phase()
        started[program.pid] = arguments
    return started


def climbing(agent):
    """{pid: object} of the last summary; asks for another."""
    agent.full_sweeps(0)
    return {c["pid"]: c for c in agent.summaries[-1][1]["climbing"]} if agent.summaries else {}


def grown(climber):
    return {g["kind"] for g in climber["growing"]}


def is_told(climber, kinds):
    """Are the kinds known, and who makes them?"""
    if not climber or not set(kinds) <= grown(climber):
        return False
    return kinds[0] not in MAKERS or climber["culprit"] is not None


def all_are_told(agent, started):
    """The climbers, once each is known with the kinds that it makes."""
    seen = climbing(agent)
    return seen if all(is_told(seen.get(pid), kinds) for pid, kinds in started.items()) else None


@case(slow=True)
def climbing_kinds(bench):
    """Each kind is named, and two at once; a steady process and one that goes up and down are not."""
    cgroup = bench.cgroups.make()
    agent = bench.agent("--cgroup", cgroup, defaults=True)
    started = start_all(bench, cgroup, CLIMBERS)
    healthy = start_all(bench, cgroup, HEALTHY)
    seen = agent.wait_for(lambda a: all_are_told(a, started), "all that climb", 90)
    strange = {pid: healthy.get(pid) for pid in seen if pid not in started}
    if strange:
        raise Failure(f"expected no other process to climb, seen: {strange}")
    for pid, kinds in started.items():
        check_climber(seen[pid], kinds)
    summary = agent.stop()
    if summary["total"] or summary["dropped"]["climbing_left_out"]:
        raise Failure(f"expected no leak, and nobody left out, seen: {summary}")


def check_climber(climber, kinds):
    # A connection has its other end in the same process.
    allowed = set(kinds) | ({"tcp_established"} if kinds == ("tcp_half_closed",) else set())
    if grown(climber) - allowed:
        raise Failure(f"expected growth of {allowed}, seen: {climber}")
    if climber["descriptors"] < climber["descriptors_before"] + 8 or climber["per_minute"] <= 0:
        raise Failure(f"expected a climb by 8 and its rate, seen: {climber}")
    maker = (climber["culprit"] or {}).get("function")
    if kinds == ("tcp_established",):
        maker = None  # it makes half of them: may be said, or not
    if maker != MAKERS.get(kinds[0]):
        raise Failure(f"expected sockets of {MAKERS.get(kinds[0])}(), seen: {climber}")
    counted = sum(climber["kinds"].values())
    if abs(counted - climber["descriptors"]) > 40:  # counted some moments later
        raise Failure(f"expected about {climber['descriptors']} in all, seen: {climber}")


@case
def climbing_in_text(bench):
    """In place of the all-clear, in two lines; the exit status is that of a run without leaks."""
    cgroup = bench.cgroups.make()
    agent = bench.agent("--cgroup", cgroup, as_json=False, defaults=True)
    silent = bench.agent("--cgroup", cgroup, "--max-climbing", 0, defaults=True)
    (pid,) = start_all(bench, cgroup, [("eventfd",)])
    headline, line = agent.wait_for(lambda a: report(a, " are eventfd, "), "its line", 60)[:2]
    agent.stop()
    found = LINE.match(line)
    if not HEADLINE.match(headline) or not found:
        raise Failure(f"expected that descriptors climb, seen: {headline} {line}")
    if int(found["pid"]) != pid or found["kind"] != "eventfd":
        raise Failure(f"expected process {pid} and eventfd, seen: {line}")
    if silent.stop()["climbing"]:
        raise Failure("expected nobody to climb with --max-climbing 0")


@case
def climbing_left_out(bench):
    """--max-climbing 1 and four that climb: one is listed at most, and the others are counted."""
    cgroup = bench.cgroups.make()
    agent = bench.agent("--cgroup", cgroup, "--max-climbing", 1, defaults=True)
    start_all(bench, cgroup, [("pipe",), ("eventfd",), ("epoll",), ("memfd",)])

    def told(agent):
        seen = climbing(agent)
        if len(seen) > 1:
            raise Failure(f"expected one to be listed at most, seen: {seen}")
        return seen and agent.summaries[-1][1]["dropped"]["climbing_left_out"] == 3

    agent.wait_for(told, "one that climbs, and three left out", 60)
    agent.stop()


@case
def climbing_seen_by_a_scan(bench):
    """`scan -v` names the processes with most descriptors, and their kinds; without -v it does not."""
    program = bench.program("climbing", "steady", "eventfd", "pipe")
    program.next_phase()
    wanted = re.compile(rf"^climbing\[{program.pid}\] has \d+ descriptors: 4\d pipe ends, 20 eventfd",
                        re.M)
    deadline = time.monotonic() + 20
    while True:
        _, shown, errors = bench.run("scan", "-v", "--pid", program.pid)
        if wanted.search(shown):
            break
        if time.monotonic() > deadline:
            raise Failure(f"expected 20 eventfd and 40 pipe ends, seen: {shown[:300]} {errors}")
        time.sleep(0.05)
    _, shown, _ = bench.run("scan", "--pid", program.pid)
    if "descriptors: " in shown:
        raise Failure(f"expected no kinds without -v, seen: {shown[:300]}")
