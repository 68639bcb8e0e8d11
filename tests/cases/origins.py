# SPDX-License-Identifier: BSD-2-Clause
"""What does not depend on when, how often and in which company sockleak is started."""

from lib.agent import brief
from lib.cgroups import inside
from lib.outcome import Failure
from lib.registry import case

HELD = ["held", "probed", "connect_refused", "bound_only", "held_unix", "netlink_never_used"]
HEALTHY = [
    "connected", "connecting_tcp", "listening", "accepted", "socketpair", "udp_used", "udp_ioctl",
    "udp_ioctl_at_once", "unix_dgram_sender", "netlink_used", "raw_used", "packet_used",
    "was_connected", "mptcp_used",
]  # fmt: skip


@case
def made_before_start(bench):
    """Sockets from before the start: leaks of unknown origin, what is in use is not reported."""
    leaking = [bench.start_program(name) for name in HELD]
    healthy = [bench.start_program(name) for name in HEALTHY]
    for program in leaking + healthy:
        trouble = program.wait_ready()
        if trouble:
            raise Failure(f"{program.name}: {trouble}")
    agent = bench.agent()
    wanted = set().union(*(program.phase.leaks for program in leaking))
    agent.wait_for(lambda a: wanted <= set(a.open_leaks()), f"leaks of inodes {sorted(wanted)}")
    agent.wait_quiet()
    for inode in wanted:
        event = agent.open_leaks()[inode]
        seen = {key: event[key] for key in ("class", "created", "age_s", "tid", "site", "stack")}
        expected = dict.fromkeys(seen, None)
        expected["class"] = "unknown_origin"
        if seen != expected:
            raise Failure(f"expected {expected}, seen: {seen} in {brief(event)}")
    expect_nothing_of(agent, healthy)
    held = leaking[0]
    (inode,) = held.phase.leaks
    held.next_phase()
    agent.wait_for(
        lambda a: a.of("resolved", inode=inode, reason="closed"), f"inode {inode} resolved: closed"
    )
    agent.stop()


def expect_nothing_of(agent, programs):
    for program in programs:
        for event in agent.of("leak"):
            if event["pid"] in program.pids:
                raise Failure(f"expected no leak of {program.name}, seen: {brief(event)}")


@case
def used_after_start(bench):
    """A socket from before the start connects: resolved, used."""
    program = bench.program("slow_resolver")
    agent = bench.agent()
    (inode,) = program.phase.leaks
    agent.wait_for(lambda a: inode in a.open_leaks(), f"a leak of inode {inode}")
    program.next_phase()
    agent.wait_for(
        lambda a: a.of("resolved", inode=inode, reason="used"), f"inode {inode} resolved: used"
    )
    agent.stop()


@case
def two_agents_agree(bench):
    """Two sockleaks at once say the same of the same sockets."""
    # A cgroup of their own: few stacks, so none is lost to another by chance.
    cgroup = bench.cgroups.make()
    agents = [bench.agent("--cgroup", cgroup), bench.agent("--cgroup", cgroup)]
    programs = [bench.start_program(name, inside=inside(cgroup)) for name in HELD]
    for program in programs:
        program.wait_ready()
    wanted = set().union(*(program.phase.leaks for program in programs))
    reported = []
    for agent in agents:
        agent.wait_for(lambda a: wanted <= set(a.open_leaks()), f"leaks of {sorted(wanted)}")
        reported.append({inode: agreed_part(agent.open_leaks()[inode]) for inode in wanted})
    for inode in wanted:
        if reported[0][inode] != reported[1][inode]:
            raise Failure(f"one says {reported[0][inode]}, the other says {reported[1][inode]}")
    for agent in agents:
        agent.stop()


def agreed_part(event):
    keys = ["pid", "tid", "comm", "fd", "family", "socket_type", "protocol", "class", "exe"]
    keys += ["site", "evidence", "cgroup"]
    part = {key: event[key] for key in keys}
    # Times since the start of the socket are measured by each on its own.
    part["evidence"] = {k: v for k, v in part["evidence"].items() if not k.endswith("_s")}
    return part


@case
def site_is_stable(bench):
    """The same code has the same site id in every process; other code has another."""
    cgroup = bench.cgroups.make()
    agent = bench.agent("--cgroup", cgroup)
    same = [bench.program("held", inside=inside(cgroup)) for _ in range(2)]
    other = bench.program("probed", inside=inside(cgroup))
    inodes = [next(iter(program.phase.leaks)) for program in same + [other]]
    agent.wait_for(lambda a: set(inodes) <= set(a.open_leaks()), f"leaks of inodes {inodes}")
    sites = [agent.open_leaks()[inode]["site"] for inode in inodes]
    if sites[0] != sites[1] or sites[0] == sites[2] or None in sites:
        raise Failure(f"expected A, A, B, seen: {sites}")
    agent.stop()


@case
def chain_of_forks(bench):
    """Each process creates a socket, forks and exits: all are of one site, held by the last one."""
    agent = bench.agent("--comm", "forkchain")
    program = bench.program(str(bench.copy("fork_chain", "forkchain")), agents=[agent])
    wanted = set(program.phase.leaks)
    agent.wait_for(lambda a: wanted <= set(a.open_leaks()), "its leaks")
    agent.wait_quiet()
    leaks = [agent.open_leaks()[inode] for inode in wanted]
    sites = {leak["site"] for leak in leaks}
    holders = {leak["pid"] for leak in leaks}
    if len(sites) != 1 or None in sites or len(holders) != 1:
        raise Failure(f"expected one site and one holder, seen: {sites}, {holders}")
    whole = [leak for leak in leaks if leak["stack_source"] == "snapshot"]
    if not whole or any(leak["culprit"]["function"] != "make_socket" for leak in whole):
        raise Failure(f"expected make_socket, seen: {[leak['culprit'] for leak in leaks]}")
    passed_on = [leak for leak in leaks if leak["creator_pid"] != leak["pid"]]
    if len(passed_on) != len(leaks) - 1 or {leak["thread"] for leak in passed_on} != {"forkchain"}:
        raise Failure(f"expected to be told who created them, seen: {passed_on[:2]}")
    if not any(site["site"] in sites for site in agent.summaries[-1][1]["leaking"]):
        raise Failure(f"expected it to leak, seen: {agent.summaries[-1][1]['leaking']}")
    program.end()
    agent.stop()


@case
def turned_leaky(bench):
    """A call that always came clean leaks: the call is known, and from then on its stack,
    whose site is also that of those before."""
    agent = bench.agent("--comm", "turned")
    program = bench.program(str(bench.copy("turned", "turned")))
    first = stacks_of(agent, program)
    # One in 64 has a copy of its stack all the same: hardly all four.
    calls = [stack for stack in first if stack["stack_source"] == "call"]
    if not calls or any(s["stack_source"] not in ("call", "snapshot") for s in first):
        raise Failure(f"expected the call alone, seen: {first}")
    for stack in calls:
        seen = [frame["function"] for frame in stack["stack"]]
        if len(seen) != 2 or seen[1] != "make_socket" or not stack["stack_truncated"]:
            raise Failure(f"expected socket and make_socket, truncated, seen: {stack}")
    before = set(program.phase.leaks)
    program.next_phase()
    program.wait_ready()
    later = stacks_of(agent, program)
    for stack in later:
        if stack["stack_source"] != "snapshot" or stack["stack_truncated"]:
            raise Failure(f"expected a whole stack, seen: {stack}")
    agent.wait_quiet()
    reported = agent.open_leaks()
    sites = {reported[inode]["site"] for inode in before} | {stack["site"] for stack in later}
    moved = {inode for inode in before if reported[inode]["change"] == "changed"}
    # All of them, unless one has had a copy already: those behind it were at its site at once.
    if len(sites) != 1 or not moved <= {stack["inode"] for stack in calls}:
        raise Failure(f"expected all at one site, seen: {sites}; again: {moved} of {before}")
    program.end()
    agent.stop()


def stacks_of(agent, program):
    wanted = set(program.phase.leaks)
    agent.wait_for(lambda a: wanted <= set(a.open_leaks()), f"leaks of inodes {sorted(wanted)}")
    return [agent.open_leaks()[inode] for inode in wanted]
