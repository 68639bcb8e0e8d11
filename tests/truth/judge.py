# SPDX-License-Identifier: BSD-2-Clause
"""judge: the rows side by side, each with what is right, what is seen, and what that means."""

import concurrent.futures
import dataclasses
import re

from lib.outcome import Failure, Skip
from truth.build import Place, build
from truth.row import FIELDS
from truth.seen import observe

# A whole stack of each socket: what the first sixteen of a call teach is not of a runtime.
OPTIONS = ("--sample-after", "0")


def equal(seen, pattern):
    """`*` stands for anything but the bar between several values, and alone for these, too."""
    return pattern == "*" or re.fullmatch("[^|]*".join(map(re.escape, pattern.split("*"))), seen) is not None


@dataclasses.dataclass
class Verdict:
    row: object
    seen: dict = dataclasses.field(default_factory=dict)  # field -> text
    stacks: list = dataclasses.field(default_factory=list)  # one for each site, lines of text
    compared: object = None  # with gdb's frames, a Result
    trouble: Exception | None = None  # Failure or Skip: nothing was seen

    def is_right(self, field):
        return equal(self.seen[field], self.row.right(field))

    def complaint(self, field):
        """None: right, or wrong as known."""
        seen, right, fault = self.seen[field], self.row.right(field), self.row.fault(field)
        if not fault:
            return None if self.is_right(field) else f"{field}: expected {right}, seen: {seen}"
        said, why = fault
        if self.is_right(field):
            return f"{field} is right now: take '{why}' out of wrong_today.py, seen: {seen}"
        if not equal(seen, said):
            return f"{field}: known to be wrong as '{said}' ({why}), right: {right}, seen: {seen}"
        return None

    def outcome(self):
        """None, or the exception that says what is wrong."""
        if self.trouble:
            return self.trouble
        found = [self.complaint(field) for field in FIELDS if field in self.seen]
        found = [complaint for complaint in found if complaint]
        return Failure("; ".join(found)) if found else None


def lacking(row):
    return Skip(f"lacks {', '.join(row.lacks())} (make deps FOR=truth)")


def attempt(bench, agent, row, programs, inside, with_gdb):
    if row.lacks():
        return Verdict(row, trouble=lacking(row))
    place = Place(row, programs)
    try:
        build(bench, row, place)
        return Verdict(row, *observe(bench, agent, row, place, inside, with_gdb))
    except (Failure, Skip) as ended:
        return Verdict(row, trouble=ended)


def judge(bench, agent, rows, programs, inside, jobs, with_gdb):
    """Yield a Verdict of each row as it ends."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = [
            pool.submit(attempt, bench, agent, row, programs, inside, with_gdb) for row in rows
        ]
        for future in concurrent.futures.as_completed(futures):
            yield future.result()
