#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What sockleak says of a leak in each runtime, judged, and docs/truth.md. Needs root and gdb.

    tests/truth/all_runtimes.py [--sockleak ./sockleak] [--programs .output/truth]
                                [--only ROW]... [--jobs N] [--write] [-v]
    tests/truth/all_runtimes.py --packages SUITE

Every row must be there: what lacks a package fails. --write writes docs/truth.md. -v prints what
was seen of each row. Exit 1 when a row fails.
"""

import argparse
import os
import pathlib
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))
sys.dont_write_bytecode = True

from lib import guard  # noqa: E402
from lib.bench import Bench  # noqa: E402
from lib.cgroups import inside  # noqa: E402
from lib.registry import matches  # noqa: E402
from truth import document, judge, rows  # noqa: E402

STACKS = 4  # that -v prints of a row


def parse_options():
    parser = argparse.ArgumentParser(description="Judge what sockleak says of each runtime.")
    parser.add_argument("--sockleak", default="./sockleak", metavar="FILE")
    parser.add_argument("--programs", default=".output/truth", metavar="DIR")
    parser.add_argument("--only", action="append", default=[], metavar="ROW")
    parser.add_argument("--jobs", type=int, default=6, metavar="N", help="rows side by side")
    parser.add_argument("--write", action="store_true", help=f"write {document.PATH.name}")
    parser.add_argument("--packages", metavar="SUITE", help="print what its rows need, and end")
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args()


def report(verdict, verbose):
    trouble = verdict.outcome()
    print(f"FAIL {verdict.row.name}: {trouble}" if trouble else f"ok {verdict.row.name}")
    if verbose:
        for field, text in verdict.seen.items():
            print(f"    {field}: {text}")
        for line in getattr(verdict.compared, "differences", [])[:6]:
            print(f"    gdb: {line}")
        for number, stack in enumerate(verdict.stacks[:STACKS], 1):
            print(*(f"    stack {number}: {frame}" for frame in stack), sep="\n")
    sys.stdout.flush()


def packages_in(suite):
    return sorted({name for row in rows.ROWS if row.suite == suite for name in row.packages()})


def main():
    options = parse_options()
    if options.packages:
        print(*packages_in(options.packages))
        return 0
    chosen = [row for row in rows.ROWS if matches(row.name, options.only)]
    guard.begin()
    bench = Bench(options)
    verdicts = {}
    begun = time.monotonic()
    try:
        cgroup = bench.cgroups.make()
        agent = bench.agent("--cgroup", cgroup, *judge.OPTIONS)
        for verdict in judge.judge(
            bench, agent, chosen, bench.programs, inside(cgroup), options.jobs, with_gdb=True
        ):
            verdicts[verdict.row.name] = verdict
            report(verdict, options.verbose)
        agent.stop()
    finally:
        bench.close()
    ordered = [verdicts[row.name] for row in chosen]
    failed = sum(verdict.outcome() is not None for verdict in ordered)
    if options.write:
        document.write(ordered)
    print(f"{len(ordered) - failed} passed, {failed} failed, in {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    if os.geteuid() != 0 and "--packages" not in sys.argv:
        sys.exit("tests/truth/all_runtimes.py: must be root: sockleak loads BPF programs")
    sys.exit(main())
