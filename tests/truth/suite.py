# SPDX-License-Identifier: BSD-2-Clause
"""suite: the comparison of many subjects side by side, and what counts as good."""

import concurrent.futures
import shutil

from lib.outcome import Failure, Skip
from lib.registry import matches
from truth.subjects import SUBJECTS
from truth.watch import examine

BAR = 0.95


def chosen(patterns):
    return [subject for subject in SUBJECTS if matches(subject.name, patterns)]


def verdict(subject, outcome):
    """None, or the exception that says what is wrong."""
    if isinstance(outcome, Exception):
        return None if isinstance(outcome, Skip) else outcome
    if not outcome.gdb:
        return Failure("expected stacks, seen: none")
    if outcome.sources != {"snapshot"}:
        return Failure(f"expected stack_source snapshot, seen: {outcome.sources}")
    if outcome.silent:
        return Failure(f"expected stack_truncated, seen: {outcome.silent} stacks without")
    if subject.cut:
        return cut_verdict(outcome)
    for what, frames, agree in (
        ("gdb's", outcome.gdb, outcome.agree),
        ("a helped gdb's", outcome.helped, outcome.helped_agree),
        ("gdb's inlined", outcome.inlined if outcome.inlined_reported else 0,
         outcome.inlined_agree),
    ):
        if agree < BAR * frames:
            return Failure(
                f"expected {BAR:.0%} of {what} {frames} frames, seen {agree}: "
                + "; ".join(outcome.differences[:4])
            )
    return None


def cut_verdict(outcome):
    """The frames that it has are the inner ones of gdb's, and it does not seem whole."""
    if outcome.sockleak < 2 or outcome.agree != outcome.sockleak or not outcome.truncated:
        return Failure(
            f"expected the inner ones of gdb's {outcome.gdb} frames, seen {outcome.sockleak} of "
            f"which {outcome.agree} agree: " + "; ".join(outcome.differences[:2])
        )
    return None


def attempt(bench, agent, subject, programs, inside):
    if not shutil.which("gdb"):
        return Failure("gdb is not installed (make deps)")
    try:
        return examine(bench, agent, subject, programs, inside)
    except (Failure, Skip) as ended:
        return ended


def examine_all(bench, agent, subjects, programs, inside, jobs):
    """Yield (subject, Result | Failure | Skip) as they end."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {
            pool.submit(attempt, bench, agent, subject, programs, inside): subject
            for subject in subjects
        }
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.result()
