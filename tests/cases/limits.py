# SPDX-License-Identifier: BSD-2-Clause
"""Many leaks, and more than fit."""

import time

from lib.agent import brief
from lib.outcome import Failure
from lib.registry import case
from lib.session import expect_all


@case
def many_leaks(bench):
    """2,000 leaks in one process: all reported, all resolved."""
    agent = bench.agent("--comm", "many2000")
    program = bench.program(str(bench.copy("many", "many2000")), 2000, agents=[agent])
    expect_all(program, [agent])
    summary = agent.stop()
    if summary["total"] != 2001 or summary["resolved"]["closed"] != 2000:
        raise Failure(f"expected 2001 leaks in all and 2000 closed, seen: {summary}")
    places = {event["site"] for event in agent.of("leak") if event["inode"] in program.inodes}
    # make_socket() alone, or with its two callers where frame pointers lead there.
    if None in places or len(places) > 2:
        raise Failure(f"expected one site or two, seen: {places}")


@case
def made_under_sweeps(bench):
    """Bursts of sockets while sweeps run without a pause: each keeps its origin."""
    agent = bench.agent("--interval", "10ms", "--comm", "burst")
    path = bench.copy("many", "burst")
    programs = [bench.program(str(path), 1000, agents=[agent]) for _ in range(6)]
    for program in programs:
        program.next_phase()
        program.wait_ready()
    wanted = set().union(*(program.phase.leaks for program in programs))
    agent.wait_for(lambda a: wanted <= set(a.open_leaks()), f"{len(wanted)} leaks")
    lost = [brief(event) for event in agent.of("leak") if event["class"] != "never_used"]
    if lost:
        raise Failure(f"expected class never_used of all, seen {len(lost)} others: {lost[:3]}")
    for program in programs:
        program.end()
    agent.stop()


@case
def tried_under_sweeps(bench):
    """Sockets are tried without a pause while sweeps take them over: every try is counted once."""
    agent = bench.agent("--interval", "10ms", "--comm", "hammered")
    program = bench.program("hammered", agents=[agent])
    expect_all(program, [agent])
    expect_nothing_lost(agent.stop())


def expect_nothing_lost(summary):
    lost = {k: v for k, v in summary["dropped"].items() if v and k != "stack_collision"}
    if lost:
        raise Failure(f"expected nothing lost, seen: {lost}")


@case
def healthy_in_use(bench):
    """21,000 sockets open at once, made at full rate and none too old: slots do not run out."""
    agent = bench.agent("--comm", "healthy", "--older-than", "60s")
    path = str(bench.copy("flood", "healthy"))
    programs = [bench.start_program(path, 1, 50000, 7000) for _ in range(3)]
    for program in programs:
        trouble = program.wait_ready(timeout=120)
        if trouble:
            raise Failure(trouble)
    agent.wait_quiet()
    for program in programs:
        program.end()
    summary = agent.stop()
    expect_nothing_lost(summary)
    if summary["counters"]["socket"] != 150000:
        raise Failure(f"expected 150000 sockets, seen: {summary['counters']}")


@case
def workers_share_a_site(bench):
    """1,500 sockets of short-lived processes, forked or run anew: few of their stacks are copied."""
    for more in ((), ("anew",)):
        agent = bench.agent("--comm", "quickly")
        path = str(bench.copy("quick_workers", "quickly"))
        program = bench.program(path, 500, 3, *more, agents=[agent])
        expect_all(program, [agent])
        program.end()
        summary = agent.stop()
        expect_nothing_lost(summary)
        events = summary["counters"]
        if events["socket"] != 1500 or not 1 <= events["snapshots"] <= 150:
            raise Failure(f"expected 1500 sockets and 150 copies at most, seen: {events}")


@case
def full_map(bench):
    """--max-sockets 16 and 100 leaks: 32 at the most are reported, the rest is counted and said.

    Those that were reported give way, and are kept in as many entries as there are sockets."""
    agent = bench.agent("--max-sockets", 16, "--comm", "fullmap")
    program = bench.program(str(bench.copy("many", "fullmap")), 100, agents=[agent])
    program.next_phase()
    program.wait_ready()
    agent.wait_for(lambda a: a.open_leaks(), "some leaks")
    agent.wait_quiet()
    reported = len(agent.open_leaks())
    if reported > 32:
        raise Failure(f"expected at most 32 leaks, seen: {reported}")
    strange = set(agent.open_leaks()) - program.inodes
    if strange:
        raise Failure(f"expected leaks of the program only, seen inodes: {strange}")
    program.next_phase()  # closes all
    program.wait_ready()
    agent.wait_for(lambda a: not a.open_leaks(), "all leaks resolved")
    program.next_phase()  # one more leak
    program.wait_ready()
    (inode,) = program.phase.leaks
    agent.wait_for(
        lambda a: a.of("leak", inode=inode, **{"class": "never_used"}), "the leak after the flood"
    )
    program.end()
    dropped = agent.stop()["dropped"]
    if not dropped["share_full"]:
        raise Failure(f"expected dropped.share_full > 0 in the summary, seen: {dropped}")


def wait_empty(agent):
    """Until some sweeps later nothing is pending; what the first one tells may be older."""
    begun = time.monotonic()

    def empty(agent):
        reported = agent.full_sweeps(begun)
        enough = reported and reported[-1] >= reported[0] + 3
        return enough and not agent.summaries[-1][1]["pending"]

    agent.wait_for(empty, "an end of all that is pending")


@case(slow=True)
def slots_come_back(bench):
    """128 slots, 480 sockets one after the other, half of them killed in between: none is lost."""
    agent = bench.agent("--comm", "slots", "--snapshots", 128, "--sample-after", 0)
    path = str(bench.copy("many", "slots"))
    for turn in range(8):
        program = bench.program(path, 60, agents=[agent])
        program.next_phase()
        program.wait_ready()
        wanted = set(program.phase.leaks)
        if turn % 2 == 0:  # before the threshold: the sweeps give the slots back
            program.process.kill()
        else:
            agent.wait_for(lambda a: wanted <= set(a.open_leaks()), "its leaks")
        program.end()
        wait_empty(agent)
    strange = {event["stack_source"] for event in agent.of("leak")} - {"snapshot"}
    summary = agent.stop()
    if strange or summary["dropped"]["no_slot"]:
        raise Failure(f"expected a snapshot of each socket, seen: {strange}, {summary['dropped']}")
    if summary["counters"]["snapshots"] < 8 * 60:
        raise Failure(f"expected {8 * 60} snapshots, seen: {summary['counters']}")
