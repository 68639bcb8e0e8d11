# SPDX-License-Identifier: BSD-2-Clause
"""suite: batches of seeds under one sockleak, and what it must be like after them."""

import pathlib

from lib.agent import brief
from lib.outcome import Failure
from lib.processes import copy_program
from seeds import AGENT_ARGS, Batch


class Figures:
    """What was seen in all batches together."""

    def __init__(self):
        self.seeds = self.sockets = self.leaks = self.held_back = self.unclear = 0

    def add(self, batch, seeds):
        self.seeds += seeds
        self.sockets += batch.sockets
        self.leaks += batch.leaks
        self.held_back += batch.held_back
        self.unclear += batch.unclear

    def __str__(self):
        return (
            f"{self.seeds} seeds, {self.sockets} sockets judged, {self.leaks} leaks reported, "
            f"{self.held_back} held back, {self.unclear} with more than one right answer"
        )


def prepare(bench):
    """Where the seeds' program and journals are, and the oracle."""
    built = pathlib.Path(bench.programs).parent / "chaos"
    copy_program(built / "chaos", bench.directory / "chaos")
    return bench.directory, str(built / "oracle")


class Suite:
    """`holds_back`: as by default, what may be in use is held back until it grows: it is then
    counted alone. Otherwise --min-growth 1 has all of it reported, and each is compared."""

    def __init__(self, bench, holds_back=False):
        self._bench = bench
        self._directory, self._oracle = prepare(bench)
        self._cgroup = bench.cgroups.make()
        args = ["--cgroup", self._cgroup, "--duration", "6h", *AGENT_ARGS]
        self.agent = bench.agent(*args, *([] if holds_back else ["--min-growth", 1]))
        self.figures = Figures()

    def run(self, numbers):
        batch = Batch(
            self._bench, self.agent, numbers, self._cgroup, self._directory, self._oracle
        ).run()
        self.figures.add(batch, len(numbers))
        return batch

    def end(self):
        """After the last of them: nothing is left, nothing was lost."""
        try:
            self.agent.wait_for(lambda a: not a.open_leaks(), "the end of all leaks")
        except Failure:
            leaks = map(brief, self.agent.open_leaks().values())
            raise Failure("expected the end of all leaks, seen:\n" + "\n".join(leaks)) from None
        summary = self.agent.stop()
        lost = {name: count for name, count in summary["dropped"].items() if count}
        lost.pop("stack_collision", None)  # chance, see cases/programs.py
        lost.pop("dest_unreadable", None)  # op_connect passes such addresses
        lost.pop("ended_not_kept", None)  # a report names a hundred of what ended, seeds make more
        if lost:
            raise Failure(f"expected nothing dropped, seen: {lost}")
        if summary["sweeps_failed"] or summary["held_back"]:
            raise Failure(f"expected nothing left over, seen: {summary}")
