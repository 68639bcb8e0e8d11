# SPDX-License-Identifier: BSD-2-Clause
"""driver: the process that is timed (driver.c), and what it can be asked for."""

import collections
import subprocess

Case = collections.namedtuple("Case", "operation threads depth_kib")

# name -> for a reader
OPERATIONS = {
    "getppid": "getppid",
    "open": "openat + close of a file",
    "dup": "dup + close",
    "socket": "socket + close",
    "udp": "UDP socket + connect + close",
    "tcp": "TCP connect cycle",
    "unix": "unix stream cycle",
}
SHALLOW, DEEP = 0, 100


def key(case):
    return f"{case.operation}/{case.threads}/{case.depth_kib}"


def case_of(text):
    operation, threads, depth_kib = text.split("/")
    return Case(operation, int(threads), int(depth_kib))


def in_words(case):
    threads = "1 thread" if case.threads == 1 else f"{case.threads} threads"
    depth = f"{case.depth_kib} KiB deep" if case.depth_kib else "shallow"
    return f"{OPERATIONS[case.operation]}, {threads}, {depth}"


def cases(threads=(1, 2), depths=(SHALLOW, DEEP), operations=OPERATIONS):
    return [Case(operation, thread, depth)
            for thread in threads for depth in depths for operation in operations]


class Driver:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self._answer()

    @property
    def pid(self):
        return self.process.pid

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: the driver ended with {self.process.wait()}, see above")
        return line

    def run(self, case, batch_ms):
        """Returns what one operation took: (ns of the median chunk, mean ns, operations)."""
        self.process.stdin.write(f"{case.operation} {case.threads} {case.depth_kib} {batch_ms}\n")
        self.process.stdin.flush()
        typical_ns, mean_ns, count = self._answer().split()
        return float(typical_ns), float(mean_ns), int(count)

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
