# SPDX-License-Identifier: BSD-2-Clause
"""Each stack agrees with gdb's, frame by frame. See tests/truth/ and docs/stacks-truth.md."""

from lib.cgroups import inside
from lib.registry import cases
from truth import suite

JOBS = 3  # of the two or three gdbs at a time most wait for the threshold


@cases(names=[f"truth_{subject.name}" for subject in suite.chosen([])], slow=True)
def truth(bench):
    wanted = [s for s in suite.chosen([]) if bench.wants(f"truth_{s.name}")]
    cgroup = bench.cgroups.make()
    agent = bench.agent("--cgroup", cgroup)
    programs = bench.programs.parent / "truth"
    for subject, outcome in suite.examine_all(
        bench, agent, wanted, programs, inside(cgroup), JOBS
    ):
        bad = suite.verdict(subject, outcome)
        yield f"truth_{subject.name}", outcome if isinstance(outcome, Exception) else bad
    agent.stop()
