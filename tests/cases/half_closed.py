# SPDX-License-Identifier: BSD-2-Clause
"""Connections that the peer has closed, or that are gone: only on request, and then with origin."""

import datetime
import signal

from lib.agent import brief
from lib.hooks import KINDS, kinds_here
from lib.outcome import Failure
from lib.registry import case, cases
from lib.session import expect_all

ALSO = ("--also", "half_closed,was_connected")


def expect(condition, wanted, seen):
    if not condition:
        raise Failure(f"expected {wanted}, seen: {seen}")


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@cases(names=["half_closed_by_" + kind for kind in KINDS])
def half_closed_by(bench):
    """With their origin, peer and age, by each kind of hooks."""
    here = kinds_here(bench)
    for kind in KINDS:
        name = "half_closed_by_" + kind
        if not bench.wants(name):
            continue
        if kind not in here:
            yield name, None
            continue
        comm = "half_" + kind[:9]
        try:
            expect_origin(bench, kind, comm)
            yield name, None
        except Failure as failure:
            yield name, failure


def expect_origin(bench, kind, comm):
    agent = bench.agent("--comm", comm, "--hooks", kind, *ALSO)
    program = bench.program(str(bench.copy("half_closed", comm)), "also", agents=[agent])
    expect_all(program, [agent])
    for event in agent.of("leak", change="opened"):
        waited = time_of(event["time"]) - time_of(event["evidence"]["disconnected"])
        expect(waited > 0, "the age of the end", brief(event))
    agent.stop()


@case
def half_closed_left_aside(bench):
    """By default they are counted in a line, and nothing is kept of any connection."""
    agent = bench.agent("--comm", "half_left", "--full-sweep-interval", "500ms")
    text = bench.agent("--comm", "half_left", as_json=False)
    asked = bench.agent("--comm", "half_left", *ALSO)
    program = bench.program(str(bench.copy("half_closed", "half_left")), agents=[agent])

    def counted(agent):
        agent.process.send_signal(signal.SIGUSR1)
        return any((summary["half_closed"], summary["was_connected"]) == (3, 1)
                   for _, summary in list(agent.summaries))

    agent.wait_for(counted, "3 half closed, 1 formerly connected")
    asked.wait_for(lambda a: len(a.open_leaks()) == 5, "5 leaks of who asks")
    text.stop()
    line = "3 sockets are half closed (CLOSE_WAIT), and 1 socket had a connection that is gone;"
    expect(any(line in one for one in text.lines), line, text.lines)
    program.end()
    summary, of_asked = agent.stop(), asked.stop()
    expect(not agent.of("leak"), "no leak", agent.of("leak"))
    expect(summary["counters"]["connected_kept"] == 0, "nothing kept", summary["counters"])
    expect(of_asked["half_closed"] is None and of_asked["counters"]["connected_kept"] > 0,
           "no such line, and kept ones, for who asks", of_asked)
    more = of_asked["kernel_memory_bytes"] - summary["kernel_memory_bytes"]
    expect(more > 8 << 20, "a map for who asks alone", more)


@case
def half_closed_classes(bench):
    """--class names them alone, --also beside the others."""
    alone = bench.agent("--comm", "half_class", "--class", "half_closed")
    program = bench.program(str(bench.copy("half_closed", "half_class")), agents=[alone])
    alone.wait_for(lambda a: len(a.open_leaks()) == 4, "4 half closed")
    alone.wait_quiet()
    expect({e["class"] for e in alone.of("leak")} == {"half_closed"}, "half_closed alone",
           [brief(e) for e in alone.of("leak")])
    summary = alone.stop()
    expect((summary["half_closed"], summary["was_connected"]) == (None, 1), "1 was_connected",
           summary)
    program.end()


def used_snapshots(agent):
    """As of its last report; the next one is asked for."""
    agent.process.send_signal(signal.SIGUSR1)
    tables = [summary["tables"] for _, summary in list(agent.summaries)][-1:]
    return next((table["used"] for table in sum(tables, []) if table["of"] == "snapshots"), None)


@case
def half_closed_bounded(bench):
    """Connections that are alive hold few slots, and few entries; what has no room is counted."""
    agent = bench.agent("--comm", "half_live", "--snapshots", 16, "--sample-after", 0, *ALSO)
    small = bench.agent("--comm", "half_live", "--max-sockets", 8, *ALSO)
    program = bench.program(str(bench.copy("half_closed", "half_live")), "live", 40,
                            agents=[agent])
    agent.wait_quiet()
    agent.wait_for(lambda a: used_snapshots(a) == 1, "one whole stack of the call site")
    program.next_phase()
    program.wait_ready()
    wanted = set(program.phase.leaks)
    agent.wait_for(lambda a: wanted <= set(a.open_leaks()), f"leaks of {sorted(wanted)}")
    sources = {event["stack_source"] for event in agent.open_leaks().values()}
    expect(sources == {"snapshot"}, "a whole stack of each leak", sources)
    kept = agent.stop()["counters"]["connected_kept"]
    expect(kept == 40, "40 connections kept", kept)
    small.wait_quiet()
    dropped = small.stop()["dropped"]
    expect(dropped["connected_full"] > 0, "connections without room", dropped)
