# SPDX-License-Identifier: BSD-2-Clause
"""Who fills the tables, and that this takes no room from others: docs/security.md."""

import collections
import signal
import time

from cases.pins import LEAKS, bpffs, end, leak
from lib.cgroups import inside
from lib.outcome import Failure
from lib.registry import case

UID = 54321  # of nobody on the host
TABLE = 2048


def expect_all_with_site(agent, program, count):
    """The program's leaks are all reported, and of one site."""
    agent.wait_for(lambda a: program.inodes <= set(a.open_leaks()), f"the {count} leaks")
    leaks = [leak for inode, leak in agent.open_leaks().items() if inode in program.inodes]
    sites = {(leak["site"], leak["class"]) for leak in leaks}
    if len(leaks) != count or len(sites) != 1 or sites.pop()[1] != "never_used":
        raise Failure(f"expected {count} leaks of one site, seen {len(leaks)} of {sites}")
    if None in {leak["site"] for leak in leaks}:
        raise Failure("expected a site of the leaks, seen none")


def beside_hoarders(bench, *args):
    """More sockets than the table holds, and then one who leaks 30."""
    cgroup = bench.cgroups.make()
    agent = bench.agent("--cgroup", cgroup, "--max-sockets", TABLE)
    hoarders = bench.program("hoarders", *args, inside=inside(cgroup), agents=[agent])
    agent.wait_for(lambda a: len(a.of("leak")) > TABLE / 2, "leaks of the hoarders")
    agent.wait_quiet()
    a_sweep = collections.Counter(leak["time"] for leak in agent.of("leak") if leak["uid"] == UID)
    if max(a_sweep.values()) > 2 * TABLE / 8:  # a quick sweep, and a full one that follows it
        raise Failure(f"expected some of one user's leaks in a sweep, seen: {a_sweep}")
    table = agent.summaries[-1][1]["tables"][0]
    if (table["of"], table["room"]) != ("sockets", TABLE) or table["used"] < TABLE / 2 or \
            not UID <= table["uid"] < UID + 50 or table["pid"] not in hoarders.pids:
        raise Failure(f"expected a hoarder to be named, seen: {table}")
    return cgroup, agent, hoarders


def expect_room_again(agent, hoarders, users):
    """What was given up ends as any other leak. One user leaves room; of 50 none has more than its
    share, and those that fill the table before the next sweep may be refused for want of room."""
    known = {inode for inode in agent.open_leaks()}
    hoarders.next_phase()
    agent.wait_for(lambda a: not a.open_leaks(), f"an end of {len(known)} leaks")
    twice = len(agent.of("leak")) - len({event["inode"] for event in agent.of("leak")})
    dropped = agent.stop()["dropped"]
    full = dropped["map_full"] if users == 1 else 0
    if twice or full or not dropped["share_full"] or not dropped["given_up"]:
        raise Failure(f"expected that shares were full and leaks given up, and none was "
                      f"reported twice, seen: {twice} twice, {dropped}")


@case
def hoarder_beside_a_leaker(bench):
    """Two processes of a user fill the table: another user's leaks are all reported, and its own."""
    cgroup, agent, hoarders = beside_hoarders(bench, 2, 1500, UID, 0)
    for of_hoarder in (False, True):
        enter = inside(cgroup)
        if of_hoarder:
            enter = lambda command: inside(cgroup)(
                ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", *command])
        program = bench.program("many", 30, inside=enter, agents=[agent])
        program.next_phase()
        program.wait_ready()
        expect_all_with_site(agent, program, 30)
        program.end()
    expect_room_again(agent, hoarders, users=1)


@case
def many_hoarders_beside_a_leaker(bench):
    """The same with 50 users, each of which has little."""
    cgroup, agent, hoarders = beside_hoarders(bench, 50, 50, UID, 1)
    program = bench.program("many", 30, inside=inside(cgroup), agents=[agent])
    program.next_phase()
    program.wait_ready()
    expect_all_with_site(agent, program, 30)
    program.end()
    expect_room_again(agent, hoarders, users=50)


def table_of_sockets(agent):
    """As a sweep from now on finds it."""
    asked = time.monotonic()
    agent.wait_for(lambda a: len(set(a.full_sweeps(asked))) >= 3, "sweeps that tell of themselves")
    return next(t for t in agent.summaries[-1][1]["tables"] if t["of"] == "sockets")


@case
def subuids_beside_a_leaker(bench):
    """In a container that root has made, a user with a namespace of its own has one share."""
    cgroup = bench.cgroups.make()
    agent = bench.agent("--cgroup", cgroup)
    bench.program("subuids", inside=inside(cgroup), agents=[agent])
    agent.wait_for(lambda a: len(a.open_leaks()) == 100, "100 leaks")
    table = table_of_sockets(agent)
    if (table["uid"], table["uid_used"]) != (525288, 100):
        raise Failure(f"expected 100 sockets of 525288, seen: {table}")
    agent.stop()


@case
def hoarder_beside_many_users(bench):
    """Users beyond as many as are told apart have one share together."""
    cgroup = bench.cgroups.make()
    agent = bench.agent("--cgroup", cgroup, "--max-sockets", TABLE, "--stack-size", 0)
    bench.program("hoarders", 1100, 1, 300000, 1, inside=inside(cgroup), agents=[agent])
    agent.wait_for(lambda a: len(a.open_leaks()) == 1100, "1,100 leaks", timeout=60)
    bench.program("hoarders", 1, 1500, UID, 0, inside=inside(cgroup), agents=[agent])
    agent.wait_for(lambda a: len(a.open_leaks()) == 2600, "all leaks", timeout=60)
    table = table_of_sockets(agent)
    dropped = agent.stop()["dropped"]
    if table["uid"] != 2 ** 32 - 1 or not dropped["share_full"] or dropped["map_full"]:
        raise Failure(f"expected a full share of the other users, seen: {table}, {dropped}")


def slots_in_use(agent):
    """(of all, of the user who has most), as a sweep from now on counts them."""
    asked = time.monotonic()
    agent.wait_for(lambda a: len(set(a.full_sweeps(asked))) >= 3, "sweeps that tell of themselves")
    table = next(t for t in agent.summaries[-1][1]["tables"] if t["of"] == "snapshots")
    return table["used"], table["uid_used"]


@case
def shares_after_a_restart(bench):
    """Copies of stacks that outlive a restart stay in their user's share until they are dropped."""
    with bpffs(bench) as pin:
        options = ("--comm", "slots", "--pin", pin, "--older-than", "60s",
                   "--sample-after", 0)
        first = bench.agent(*options)
        binary = str(bench.copy("many", "slots"))
        old, new = (bench.program(binary, LEAKS, agents=[first]) for _ in range(2))
        leak(old, None)
        first.wait_for(lambda a: slots_in_use(a) == (LEAKS, LEAKS), f"{LEAKS} slots in use")
        end(first, signal.SIGTERM)
        second = bench.agent(*options)
        leak(new, None)
        second.wait_for(lambda a: slots_in_use(a) == (2 * LEAKS, 2 * LEAKS), "the slots of both")
        old.next_phase()  # closes all
        old.wait_ready()
        second.wait_for(lambda a: slots_in_use(a) == (LEAKS, LEAKS), "the slots of the new ones")
        sockets = second.summaries[-1][1]["tables"][0]
        if (sockets["of"], sockets["used"], sockets["uid_used"]) != ("sockets", LEAKS, LEAKS):
            raise Failure(f"expected {LEAKS} sockets in shares, seen: {sockets}")
        end(second, signal.SIGTERM)
