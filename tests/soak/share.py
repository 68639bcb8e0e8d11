#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A table of 19,000 descriptors that a thousand processes share, beside `sockleak agent` with its
defaults: how much of a processor does the agent have? Needs root.

    tests/soak/share.py --minutes 10

Exit 0 when it had less than a tenth. The processors' own load does not matter: its time counts.
"""

import argparse
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]
sys.dont_write_bytecode = True

from cases.adversary import cpu_s  # noqa: E402
from lib import guard  # noqa: E402
from lib.bench import Bench  # noqa: E402
from lib.outcome import Failure  # noqa: E402
from lib.service import Service  # noqa: E402

PROCESSES, DESCRIPTORS, MOST = 1000, 19_000, 0.1


def measure(bench, minutes):
    textfile = bench.directory / "share.prom"
    bench.program("many_descriptors", PROCESSES, DESCRIPTORS, "shared")
    service = Service.start(bench, "--textfile", textfile)
    begun, spent_s = time.monotonic(), cpu_s(service.pid)
    time.sleep(minutes * 60)
    passed_s, spent_s = time.monotonic() - begun, cpu_s(service.pid) - spent_s
    sweeps = service.value(textfile, "sockleak_sweeps_total", result="ok")
    share = spent_s / passed_s
    print(f"{PROCESSES * DESCRIPTORS} entries, {passed_s:.0f} s, {sweeps:.0f} sweeps: "
          f"{spent_s:.1f} s of processor time, {100 * share:.2f} % of one")
    service.stop(timeout=60)
    if share > MOST:
        raise Failure(f"expected at most {100 * MOST:.0f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockleak", default="./sockleak", metavar="FILE")
    parser.add_argument("--programs", default=".output/programs", metavar="DIR")
    parser.add_argument("--minutes", type=float, default=10, metavar="N")
    options = parser.parse_args()
    options.only = []
    guard.begin()
    bench = Bench(options)
    try:
        measure(bench, options.minutes)
    except Failure as failure:
        print(f"FAIL {failure}")
        return 1
    finally:
        bench.close()
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
