# SPDX-License-Identifier: BSD-2-Clause
"""How system calls are seen: by name, and without leaving a mount behind."""

import pathlib

from lib.outcome import Failure
from lib.registry import cases
from lib.session import Session, run_sessions

CORE = ["held", "probed", "connected", "connect_refused", "bind_failed", "listening", "fd_reused"]


@cases(names=[f"hooks_{hooks}" for hooks in ("tracepoint", "raw_tp")])
def hooks(bench):
    for hooks in ("tracepoint", "raw_tp"):
        if bench.wants(f"hooks_{hooks}"):
            try:
                check_hooks(bench, hooks)
                yield f"hooks_{hooks}", None
            except Failure as failure:
                yield f"hooks_{hooks}", failure


def check_hooks(bench, hooks):
    before = tracefs_mounts()
    agent = bench.agent("--hooks", hooks)
    sessions = [Session(bench.start_program(name, agents=[agent]), [agent]) for name in CORE]
    problems = []
    for session in run_sessions(sessions):
        outcome = session.outcomes[agent]
        problems += [f"{session.program.name}: {outcome}"] if outcome else []
    summary = agent.stop()
    if problems:
        raise Failure("\n      ".join(problems))
    if summary["hooks"] != hooks:
        raise Failure(f"expected hooks {hooks!r} in the summary, seen: {summary['hooks']!r}")
    if tracefs_mounts() != before:
        raise Failure(f"expected the mounts {before}, seen after the run: {tracefs_mounts()}")


def tracefs_mounts():
    lines = pathlib.Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    return sorted(line.split()[4] for line in lines if " - tracefs " in line)
