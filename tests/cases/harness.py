# SPDX-License-Identifier: BSD-2-Clause
"""The suite itself, where ten cases side by side use it."""

import concurrent.futures
import subprocess

from lib.outcome import Failure
from lib.registry import case

THREADS, COPIES = 8, 25


@case
def copies_can_be_started(bench):
    """While other cases start programs, too: none is 'text file busy'."""

    def copy_and_start(number):
        path = bench.copy("leaker", f"copy{number}")
        try:
            process = bench.processes.part().start([str(path)], stdout=subprocess.DEVNULL)
        except OSError as error:
            return error
        process.kill()
        return process.wait() and None

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(copy_and_start, range(THREADS * COPIES)))
    errors = [error for error in outcomes if error]
    if errors:
        raise Failure(f"expected {THREADS * COPIES} to start, seen: {len(errors)}, {errors[0]}")
