# SPDX-License-Identifier: BSD-2-Clause
"""Every plain test program, all at once, on one host: who leaks is named, who does not is not.

Two agents watch them side by side, one for each way to see system calls.
"""

import pathlib

from lib.outcome import Failure
from lib.registry import cases
from lib.session import Session, run_sessions

# Programs that other cases run with arguments or filters of their own.
NOT_PLAIN = {"churn", "flood", "growing", "hoard", "leaker", "many", "sites", "turned"}
AGENTS = {"": [], "@raw_tp": ["--hooks", "raw_tp"]}


def plain_programs():
    sources = pathlib.Path(__file__).parent.parent / "programs"
    return sorted(path.stem for path in sources.glob("*.c") if path.stem not in NOT_PLAIN)


@cases(names=[name + suffix for name in plain_programs() for suffix in AGENTS])
def programs(bench):
    names = [n for n in plain_programs() if any(bench.wants(n + suffix) for suffix in AGENTS)]
    agents = [bench.agent(*args, name=suffix) for suffix, args in AGENTS.items()]
    sessions = []
    for name in names:
        try:
            sessions.append(Session(bench.start_program(name, agents=agents), agents))
        except Failure as failure:
            for agent in agents:
                yield name + agent.name, failure
    for session in run_sessions(sessions):
        for agent, outcome in session.outcomes.items():
            yield session.program.name + agent.name, outcome
    for agent in agents:
        expect_no_losses(agent.stop())


def expect_no_losses(summary):
    lost = {name: count for name, count in summary["dropped"].items() if count}
    # Two stacks in one bucket of the kernel's stack map: chance, and the size of the map.
    lost.pop("stack_collision", None)
    if lost:
        raise Failure(f"expected nothing dropped, seen: {lost}")
