#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What sockleak costs beside nothing, empty BPF programs, bpftrace, perf trace and strace.

    tests/bench/ratios.py --build .output/release [--rounds 25] [--quick] [--before FILE]

`make bench` and `make bench-quick` run it, as root; document.py writes docs/performance.md.
One process makes system calls in short batches (driver.c). In each round every configuration
is attached once, in an order drawn anew, and all cases are timed under it. All that was
measured goes to OUTPUT as JSON; medians, spread and the targets are printed.

--quick has fewer cases and configurations, takes less than two minutes, and ends with 1 when
a ratio is far over its target; a full run ends with 0 whatever it found: it is to be read.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
sys.dont_write_bytecode = True

import configurations  # noqa: E402
import driver as drivers  # noqa: E402
import hooks  # noqa: E402
import machine  # noqa: E402
import tables  # noqa: E402
import targets  # noqa: E402

QUICK = ["nothing", "empty", "sockleak", "before"]
# What one operation of these costs is taken apart program by program.
TAKEN_APART = ["dup", "socket", "udp", "tcp"]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=".output/release", help="with sockleak, bench/driver")
    parser.add_argument("--before", metavar="FILE",
                        help="another build of sockleak, to compare with")
    parser.add_argument("--rounds", type=int, help="default: 25, quick 12")
    parser.add_argument("--batch-ms", type=int, default=15, help="of one case in one round")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--limit-s", type=int,
                        help="begin no round after so many seconds; default: 450, quick 90")
    parser.add_argument("--only", action="append", help="a configuration; nothing is always one")
    parser.add_argument("--output", default=".output/bench/ratios.json")
    parser.add_argument("--keep-stats", action="store_true",
                        help="leave kernel.bpf_stats_enabled as it is: others use it now")
    parser.add_argument("--seed", type=int, default=1, help="of the order")
    options = parser.parse_args()
    options.rounds = options.rounds or (12 if options.quick else 25)
    options.limit_s = options.limit_s or (90 if options.quick else 450)
    return options


def note(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Run:
    """What was measured so far."""

    def __init__(self, options, driver, chosen, cases):
        self.options = options
        self.driver = driver
        self.cases = cases
        self.chosen = chosen
        self.rounds = 0
        self.unavailable = {}  # name -> reason
        self.samples = {c.name: {drivers.key(case): [] for case in cases} for c in chosen}
        self.means = {c.name: {drivers.key(case): [] for case in cases} for c in chosen}
        self.failures = []  # a configuration that failed in a later round

    def take(self, configuration):
        for case in self.cases:
            typical_ns, mean_ns, _ = self.driver.run(case, self.options.batch_ms)
            self.samples[configuration.name][drivers.key(case)].append(typical_ns)
            self.means[configuration.name][drivers.key(case)].append(mean_ns)

    def leave_out(self, configuration):
        """A round without it, so that the rounds of all stay the same."""
        for kept in (self.samples, self.means):
            for values in kept[configuration.name].values():
                values.append(None)

    def turn(self, number, configuration):
        try:
            configuration.start(self.driver.pid)
            self.take(configuration)
        except configurations.Unavailable as error:
            if number == 0:
                self.unavailable[configuration.name] = str(error)
                note(f"not available: {configuration.title}: {error}")
            else:
                self.failures.append(f"round {number + 1}: {configuration.name}: {error}")
                self.leave_out(configuration)
        finally:
            configuration.stop()

    def all_rounds(self):
        order = random.Random(self.options.seed)
        deadline = time.monotonic() + self.options.limit_s
        for number in range(self.options.rounds):
            if number and time.monotonic() > deadline:
                note(f"{self.options.limit_s} s are over: the rest is left out")
                break
            self.rounds = number + 1
            # What cannot be attached in the first round is not asked for again.
            left = [c for c in self.chosen if c.name not in self.unavailable]
            for configuration in order.sample(left, len(left)):
                self.turn(number, configuration)
            if number == 0:
                for kept in (self.samples, self.means):
                    for name in self.unavailable:
                        kept.pop(name)
            note(f"round {number + 1} of {self.options.rounds}")

    def take_apart(self):
        """Where the time goes, by program, of those whose programs can be asked."""
        found = {}
        for configuration in self.chosen:
            if configuration.name not in ("empty", "sockleak", "every_stack"):
                continue
            if configuration.name in self.unavailable:
                continue
            configuration.start(self.driver.pid)
            try:
                found[configuration.name] = {
                    operation: hooks.shares(configuration, self.driver,
                                            drivers.Case(operation, 1, drivers.SHALLOW), 50)
                    for operation in TAKEN_APART}
            finally:
                configuration.stop()
        return found


def measure(options, driver):
    build = pathlib.Path(options.build).resolve()
    chosen = configurations.every(str(build / "sockleak"), str(build / "bench/empty"),
                                  options.before)
    wanted = set(options.only or []) | {"nothing"}
    if options.only:
        chosen = [c for c in chosen if c.name in wanted]
    elif options.quick:
        chosen = [c for c in chosen if c.name in QUICK]
    cases = drivers.cases(threads=(1,), depths=(0,)) if options.quick else drivers.cases()
    result = {"command": "make bench-quick" if options.quick else "make bench",
              "machine": machine.describe(), "batch_ms": options.batch_ms}
    others = machine.programs_of_others()
    run = Run(options, driver, chosen, cases)
    run.all_rounds()
    result |= {
        "rounds": run.rounds,
        "machine_after": {"load": os.getloadavg()[0],
                          "programs_of_others": machine.programs_of_others()},
        "programs_of_others": others,
        "bpf_stats": machine.STATS.read_text().strip() != "0",
        "configurations": [
            {"name": c.name, "title": c.title, "version": c.version,
             "unavailable": run.unavailable.get(c.name)} for c in chosen],
        "failures": run.failures, "typical_ns": run.samples, "mean_ns": run.means,
    }
    result["by_program"] = {} if options.only else run.take_apart()
    return result


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    machine.need_tracefs()
    stats = machine.STATS.read_text().strip() != "0"
    if stats and not options.keep_stats:
        note("kernel.bpf_stats_enabled is turned off until the end of the run")
        machine.set_stats(False)
    begun = time.monotonic()
    driver = drivers.Driver(str(pathlib.Path(options.build).resolve() / "bench/driver"))
    try:
        result = measure(options, driver)
    finally:
        driver.close()
        machine.set_stats(stats)
    result["took_s"] = round(time.monotonic() - begun)
    output = pathlib.Path(options.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=1) + "\n")
    print(tables.ratios_report(result))
    note(f"all figures are in {output}")
    if not options.quick:
        return 0
    broken = [verdict for verdict in targets.ratios(
        result["typical_ns"], drivers.Case("getppid", 1, drivers.SHALLOW)) if verdict.broken]
    for verdict in broken:
        seen = "not measured" if verdict.low is None else f"at least {verdict.low:.2f}"
        note(f"far off: {verdict.words}: {seen}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
