#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compare sockleak's stacks with gdb's and print the table. Needs root and gdb.

    tests/truth/run.py [--sockleak ./sockleak] [--programs .output/truth]
                       [--only NAME]... [--write] [-v]

--write puts the table into docs/stacks-truth.md. -v prints each frame that differs.
Exit 1 when a subject is below 95 %.
"""

import argparse
import os
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))
sys.dont_write_bytecode = True

from lib import guard  # noqa: E402
from lib.bench import Bench  # noqa: E402
from lib.cgroups import inside  # noqa: E402
from truth import suite, table  # noqa: E402

DOCUMENT = TESTS.parent / "docs" / "stacks-truth.md"


def parse_options():
    parser = argparse.ArgumentParser(description="Compare sockleak's stacks with gdb's.")
    parser.add_argument("--sockleak", default="./sockleak", metavar="FILE")
    parser.add_argument("--programs", default=".output/truth", metavar="DIR")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--stack-size", default="16K", metavar="BYTES")
    parser.add_argument("--jobs", type=int, default=4, metavar="N")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name}")
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args()


def main():
    options = parse_options()
    guard.begin()
    bench = Bench(options)
    rows = {}
    try:
        cgroup = bench.cgroups.make()
        agent = bench.agent(
            "--cgroup", cgroup, "--stack-size", options.stack_size, "--script-frames", "none"
        )
        for subject, outcome in suite.examine_all(
            bench, agent, suite.chosen(options.only), bench.programs, inside(cgroup), options.jobs
        ):
            rows[subject.name] = (subject, outcome)
            for line in getattr(outcome, "differences", []) if options.verbose else []:
                print(f"{subject.name}: {line}", flush=True)
        agent.stop()
    finally:
        bench.close()
    ordered = [rows[s.name] for s in suite.chosen(options.only) if s.name in rows]
    print(table.text(ordered))
    if options.write:
        table.write(DOCUMENT, ordered)
    return any(suite.verdict(subject, outcome) for subject, outcome in ordered)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("tests/truth/run.py: must be root: sockleak loads BPF programs")
    sys.exit(main())
