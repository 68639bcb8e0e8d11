# SPDX-License-Identifier: BSD-2-Clause
"""faulted: `scan`, `trace` and `agent`, one call of which fails, while all else goes on."""

import random

from cases import faults
from cases.faults import COMMANDS, KINDS, check, command_of, count_calls, run_with
from lib.outcome import Failure

PATIENCE_S = 300  # a scan reads a table of a thousand processes a thousand times


class Faulted:
    def __init__(self, stage):
        faults.PATIENCE_S = PATIENCE_S
        self._stage, self._bench = stage, stage.bench
        _, enter = stage.part("faulted")
        self._program = self._bench.program("held", inside=enter)
        self._inode = next(iter(self._program.inodes))
        self._random = random.Random(1)
        self._calls = {}  # (command, kind) -> how many calls there are to fail

    def turn(self):
        name, kind = self._random.choice(list(COMMANDS)), self._random.choice(KINDS)
        pid = self._program.pid
        if (name, kind) not in self._calls:
            command = command_of(self._bench, name, pid, "none")
            self._calls[name, kind] = count_calls(self._bench, command, kind, self._inode)
        fault = f"{kind}:{self._random.randint(1, max(self._calls[name, kind], 1))}"
        self._stage.counts[f"fault: {kind} failed in {name}"] += 1
        try:
            seen = run_with(self._bench, command_of(self._bench, name, pid, fault), fault)
            wrong = check(fault, self._inode, *seen)
        except Failure as failure:
            wrong = failure
        if wrong:  # the others go on
            self._stage.problem(f"{name} with {wrong}")
