#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run sockleak on the test programs and check what it says. Needs root.

    tests/run.py [--sockleak ./sockleak] [--programs .output/programs]
                 [--only NAME]... [--quick] [--list] [-v]

One line a case, the ten slowest, the ten with the most processor time, what failed once more, and
"N passed, N failed" at the end; exit 0 when nothing failed and nothing was skipped that had to run. See
tests/programs/README.md.
"""

import argparse
import concurrent.futures
import gc
import os
import pathlib
import signal
import sys
import threading
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from lib import guard, registry, turn  # noqa: E402
from lib.bench import Bench  # noqa: E402
from lib.outcome import Failure, Skip  # noqa: E402
from lib.tally import Tally  # noqa: E402


def run_case(case, bench, tally):
    """All the names of a case get an outcome, whatever happens to its function."""
    wanted = case.wanted(bench.options.only)
    missing = list(wanted)
    ended = None
    begun = time.monotonic()
    bench = bench.for_case()
    try:
        for name, outcome in case.run(bench):
            if name in missing:
                missing.remove(name)
                tally.add(name, outcome)
    except (Failure, Skip) as outcome:
        ended = outcome
    except Exception:  # a bug in the case; the others still run
        ended = Failure("the case itself broke\n" + traceback.format_exc())
    finally:
        bench.end_case()
    if ended and not missing:  # by what it checks when all its names are through
        missing = [f"{case.names[0]} and others, at their end"]
    for name in missing:
        tally.add(name, ended or Failure("the case ended without an outcome"))
    tally.took(wanted, time.monotonic() - begun, bench.processes.spent_s())


def run_lane(lane, selected, bench, tally, jobs, interrupted):
    def run(case):
        if not interrupted.is_set():
            run_case(case, bench, tally)

    for stage in lane:
        workers = jobs if stage == registry.SHARED else registry.WORKERS.get(stage, 1)
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            list(pool.map(run, [case for case in selected if case.stage == stage]))


def run_steps(selected, bench, tally, jobs):
    interrupted = threading.Event()
    try:
        for step in registry.STEPS:
            lanes = concurrent.futures.ThreadPoolExecutor(len(step))
            futures = [
                lanes.submit(run_lane, lane, selected, bench, tally, jobs, interrupted)
                for lane in step
            ]
            for future in futures:
                future.result()
            if (registry.ALONE,) in step:
                bench.validation.hurry()
            tally.step_ended()
    finally:
        interrupted.set()


def parse_options():
    parser = argparse.ArgumentParser(description="Run sockleak on the test programs.")
    parser.add_argument("--sockleak", default="./sockleak", metavar="FILE")
    parser.add_argument("--programs", default=".output/programs", metavar="DIR")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="cases like NAME (may hold *)"
    )
    parser.add_argument("--quick", action="store_true", help="shorten the run with churn to 10 s")
    parser.add_argument(
        "--churn", type=int, metavar="SECONDS", help="lengthen it, and print what was measured"
    )
    parser.add_argument("--jobs", type=int, default=8, metavar="N", help="cases side by side")
    parser.add_argument("--beside", action="store_true",
                        help="do not wait for another run on this host, whose programs it may see")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("-v", "--verbose", action="store_true", help="print the time of each")
    return parser.parse_args()


def main():
    options = parse_options()
    selected = [case for case in registry.load() if case.wanted(options.only)]
    if options.list:
        print("\n".join(sorted(name for case in selected for name in case.wanted(options.only))))
        return 0
    if os.geteuid() != 0:
        print("tests/run.py: must be root: sockleak loads BPF programs", file=sys.stderr)
        return 2
    if not selected:
        print(f"tests/run.py: no case is like {options.only}", file=sys.stderr)
        return 2
    guard.begin()
    # A run keeps a million values of JSON, in which nothing is garbage that only a walk over all of
    # them finds. These walks took a quarter of its time.
    gc.disable()
    # With SAN=1 freed memory is kept back; a little, so that growth can be distinguished from that.
    os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=1")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        ours = None if options.beside else turn.take()
    except KeyboardInterrupt:
        return 130
    tally = Tally(options.verbose)
    bench = Bench(options)
    try:
        run_steps(selected, bench, tally, options.jobs)
    except KeyboardInterrupt:
        tally.closed = True
        print("interrupted", file=sys.stderr)
        return 130
    finally:
        bench.close()
        if ours:
            ours.close()
    print("the steps, and how busy the processors were:", *tally.steps(), sep="\n")
    print("the slowest:", *tally.slowest(), sep="\n")
    print("those whose programs had the most processor time:", *tally.busiest(), sep="\n")
    if tally.failed:
        print("what failed:", *tally.failures(), sep="\n")
    print(tally.summary())
    return 1 if tally.failed else 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # not waiting for a case's thread after ^C
