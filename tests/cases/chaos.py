# SPDX-License-Identifier: BSD-2-Clause
"""Seeds of tests/chaos/: whatever processes do to sockets, sockleak says what the oracle says.

`make chaos` runs thousands of them; here are the first, as everybody's change must pass.
"""

import pathlib
import sys

from lib.outcome import Failure
from lib.registry import CHAOS, case

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "chaos"))

from suite import Suite  # noqa: E402

SEEDS, QUICK_SEEDS, BATCH = 200, 20, 20


def run_seeds(bench, numbers, holds_back=False):
    suite = Suite(bench, holds_back)
    for at in range(0, len(numbers), BATCH):
        batch = suite.run(numbers[at : at + BATCH])
        if batch.failures:
            raise Failure("\n".join(batch.report()))
    suite.end()
    print(f"chaos: {suite.figures}", flush=True)


@case(stage=CHAOS)
def chaos(bench):
    run_seeds(bench, range(1, 1 + (QUICK_SEEDS if bench.options.quick else SEEDS)))


@case(stage=CHAOS)
def chaos_held_back(bench):
    run_seeds(bench, range(1, 1 + QUICK_SEEDS), holds_back=True)
