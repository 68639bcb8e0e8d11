# SPDX-License-Identifier: BSD-2-Clause
"""Every plain test program, all at once, on one host: who leaks is named, who does not is not.

Three agents watch them side by side: one by the hooks that sockleak chooses, two by the kinds that
run at every system call, one of these with the hooks of close. The first watches the host, whatever else goes on there, and so may lose
some of it; the others nothing else.
"""

import pathlib

from lib.cgroups import inside
from lib.outcome import Failure
from lib.registry import cases
from lib.session import Session, run_sessions

# Programs that other cases run with arguments or filters of their own.
NOT_PLAIN = {
    "at_limit", "at_limit_many", "churn", "climbing", "flood", "fork_chain", "growing",
    "hammered", "held_again", "hoard", "hoarders", "leaker", "leaker32", "many", "paced",
    "pool", "quick_workers", "sites", "subuids", "tried_often", "turned", "workers",
}
FORCED = {"raw_syscalls": (), "raw_tp": ("--watch-close",)}
AGENTS = ("", *(f"@{kind}" for kind in FORCED))


def plain_programs():
    sources = pathlib.Path(__file__).parent.parent / "programs"
    return sorted(path.stem for path in sources.glob("*.c") if path.stem not in NOT_PLAIN)


@cases(names=[name + suffix for name in plain_programs() for suffix in AGENTS], slow=True)
def programs(bench):
    names = [n for n in plain_programs() if any(bench.wants(n + suffix) for suffix in AGENTS)]
    cgroup = bench.cgroups.make()
    host = bench.agent(name="")
    alone = [bench.agent("--hooks", kind, "--cgroup", cgroup, *more, name=f"@{kind}")
             for kind, more in FORCED.items()]
    agents = [host, *alone]
    sessions = []
    for name in names:
        try:
            program = bench.start_program(name, agents=agents, inside=inside(cgroup))
            sessions.append(Session(program, agents))
        except Failure as failure:
            for agent in agents:
                yield name + agent.name, failure
    for session in run_sessions(sessions):
        for agent, outcome in session.outcomes.items():
            yield session.program.name + agent.name, outcome
    host.stop()
    for agent in alone:
        expect_no_losses(agent.stop())


def expect_no_losses(summary):
    lost = {name: count for name, count in summary["dropped"].items() if count}
    # Two stacks in one bucket of the kernel's stack map: chance, and the size of the map.
    lost.pop("stack_collision", None)
    if lost:
        raise Failure(f"expected nothing dropped, seen: {lost}")
