# SPDX-License-Identifier: BSD-2-Clause
"""Each stack agrees with gdb's, frame by frame, and what is said of a leak in each runtime is right.
See tests/truth/, docs/stacks-truth.md and docs/truth.md."""

from lib.cgroups import inside
from lib.registry import cases
from truth import judge, rows, suite

JOBS = 3  # of the two or three gdbs at a time most wait for the threshold
ROWS_AT_ONCE = 6  # without gdb they wait for the threshold nearly all of the time


@cases(names=[f"truth_{subject.name}" for subject in suite.chosen([])], slow=True)
def truth(bench):
    wanted = [s for s in suite.chosen([]) if bench.wants(f"truth_{s.name}")]
    cgroup = bench.cgroups.make()
    # gdb has native frames alone
    agent = bench.agent("--cgroup", cgroup, "--script-frames", "none")
    programs = bench.programs.parent / "truth"
    for subject, outcome in suite.examine_all(
        bench, agent, wanted, programs, inside(cgroup), JOBS
    ):
        bad = suite.verdict(subject, outcome)
        yield f"truth_{subject.name}", outcome if isinstance(outcome, Exception) else bad
    agent.stop()


HERE = [row for row in rows.ROWS if not row.suite]  # those of other suites: make truth


@cases(names=[f"runtime_{row.name}" for row in HERE], slow=True)
def runtimes(bench):
    wanted = [row for row in HERE if bench.wants(f"runtime_{row.name}")]
    cgroup = bench.cgroups.make()
    agent = bench.agent("--cgroup", cgroup, *judge.OPTIONS)
    programs = bench.programs.parent / "truth"
    for verdict in judge.judge(
        bench, agent, wanted, programs, inside(cgroup), ROWS_AT_ONCE, with_gdb=False
    ):
        yield f"runtime_{verdict.row.name}", verdict.outcome()
    agent.stop()
