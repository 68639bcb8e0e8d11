# SPDX-License-Identifier: BSD-2-Clause
"""watchers: the agents of a soak, and what is measured of them.

Steady: `trace`, from the beginning to the end. Restarted: `trace` with --pin, ended and killed at
each standstill. Service: `agent` with a textfile, as in production. All have the same small table
of sockets, which the hoarders fill.
"""

import collections
import os
import pathlib
import random
import signal
import time

from lib.service import Service
from seeds import AGENT_ARGS

# All that leak at once come near it and do not fill it: leaks give way, and nobody is refused, for
# then the origin of a socket is lost, and counted. Those of chaos, which has less than half of what
# a hoarder has, never give way, after which nothing more would be noted of them.
TABLE = 16384
SAMPLE_S = 2


def options_of_chaos(stage):
    """Those of tests/chaos/, but with stacks, and a table that can be filled."""
    args = list(AGENT_ARGS)
    for option, value in (("--stack-size", "8K"), ("--max-sockets", TABLE)):
        args[args.index(option) + 1] = value
    return ["--cgroup", stage.cgroup, "--min-growth", 1, "--duration", "24h", *args]


def losses_of(summary):
    return collections.Counter({name: n for name, n in summary["dropped"].items() if n})


class Restarted:
    """What its runs have in common is the directory of --pin."""

    def __init__(self, stage, pin):
        self._stage, self._args = stage, [*options_of_chaos(stage), "--pin", pin]
        self._random = random.Random(1)
        self.losses, self.restarts = collections.Counter(), collections.Counter()
        self.agent = None
        self._start()

    def _start(self):
        self.agent = self._stage.bench.agent(*self._args)

    def _add_losses(self):
        if self.agent.summaries:
            self.losses += losses_of(self.agent.summaries[-1][1])

    def restart(self):
        """In turn by SIGTERM, by SIGKILL, and by SIGKILL twice, the second time while it starts."""
        how = ("SIGTERM", "SIGKILL", "SIGKILL while it starts")[self.restarts.total() % 3]
        if how == "SIGTERM":
            self.agent.stop(signal.SIGTERM)
        else:
            self.agent.process.kill()
            self.agent.process.wait(20)
        self._add_losses()
        if how == "SIGKILL while it starts":
            stillborn = self._stage.bench.processes.start(self.agent.args, stdout=-3, stderr=-3)
            time.sleep(self._random.uniform(0, 2))
            stillborn.kill()
            stillborn.wait(20)
        self._start()
        self.restarts[how] += 1

    def end(self):
        self.agent.stop(signal.SIGTERM)
        self._add_losses()


class ProductionAgent:
    """`sockleak agent`, and how old its textfile becomes."""

    WRITE_S = 2
    OLDEST_S = 30  # a quarter of what the unit's watchdog allows; two cores have the work of twenty

    def __init__(self, stage, *more):
        self.textfile = stage.bench.directory / "soak.prom"
        self.service = Service.start(
            stage.bench, "--cgroup", stage.cgroup, "--older-than", "2s", "--interval", "1s",
            "--textfile", self.textfile, "--write-interval", f"{self.WRITE_S}s",
            "--max-sockets", TABLE, "--min-growth", 1, *more)
        self.oldest_s = 0.0

    @property
    def pid(self):
        return self.service.pid

    def look(self):
        """How old is what node_exporter would read now?"""
        try:
            age_s = time.time() - self.textfile.stat().st_mtime
        except FileNotFoundError:
            return
        self.oldest_s = max(self.oldest_s, age_s)

    def losses(self):
        found = collections.Counter()
        for name in ("sockleak_dropped_total", "sockleak_symbolize_errors_total"):
            for _, labels, value in self.service.metrics(self.textfile, name):
                found[labels["reason"]] += int(value)
        return +found


def children_of(pid):
    try:
        return [int(word) for word in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []


def anonymous_kib(pid):
    """Memory of its own; pages of files come and go with the host's page cache."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines()
                 if line.startswith("RssAnon:")), 0)


def lasting_descriptors(pid):
    """How many it has: the fewest in some looks, for a sweep opens and closes iterators."""
    counts = []
    for _ in range(5):
        try:
            counts.append(len(os.listdir(f"/proc/{pid}/fd")))
        except OSError:
            return 0
        time.sleep(0.02)
    return min(counts)


class Gauge:
    """Memory and descriptors of an agent over time: is there a slope in the second half?"""

    def __init__(self, stage, name, watched, margins):
        self.name, self._stage, self._watched, self._margins = name, stage, watched, margins
        self.samples = []  # (seconds, KiB, KiB of children, descriptors, children)

    def sample(self):
        pid = self._watched.pid
        children = children_of(pid)
        self.samples.append((
            self._stage.passed(), anonymous_kib(pid), sum(map(anonymous_kib, children)),
            lasting_descriptors(pid), len(children)))

    def second_half(self):
        until = self.samples[-1][0]
        return [sample for sample in self.samples if sample[0] >= until / 2]

    def growth(self, at):
        """By a straight line through the second half: from its beginning to its end."""
        half = self.second_half()
        times, values = [s[0] for s in half], [s[at] for s in half]
        middle, mean = sum(times) / len(times), sum(values) / len(values)
        spread = sum((t - middle) ** 2 for t in times)
        if not spread:
            return 0.0
        slope = sum((t - middle) * (v - mean) for t, v in zip(times, values)) / spread
        return slope * (times[-1] - times[0])

    def lines(self):
        half = self.second_half()
        for at, what in ((1, "KiB of its own"), (2, "KiB of its children"), (3, "descriptors")):
            values = [sample[at] for sample in half]
            yield (f"{self.name}: {what}: {min(values)} to {max(values)}, "
                   f"{self.growth(at):+.1f} over the second half (at most {self._margins[at]:+d})")
        yield f"{self.name}: at most {max(sample[4] for sample in self.samples)} children"

    def problems(self):
        for at, line in zip((1, 2, 3), self.lines()):
            if self.growth(at) > self._margins[at]:
                yield f"expected no slope, seen: {line}"
