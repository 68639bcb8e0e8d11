#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a test suite of many short processes takes under `sockleak run`, beside bare and strace -f.

    tests/bench/run.py [--sockleak ./sockleak] [--processes 1000] [--rounds 5]

Each round runs all in turn, so that the neighbours of a busy host meet all alike, and the ratios are
taken within a round. The program measures itself from its first instruction to its last, which is
what the watch costs it; what sockleak takes to begin and to end is a figure of its own. Processor
time is that of everything: program, sockleak and its resolver.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time

SUITE = """
import os, sys, time
begun = time.monotonic()
for _ in range(int(sys.argv[1])):
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
print(time.monotonic() - begun)
"""


def timed(prefix, processes):
    """(inside, total, processor) seconds of the suite."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    done = subprocess.run(prefix + [sys.executable, "-c", SUITE, str(processes)], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    total = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return float(done.stdout), total, used


MEASURES = ("the processes, s", "the processes, processor s", "all, s", "all, processor s")


def measure(prefix, processes):
    """Seconds, as MEASURES has them: beginning and end of each way are those of no process."""
    inside, total, used = timed(prefix, processes)
    return inside, used - timed(prefix, 0)[2], total, used


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockleak", default="./sockleak")
    parser.add_argument("--processes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    ways = {
        "bare": [],
        "run": [options.sockleak, "run", "--output", "/dev/null", "--"],
        "strace": ["strace", "-f", "-o", "/dev/null"],
    }
    rounds = []
    for number in range(options.rounds):
        names = list(ways)
        names = names[number % 3:] + names[:number % 3]
        rounds.append({name: measure(ways[name], options.processes) for name in names})
    print(f"{options.processes} processes, {options.rounds} rounds; load {os.getloadavg()[0]:.1f} "
          f"on {os.cpu_count()} processors")
    for index, what in enumerate(MEASURES):
        print(f"{what:30}" + "".join(
            f"  {name} {statistics.median(row[name][index] for row in rounds):.2f}"
            for name in ways) + ratios(rounds, index))
    for index in (0, 1):
        overheads = [(row["run"][index] - row["bare"][index])
                     / (row["strace"][index] - row["bare"][index]) for row in rounds]
        print(f"overhead of run by that of strace -f, {MEASURES[index]}: "
              f"median {statistics.median(overheads):.3f}")


def ratios(rounds, index):
    found = [row["run"][index] / row["bare"][index] for row in rounds]
    return (f"  run/bare {' '.join(f'{value:.2f}' for value in found)}, "
            f"median {statistics.median(found):.2f}")


if __name__ == "__main__":
    main()
