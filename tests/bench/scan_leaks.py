#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `sockleak scan` costs over many leaks that a running sockleak knows, by build.

    tests/bench/scan_leaks.py [--leaks N] [--rounds N] SOCKLEAK [BEFORE]

Needs root. Each build has a sockleak of its own that watches; the same leaks are scanned as
JSON, as text, and with a --comm that nothing has, in turn, ROUNDS times. Told: the median of the
seconds until the end and of the processor time, children included; with BEFORE also the median of
the ratios within a round, of that build to the first one.
"""

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

EACH = 10_000  # a process's; the limit of descriptors may be 20,000
SETTLED_S = 10  # all leaks are older than the threshold, and have stacks and names
WATCH = ["--older-than", "1s", "--interval", "500ms", "--max-sockets", "65536"]
SCANS = {"json": ["--json"], "text": [], "nothing": ["--comm", "no-such-comm"]}


def leak(count, ready):
    """A process that leaks so many at one place."""
    kept = [socket.socket() for _ in range(count)]
    os.write(ready, b".")
    while kept:
        time.sleep(3600)


def start_leakers(count):
    reader, writer = os.pipe()
    pids = []
    for begun in range(0, count, EACH):
        pid = os.fork()
        if not pid:
            leak(min(EACH, count - begun), writer)
        pids.append(pid)
    for _ in pids:
        os.read(reader, 1)
    return pids


def start_watch(binary, log):
    watch = subprocess.Popen([binary, "trace", *WATCH, "--duration", "1h"],
                             stdout=subprocess.DEVNULL, stderr=log)
    while b"watching" not in os.pread(log.fileno(), 4096, 0):
        if watch.poll() is not None:
            sys.exit(f"{binary} did not start: {os.pread(log.fileno(), 4096, 0).decode()}")
        time.sleep(0.05)
    return watch


def took(command, output):
    """Seconds until its end, of processor time, and lines that it wrote."""
    output.truncate(0)
    output.seek(0)
    begun = time.monotonic()
    pid = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL).pid
    _, status, used = os.wait4(pid, 0)
    wall = time.monotonic() - begun
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}")
    output.seek(0)
    return wall, used.ru_utime + used.ru_stime, sum(1 for _ in output)


def measure(builds, watches, options, output):
    """(scan, build) -> what each round took."""
    found = {(scan, build): [] for scan in SCANS for build in builds}
    for number in range(options.rounds):
        for scan, arguments in SCANS.items():
            for build in builds if number % 2 else reversed(builds):
                command = [build, "scan", "--quiet", "--history", str(watches[build].pid)]
                found[scan, build].append(took(command + arguments, output))
    return found


def report(builds, found, leaks):
    for (scan, build), rounds in found.items():
        wall, cpu, lines = (statistics.median(values) for values in zip(*rounds))
        print(f"{scan:8} {wall:7.3f} s, {cpu:6.3f} s of processor time, {lines:.0f} lines  {build}")
        if scan == "json" and lines < leaks:
            sys.exit(f"{build} listed {lines:.0f} of {leaks} leaks")
    if len(builds) < 2:
        return
    for scan in SCANS:
        pairs = list(zip(found[scan, builds[0]], found[scan, builds[1]]))
        wall = statistics.median(before[0] / now[0] for now, before in pairs)
        cpu = statistics.median(before[1] / now[1] for now, before in pairs)
        print(f"{scan:8} {wall:.2f} times as fast as before, {cpu:.2f} by processor time")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leaks", type=int, default=20_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=7, metavar="N")
    parser.add_argument("builds", nargs="+", metavar="SOCKLEAK")
    options = parser.parse_args()
    watches, pids = {}, []
    with tempfile.TemporaryFile() as output:
        try:
            for build in options.builds:
                with tempfile.TemporaryFile() as log:
                    watches[build] = start_watch(build, log)
            pids = start_leakers(options.leaks)
            time.sleep(SETTLED_S)
            report(options.builds, measure(options.builds, watches, options, output), options.leaks)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            for watch in watches.values():
                watch.send_signal(signal.SIGINT)
                watch.wait()


if __name__ == "__main__":
    main()
