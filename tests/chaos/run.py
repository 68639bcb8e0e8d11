#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Chaos: does sockleak say what the oracle says, of everything that goes on? Needs root.

    tests/chaos/run.py --seed 4711            one seed again
    tests/chaos/run.py --first 1 --count 5000 that many, BATCH side by side

Exit 0 when sockleak and oracle agreed on every socket.
"""

import argparse
import os
import pathlib
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
sys.dont_write_bytecode = True

from lib import guard  # noqa: E402
from lib.bench import Bench  # noqa: E402
from lib.outcome import Failure  # noqa: E402
from suite import Suite  # noqa: E402


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockleak", default="./sockleak", metavar="FILE")
    parser.add_argument("--programs", default=".output/programs", metavar="DIR")
    parser.add_argument("--seed", type=int, action="append", default=[], metavar="N")
    parser.add_argument("--first", type=int, default=1, metavar="N")
    parser.add_argument("--count", type=int, default=200, metavar="N")
    parser.add_argument("--batch", type=int, default=20, metavar="N")
    parser.add_argument("--hold-back", action="store_true", help="what may be in use, as by default")
    parser.add_argument("--keep-going", action="store_true", help="after a difference, too")
    return parser.parse_args()


def main():
    options = parse_options()
    if os.geteuid() != 0:
        print("tests/chaos/run.py: must be root: sockleak loads BPF programs", file=sys.stderr)
        return 2
    guard.begin()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    numbers = options.seed or list(range(options.first, options.first + options.count))
    options.only = []
    bench = Bench(options)
    begun, bad = time.monotonic(), 0
    try:
        suite = Suite(bench, options.hold_back)
        for at in range(0, len(numbers), options.batch):
            batch = suite.run(numbers[at : at + options.batch])
            bad += len(batch.failures)
            print("\n".join(batch.report()), end="\n" if batch.failures else "", flush=True)
            if bad and not options.keep_going:
                break
        suite.end()
        print(f"{suite.figures}, {time.monotonic() - begun:.1f} s; {bad} seeds differ")
    except Failure as failure:
        print(f"FAIL {failure}")
        bad += 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        bad += 1
    finally:
        bench.close()
    return 1 if bad else 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
