# SPDX-License-Identifier: BSD-2-Clause
"""tally: prints outcomes, one line each, counts them, and knows what took longest."""

import threading
import time

from lib.outcome import Skip, skip_is_allowed


SLOWEST = 10
FAILURES, FAILURE_LEN = 24, 500  # of what failed, again at the end: a log may be cut above


def processor_ticks():
    """(busy, all) ticks of the host's processors."""
    with open("/proc/stat", encoding="ascii") as stat:
        ticks = [int(word) for word in stat.readline().split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


class Tally:
    """Prints each outcome as it comes, and counts."""

    def __init__(self, verbose):
        self.passed = self.failed = self.skipped = 0
        self.closed = False  # interrupted: what ends now ends because we end it
        self._failures = []  # their lines
        self._verbose = verbose
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._took = []  # (seconds, processor time, the names) of each case
        self._steps = []  # (when it ended, the host's ticks then); the first one is the beginning
        self.step_ended()

    def add(self, name, outcome, where=""):
        """Add the outcome of a case; `where` names the machine it ran on, if there are several."""
        with self._lock:
            if self.closed:
                return
            if outcome is None:
                self.passed += 1
                line = f"ok {where}{name}"
            elif isinstance(outcome, Skip) and skip_is_allowed(name, str(outcome)):
                self.skipped += 1
                line = f"skip {where}{name}: {outcome}"
            elif isinstance(outcome, Skip):
                self.failed += 1
                line = f"FAIL {where}{name}: a skip that is not allowed: {outcome}"
            else:
                self.failed += 1
                line = f"FAIL {where}{name}: {outcome}"
            if line.startswith("FAIL"):
                self._failures.append(line)
            if self._verbose:
                line = f"{time.monotonic() - self._begun:6.1f} s  {line}"
            print(line, flush=True)

    def took(self, names, seconds, spent_s=0.0):
        """Add how long a case took, beside others, and the processor time of what it started; a
        case with many names counts as one."""
        with self._lock:
            self._took.append((seconds, spent_s, names))

    def step_ended(self):
        """Of registry.STEPS. What is busy is the host, whatever else it does."""
        self._steps.append((time.monotonic() - self._begun, *processor_ticks()))

    def steps(self):
        """Yield a line for each step."""
        for number, (begin, end) in enumerate(zip(self._steps, self._steps[1:]), 1):
            busy = (end[1] - begin[1]) / max(end[2] - begin[2], 1)
            yield f"{end[0] - begin[0]:6.1f} s  step {number}: {busy:.0%}"

    def slowest(self):
        """Yield a line for each of the slowest cases, the slowest first."""
        return self._lines(0)

    def busiest(self):
        """The same of those whose programs had the most processor time."""
        return self._lines(1)

    def _lines(self, column):
        for took in sorted(self._took, key=lambda took: -took[column])[:SLOWEST]:
            names = took[-1]
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            yield f"{took[column]:6.1f} s  {names[0]}{more}"

    def failures(self):
        """Yield a line for each case that failed. One that is too long has its two ends: a
        traceback says at its end what went wrong."""
        for line in self._failures[:FAILURES]:
            line = " | ".join(line.split("\n"))
            if len(line) > FAILURE_LEN:
                line = f"{line[:FAILURE_LEN // 2]} ... {line[-FAILURE_LEN // 2:]}"
            yield line
        if len(self._failures) > FAILURES:
            names = (line.split()[1].rstrip(":") for line in self._failures[FAILURES:])
            yield f"FAIL {' '.join(names)}"

    def summary(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")
