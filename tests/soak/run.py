#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Soak: chaos, all adversaries, restarts and faults at once, for some time. Needs root.

    tests/soak/run.py --minutes 30
    tests/soak/run.py --minutes 3 --only "hoarder*"     these adversaries alone

Batches of seeds of tests/chaos/ are judged by the oracle: first what the steady agent says of them,
then what the restarted one says after another restart. A victim leaks, and all agents must report
it; those whose resolver is left alone must name it.
What was done and what was lost is printed at the end. Exit 0 when nothing was wrong.
"""

import argparse
import itertools
import os
import pathlib
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "chaos"), str(HERE)]
sys.dont_write_bytecode = True

from adversaries import Adversaries, kill_in_turn  # noqa: E402
from cases.pins import bpffs  # noqa: E402
from faulted import Faulted  # noqa: E402
from lib import guard  # noqa: E402
from lib.bench import Bench  # noqa: E402
from lib.outcome import Failure  # noqa: E402
from lib.registry import matches  # noqa: E402
from seeds import Batch, Pulse  # noqa: E402
from stage import Stage  # noqa: E402
from suite import Figures, prepare  # noqa: E402
from victim import Victim  # noqa: E402
from watchers import (  # noqa: E402
    SAMPLE_S, Gauge, ProductionAgent, Restarted, losses_of, options_of_chaos,
)

BATCH = 10  # seeds side by side
PATIENCE_S = 300  # sweeps have a fifth of a processor, and the host is busy
# What may be added over the second half: KiB, KiB of children, descriptors.
MARGINS = (0, 4096, 16384, 4)


class Pulses(Pulse):
    """Of both: what one has seen to be passed on, and what is its age, the other must have, too."""

    def __init__(self, agent, patience_s, other):
        super().__init__(agent, patience_s)
        self._other = Pulse(other, patience_s)

    def wait_full_sweeps(self, count, since=None):
        super().wait_full_sweeps(count, since)
        self._other.wait_full_sweeps(count, since)


class JudgedTwice(Batch):
    """By the agent that runs all the time, and at the same standstill by one that is restarted."""

    one_of_a_table = True

    def __init__(self, soak, *args):
        super().__init__(soak.stage.bench, soak.steady, *args)
        self._pulse = Pulses(soak.steady, PATIENCE_S, soak.restarted.agent)
        self._stage, self._restarted, self._victim = soak.stage, soak.restarted, soak.victim
        self.lines = []

    def is_of_seeds(self, leak):
        return leak["cgroup_id"] not in self._stage.others

    def _judge(self):
        super()._judge()
        self._take_lines("steady")
        with self._victim.pause:
            self._restarted.restart()
        self._agent, self._begun = self._restarted.agent, 0
        self._pulse = Pulse(self._agent, PATIENCE_S)
        super()._judge()
        self._take_lines("restarted")

    def _take_lines(self, agent):
        self.lines += [f"{agent}: {line}" for line in self.report()]


class Soak:
    def __init__(self, bench, options, pin):
        self.stage = stage = Stage(bench, options.minutes)
        self._bench, self._numbers = bench, itertools.count(options.seed)
        self._directory, self._oracle = prepare(bench)
        self.figures = Figures()
        self.production = ProductionAgent(stage)
        self.steady = bench.agent(*options_of_chaos(stage))
        self.restarted = Restarted(stage, pin)
        self.victim = Victim(stage)
        self.gauges = [Gauge(stage, "agent", self.production, MARGINS),
                       Gauge(stage, "steady", self.steady, MARGINS)]
        self._chaos = bench.cgroups.make(stage.cgroup, "chaos")
        self._begin_threads(options.only)

    def _begin_threads(self, only):
        stage = self.stage
        for name, (turn, pause_s) in Adversaries(stage, self.steady).turns().items():
            if matches(name, only):
                stage.go_on(name, turn, pause_s)
        stage.go_on("victim", self.victim.leak, 3)
        if matches("faults", only):
            stage.go_on("faults", Faulted(stage).turn, 3)
            stage.go_on("resolver killed or paused", lambda: kill_in_turn(stage, self.steady), 15)
        stage.go_on("textfile", self.production.look, 0.1)
        for gauge in self.gauges:
            stage.go_on(f"gauge of {gauge.name}", gauge.sample, SAMPLE_S)

    def run(self):
        while not self.stage.is_over():
            numbers = [next(self._numbers) for _ in range(BATCH)]
            batch = JudgedTwice(self, numbers, self._chaos, self._directory, self._oracle).run()
            self.figures.add(batch, len(numbers))
            for line in batch.lines:
                self.stage.problem(line)
            self._expect_victim()
            self.steady.forget_events()
        self.stage.end()
        self._check_end()

    def _expect_victim(self):
        """What one agent does not say of it is a problem, and the others are asked all the same."""
        restarted = self.restarted.agent
        for name, ask in (
            ("steady", lambda: self.victim.expect_reported(self.steady, named=False)),
            (f"restarted, {restarted.errors}, {self.restarted.restarts}",
             lambda: self.victim.expect_reported(restarted, named=True)),
            ("agent", lambda: self.victim.expect_in_metrics(self.production)),
        ):
            try:
                ask()
            except Failure as failure:
                self.stage.problem(f"{name}: {failure}")

    def _check_end(self):
        if self.production.oldest_s > self.production.OLDEST_S:
            self.stage.problem(f"expected a textfile of at most {self.production.OLDEST_S} s, "
                               f"seen: {self.production.oldest_s:.1f} s")
        for gauge in self.gauges:
            for line in gauge.problems():
                self.stage.problem(line)
        self.losses = {"agent": self.production.losses(), "steady": losses_of(self.steady.stop())}
        self.restarted.end()
        self.losses["restarted"] = self.restarted.losses
        self.production.service.stop(timeout=60)

    def table(self):
        counts = self.stage.counts
        faults = {name.removeprefix("fault: "): n for name, n in sorted(counts.items())
                  if name.startswith("fault: ")}
        turns = {name: n for name, n in sorted(counts.items()) if "fault" not in name}
        yield f"time: {self.stage.passed():.0f} s; problems: {len(self.stage.problems)}"
        yield f"chaos: {self.figures}; each judged twice"
        yield f"victim: {self.victim.leaks} leaks"
        yield f"restarts: {words(self.restarted.restarts)}"
        yield f"faults injected: {sum(faults.values())}: {words(faults)}"
        yield f"turns: {words(turns)}"
        yield (f"textfile: {self.production.oldest_s:.1f} s old at most, written each "
               f"{self.production.WRITE_S} s")
        for gauge in self.gauges:
            yield from gauge.lines()
        for name, losses in self.losses.items():
            yield f"losses of {name}: {words(losses) or 'none'}"


def words(counts):
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockleak", default="./sockleak", metavar="FILE")
    parser.add_argument("--programs", default=".output/programs", metavar="DIR")
    parser.add_argument("--minutes", type=float, default=30, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the first of chaos")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN",
                        help="of adversaries, and 'faults'")
    return parser.parse_args()


def soak(bench, options):
    with bpffs(bench) as pin:
        run = Soak(bench, options, pin)
        try:
            run.run()
        except Failure as failure:
            run.stage.problem(str(failure))
        run.stage.stop.set()
        if hasattr(run, "losses"):
            print("\n".join(run.table()))
        return 1 if run.stage.problems else 0


def main():
    options = parse_options()
    if os.geteuid() != 0:
        print("tests/soak/run.py: must be root: sockleak loads BPF programs", file=sys.stderr)
        return 2
    guard.begin()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    bench = Bench(options)
    try:
        return soak(bench, options)
    except Failure as failure:
        print(f"FAIL {failure}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    finally:
        bench.close()
    return 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
