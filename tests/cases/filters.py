# SPDX-License-Identifier: BSD-2-Clause
"""--pid, --uid, --comm, --cgroup and --class: the leaks asked for, and no others."""

import hashlib
import itertools
import os

from lib.agent import brief
from lib.cgroups import cgroup2_mount, inside
from lib.outcome import Failure
from lib.registry import case, cases
from lib.session import expect_all

# Users whom no process of the host has: one for each case that asks, and for each run of these.
new_uid = itertools.count(100_000 + 100 * os.getpid()).__next__


def expect_only(agent, wanted, others):
    """The leaks of the wanted programs have come; no event may be about anybody else."""
    inodes = set().union(*(program.phase.leaks for program in wanted))
    agent.wait_for(lambda a: inodes <= set(a.open_leaks()), f"leaks of inodes {sorted(inodes)}")
    agent.wait_quiet()
    for event in agent.events:
        if event["type"] == "leak" and event["inode"] not in inodes:
            ours = "another program of this case" if any(
                event["inode"] in program.inodes for program in others
            ) else "another process of the host"
            raise Failure(f"not expected, of {ours}: {brief(event)}")
    agent.stop()
    for program in wanted + others:
        program.end()


def leak_in(programs):
    for program in programs:
        program.next_phase()
    for program in programs:
        trouble = program.wait_ready()
        if trouble:
            raise Failure(trouble)


@case
def filter_pid(bench):
    """--pid: the whole thread group (held_later leaks in two threads), known before the leak."""
    wanted, other = bench.program("held_later"), bench.program("held_later")
    agent = bench.agent("--pid", wanted.pid)
    leak_in([wanted, other])
    expect_only(agent, [wanted], [other])


@case
def filter_pids(bench):
    """Several --pid: these processes, until the last of them has ended."""
    wanted = [bench.program("held_later") for _ in range(3)]
    other = bench.program("held_later")
    agent = bench.agent("--pid", wanted[0].pid, "-p", f"{wanted[1].pid},{wanted[2].pid}")
    leak_in([*wanted, other])
    inodes = set().union(*(program.phase.leaks for program in wanted))
    agent.wait_for(lambda a: inodes <= set(a.open_leaks()), f"leaks of inodes {sorted(inodes)}")
    agent.wait_quiet()
    strange = [event for event in agent.of("leak") if event["inode"] not in inodes]
    if strange:
        raise Failure(f"expected leaks of three processes alone, seen: {brief(strange[0])}")
    for program in wanted[:2]:
        program.end()
    agent.wait_quiet()  # there is one to watch
    wanted[2].end()
    agent.wait_end()
    other.end()
    if not any(
        line.endswith("and the others of --pid have ended") for line in agent.errors
    ):
        raise Failure(f"expected an end with its cause, seen: {agent.describe()}")


@case
def filter_uid(bench):
    path = bench.copy("held_later", "held_later")
    uid = new_uid()
    nobody = {"user": uid, "group": uid, "extra_groups": []}
    agent = bench.agent("--uid", uid)
    wanted = bench.program(str(path), **nobody)
    other = bench.program("held_later")
    leak_in([wanted, other])
    expect_only(agent, [wanted], [other])
    uids = {event["uid"] for event in agent.of("leak")}
    if uids != {uid}:
        raise Failure(f"expected uid {uid}, seen: {uids}")


@case
def filter_comm(bench):
    """--comm is the process's name, and a whole one: no prefix."""
    agent = bench.agent("--comm", "wanted")
    wanted = bench.program(str(bench.copy("held_later", "wanted")))
    others = [bench.program(str(bench.copy("held_later", name))) for name in ("wanted2", "want")]
    leak_in([wanted] + others)
    expect_only(agent, [wanted], others)


@case
def filter_comm_renamed(bench):
    """A main thread that has another name (Node's): --comm takes either, reports have both."""
    path, other_path = bench.copy("renamed", "wanted_too"), bench.copy("held", "wanted_to")
    uid = new_uid()
    nobody = {"user": uid, "group": uid, "extra_groups": []}  # the case `renamed` is root's
    for name in ("wanted_too", "AMainThread"):
        agent = bench.agent("--comm", name, "--uid", uid)
        wanted, other = bench.program(str(path), **nobody), bench.program(str(other_path), **nobody)
        expect_only(agent, [wanted], [other])
        event = agent.of("leak")[0]
        if (event["comm"], event["name"]) != ("AMainThread", "wanted_too"):
            raise Failure(f"expected both names, seen: {brief(event)} {event['name']}")
    program = bench.program(str(path))
    status, text, _ = bench.run("scan", "--comm", "wanted_too")
    if status or f"wanted_too[{program.pid}]" not in text or (
            "its main thread is called AMainThread" not in text):
        raise Failure(f"expected both names, seen: {text}")


@case
def filter_comm_left(bench):
    """A call that began while the process had the name is seen to its end."""
    agent = bench.agent("--comm", "connect-first")
    wanted = bench.program("connect_renamed", agents=[agent])
    leak_in([wanted])
    expect_all(wanted, [agent])
    agent.stop()


@case
def filter_comm_entered(bench):
    """A call that began out of sight is found all the same, by a full sweep or without one."""
    agents = [bench.agent("--comm", "connect-begun", "--full-sweep-interval", interval)
              for interval in ("400ms", "600s")]
    program = bench.program("connect_begun_renamed", agents=agents)
    expect_all(program, agents[:1])
    for agent in agents:
        agent.stop()
        if agent.of("leak"):
            raise Failure(f"expected nothing, seen: {brief(agent.of('leak')[0])}")


@case
def filter_cgroup_left(bench):
    """The same of one that leaves the cgroup, and comes back with what it then has."""
    paths = [bench.cgroups.make(), bench.cgroups.make()]
    agent = bench.agent("--cgroup", paths[0])
    wanted = bench.program("connect_renamed", agents=[agent], inside=inside(paths[0]))
    enter(wanted, paths[1])
    leak_in([wanted])
    enter(wanted, paths[0])
    expect_all(wanted, [agent])
    agent.stop()


def enter(program, cgroup):
    with open(os.path.join(cgroup, "cgroup.procs"), "w", encoding="ascii") as procs:
        procs.write(str(program.pid))


@case
def filter_class(bench):
    agent = bench.agent("--class", "probed,connect_failed")
    wanted = [bench.start_program(name, agents=[agent]) for name in ("probed", "connect_refused")]
    others = [bench.start_program(name, agents=[agent]) for name in ("held", "bind_failed")]
    for program in wanted + others:
        program.wait_ready()
    agent.wait_for(
        lambda a: all(set(p.phase.leaks) <= set(a.open_leaks()) for p in wanted),
        "the probed and the connect_failed leak", timeout=60,
    )
    agent.wait_quiet()
    classes = {event["class"] for event in agent.of("leak")}
    if classes != {"probed", "connect_failed"}:
        raise Failure(f"expected only probed and connect_failed, seen: {classes}")
    agent.stop()


@case
def class_was_connected(bench):
    """Dead former connections are reported when they are asked for."""
    agent = bench.agent("--class", "was_connected")
    program = bench.program("was_connected", agents=[agent])
    found = agent.wait_for(lambda a: a.of("leak", pid=program.pid), "a leak of was_connected")
    if found[0]["class"] != "was_connected":
        raise Failure(f"expected class was_connected, seen: {brief(found[0])}")
    agent.stop()


def cgroup_programs(bench):
    """A cgroup, one inside it and one beside both, with a program in each."""
    outer = bench.cgroups.make()
    paths = [outer, bench.cgroups.make(outer), bench.cgroups.make()]
    return paths, [bench.program("held_later", inside=inside(path)) for path in paths]


@case
def filter_cgroup(bench):
    """--cgroup takes in the cgroup's descendants."""
    paths, programs = cgroup_programs(bench)
    agent = bench.agent("--cgroup", paths[0])
    leak_in(programs)
    expect_only(agent, programs[:2], programs[2:])
    mount = cgroup2_mount()
    for path, program in zip(paths[:2], programs):
        for event in agent.of("leak", pid=program.pid):
            expected = (os.stat(path).st_ino, path[len(mount) :])
            if (event["cgroup_id"], event["cgroup"]) != expected:
                raise Failure(
                    f"expected cgroup {expected}, seen: "
                    f"{(event['cgroup_id'], event['cgroup'])}"
                )


@case
def filter_cgroup_nested(bench):
    """--cgroup of the inner one leaves its parent out; two of them add up."""
    paths, programs = cgroup_programs(bench)
    inner = bench.agent("--cgroup", paths[1])
    two = bench.agent("--cgroup", paths[1], "--cgroup", paths[2])
    leak_in(programs)
    wanted = set(programs[1].phase.leaks) | set(programs[2].phase.leaks)
    two.wait_for(lambda a: wanted <= set(a.open_leaks()), f"leaks of inodes {sorted(wanted)}")
    expect_only(inner, programs[1:2], [programs[0], programs[2]])
    strangers = [brief(event) for event in two.of("leak") if event["inode"] not in wanted]
    if strangers:
        raise Failure(f"not expected: {strangers}")
    two.stop()


@case
def filter_created_before(bench):
    """A filter holds for sockets of unknown origin, too."""
    wanted, other = bench.program("held"), bench.program("held")
    agent = bench.agent("--pid", wanted.pid)
    expect_only(agent, [wanted], [other])


@case
def filters_together(bench):
    """Two filters: both must hold."""
    uid = new_uid()
    nobody = {"user": uid, "group": uid, "extra_groups": []}
    agent = bench.agent("--comm", "together", "--uid", uid)
    wanted = bench.program(str(bench.copy("held_later", "together")), **nobody)
    others = [
        bench.program(str(bench.copy("held_later", "together"))),
        bench.program(str(bench.copy("held_later", "apart")), **nobody),
    ]
    leak_in([wanted] + others)
    expect_only(agent, [wanted], others)


@case
def filter_follows_a_program(bench):
    """With a filter a program goes through all its phases as without one."""
    agent = bench.agent("--comm", "followed")
    expect_all(bench.program(str(bench.copy("class_changes", "followed")), agents=[agent]), [agent])
    agent.stop()


CONTAINERS = [hashlib.sha256(name.encode()).hexdigest() for name in ("one", "two")]
POD = "3f8b1c2e-9d4a-4e6b-8c7d-1a2b3c4d5e6f"


def workload(bench, unit, pod, container):
    """A cgroup as systemd and Kubernetes name it, with one inside it as some runtimes have."""
    top = bench.cgroups.make()
    middle = bench.cgroups.make(top, unit or f"kubepods-pod{pod.replace('-', '_')}.slice")
    if not container:
        return middle
    return bench.cgroups.make(middle, f"cri-containerd-{container}.scope")


# name: (options, the workload that they name, another one)
WORKLOADS = {
    "filter_unit": (["--unit", "wanted"], ("wanted.service", "", ""), ("other.service", "", "")),
    "filter_container": (
        ["--container", CONTAINERS[0][:12]],
        ("", POD, CONTAINERS[0]),
        ("", POD, CONTAINERS[1]),
    ),
    "filter_pod": (["--pod", POD], ("", POD, CONTAINERS[0]), ("", POD[::-1], CONTAINERS[1])),
}


@cases(names=list(WORKLOADS))
def filter_workloads(bench):
    """Cgroups that are found by what they name, also when they are made after the start."""
    for name, (options, wanted, other) in WORKLOADS.items():
        if not bench.wants(name):
            continue
        try:
            agent = bench.agent(*options)
            programs = [
                bench.program("held_later", inside=inside(workload(bench, *which)))
                for which in (wanted, other)
            ]
            agent.wait_quiet()  # some sweeps: the cgroup is known
            leak_in(programs)
            expect_only(agent, programs[:1], programs[1:])
            event = agent.of("leak", pid=programs[0].pid)[0]
            unit, pod, container = (word or None for word in wanted)
            reported = (event["pod"], event["container"], event["tid"] is not None)
            if reported != (pod, container, True):
                raise Failure(
                    f"expected {(pod, container)} and its creation seen, seen: {reported}"
                )
            if unit and event["unit"] != unit:
                raise Failure(f"expected unit {unit}, seen: {event['unit']}")
            if "held_later" not in event["command"]:
                raise Failure(f"expected its command line, seen: {event['command']!r}")
            yield name, None
        except Failure as failure:
            yield name, failure
