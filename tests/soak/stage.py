# SPDX-License-Identifier: BSD-2-Clause
"""stage: what all parts of a soak share: where they run, how long, and what went wrong."""

import collections
import pathlib
import threading
import time
import traceback

from lib.cgroups import inside
from lib.outcome import Failure

VICTIM_UID, STRANGER_UID = 54400, 54321  # of nobody on the host; fifty hoarders follow the latter


def as_user(uid):
    """For Bench.program(): the program is of this user."""
    become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    return lambda command: [*become, *map(str, command)]


class Stage:
    """One cgroup that every agent watches, with one below it for each part."""

    def __init__(self, bench, minutes):
        self.bench = bench
        self.cgroup = pathlib.Path(bench.cgroups.make())
        self.others = set()  # ids of the cgroups of all that is not chaos
        self.stop = threading.Event()
        self.counts = collections.Counter()  # what was done, by name
        self.problems = []
        self._begun, self._lasts = time.monotonic(), minutes * 60
        self._threads = []

    def part(self, name):
        """A cgroup whose leaks are not those of chaos; the function that starts a command in it."""
        path = pathlib.Path(self.bench.cgroups.make(self.cgroup, name))
        self.others.add(path.stat().st_ino)
        return path, inside(str(path))

    def passed(self):
        return time.monotonic() - self._begun

    def is_over(self):
        return self.stop.is_set() or self.passed() > self._lasts

    def problem(self, what):
        self.problems.append(what)
        print(f"FAIL after {self.passed():.0f} s: {what}", flush=True)

    def go_on(self, name, turn, pause_s):
        """In a thread, until the end: turn after turn, with pauses. A turn that raises is a
        problem, and the last one of its thread."""

        def run():
            while not self.is_over():
                try:
                    turn()
                except Failure as failure:
                    self.problem(f"{name}: {failure}")
                    break
                except Exception:  # noqa: BLE001: a thread that ends in silence would test nothing
                    self.problem(f"{name}: {traceback.format_exc()}")
                    break
                self.counts[name] += 1
                self.stop.wait(pause_s)

        self._threads.append(threading.Thread(target=run, name=name, daemon=True))
        self._threads[-1].start()

    def end(self, patience_s=120):
        """Until each thread has finished its turn."""
        self.stop.set()
        for thread in self._threads:
            thread.join(patience_s)
            if thread.is_alive():
                self.problem(f"{thread.name}: did not end in {patience_s} s")
