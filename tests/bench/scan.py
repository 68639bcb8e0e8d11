#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How long `sockleak scan` takes beside `lsof -n -P`, over the same 200,000 descriptors.

    tests/bench/scan.py SOCKLEAK    needs root and lsof

Both run in turn, three times; the ratio of the medians is what counts. A few unconnected
sockets are among them, so that the scan looks at their process twice.
"""

import os
import resource
import socket
import statistics
import subprocess
import sys
import time

DESCRIPTORS = 200_000
ROUNDS = 3
BAR = 30


def hold(count, ready):
    """A process with so many: half of them connected sockets, and one that never was."""
    kept = [socket.socket()]
    while len(kept) + 1 < count:
        kept += socket.socketpair() if len(kept) % 4 == 1 else [os.dup(0), os.dup(0)]
    os.write(ready, b".")
    while True:
        time.sleep(3600)


def start_holders():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    each = min(hard, 20_000) - 50
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    pids = []
    reader, writer = os.pipe()
    for _ in range(-(-DESCRIPTORS // each)):
        pid = os.fork()
        if not pid:
            hold(each, writer)
        pids.append(pid)
    for _ in pids:
        os.read(reader, 1)
    return pids


def took(command):
    begun = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - begun


def main():
    pids = start_holders()
    try:
        lsof, scan = [], []
        for _ in range(ROUNDS):
            lsof.append(took(["lsof", "-n", "-P"]))
            scan.append(took([sys.argv[1], "scan", "--quiet"]))
    finally:
        for pid in pids:
            os.kill(pid, 9)
    ratio = statistics.median(lsof) / statistics.median(scan)
    print(f"lsof -n -P     {statistics.median(lsof):6.2f} s")
    print(f"sockleak scan  {statistics.median(scan):6.2f} s")
    print(f"{ratio:.0f} times as fast (the bar is {BAR})")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
