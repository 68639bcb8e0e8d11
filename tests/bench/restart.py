#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How long an agent takes from its start to READY=1 with many leaks in its pinned maps.

    tests/bench/restart.py --programs .output/programs [--leaks N] [--rounds N] SOCKLEAK...

Needs root. Each build watches leaks of its own in a bpffs of its own: N sockets in processes of
10,000, all reported once before the first restart. Then the builds are started in turn, ROUNDS
times; each ends by SIGTERM. Printed: the median and the extremes of the seconds until READY=1,
of the processor time of the agent and its children by then, and of the seconds until all leaks
stand in the textfile again; ratios are to the first build given.
"""

import argparse
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

EACH = 10_000  # a process's; the limit of descriptors may be 20,000
PATIENCE_S = 540
# One burst at one place does not grow: its sockets are reported, and nothing is "leaking".
COUNTED = 'sockleak_tracked_sockets{state="leaked"}'


def cpu_seconds(pid):
    """Of the process and of those that it started and that still run."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True,
                           check=False)
    ticks = 0
    for one in [str(pid), *found.stdout.split()]:
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except FileNotFoundError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


class Build:
    def __init__(self, number, binary, options, directory):
        self.binary, self.leaks, self.index = binary, options.leaks, number
        self.directory = directory / str(number)
        self.bpffs = self.directory / "bpf"
        self.bpffs.mkdir(parents=True)
        subprocess.run(["mount", "-t", "bpf", "bpf", self.bpffs], check=True)
        self.textfile = self.directory / "sockleak.prom"
        self.comm = f"restart{number}"
        program = shutil.copy(pathlib.Path(options.programs) / "many", self.directory / self.comm)
        self.programs = []
        self.started = []
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(f"\0restart-{os.getpid()}-{number}")
        self.manager.settimeout(PATIENCE_S)
        agent = self.start()
        for begun in range(0, self.leaks, EACH):
            self.programs.append(subprocess.Popen(
                [program, str(min(EACH, self.leaks - begun))], stdin=subprocess.PIPE,
                stdout=open(self.directory / f"out{begun}", "wb"),
            ))
        for one in self.programs:
            self.wait_phase(one, 1)
            one.stdin.write(b"\n")
            one.stdin.flush()
        for one in self.programs:
            self.wait_phase(one, 2)
        self.wait_reported()
        self.stop(agent)

    def wait_phase(self, program, count):
        path = pathlib.Path(os.readlink(f"/proc/{program.pid}/fd/1"))
        deadline = time.monotonic() + PATIENCE_S
        while path.read_text().count("ready") < count:
            if time.monotonic() > deadline:
                sys.exit(f"{path} does not get ready")
            time.sleep(0.1)

    def start(self):
        name = self.manager.getsockname().decode().replace("\0", "@")
        agent = subprocess.Popen(
            [self.binary, "agent", "--comm", self.comm, "--pin", str(self.bpffs / "pins"),
             "--textfile", str(self.textfile), "--older-than", "2s", "--interval", "1s",
             "--write-interval", "1s", "--quiet"],
            env={**os.environ, "NOTIFY_SOCKET": name},
        )
        while "READY=1" not in self.manager.recv(65536).decode().split("\n"):
            pass
        return agent

    def reported(self):
        try:
            text = self.textfile.read_text()
        except FileNotFoundError:
            return 0
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
            if line.startswith(COUNTED)
        )

    def wait_reported(self):
        deadline = time.monotonic() + PATIENCE_S
        while self.reported() < self.leaks:
            if time.monotonic() > deadline:
                sys.exit(f"{self.binary}: {self.reported()} of {self.leaks} leaks in "
                         f"{self.textfile}")
            self.drain()
            time.sleep(0.05)

    def stop(self, agent):
        agent.send_signal(signal.SIGTERM)
        agent.wait(PATIENCE_S)
        self.drain()

    def drain(self):
        self.manager.setblocking(False)
        try:
            while True:
                self.manager.recv(65536)
        except BlockingIOError:
            self.manager.settimeout(PATIENCE_S)

    def measure(self):
        begun = time.monotonic()
        agent = self.start()
        ready, cpu = time.monotonic() - begun, cpu_seconds(agent.pid)
        self.wait_reported()
        whole = time.monotonic() - begun
        self.stop(agent)
        return ready, cpu, whole

    def end(self):
        for program in self.programs:
            program.kill()
            program.wait()
        subprocess.run(["umount", "-l", self.bpffs], check=False)


def main():
    parser = argparse.ArgumentParser(description="Start to READY with many pinned leaks.")
    parser.add_argument("--programs", default=".output/programs")
    parser.add_argument("--leaks", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("builds", nargs="+", metavar="SOCKLEAK")
    options = parser.parse_args()
    builds = []
    with tempfile.TemporaryDirectory(prefix="restart-") as directory:
        try:
            for number, binary in enumerate(options.builds):
                builds.append(Build(number, binary, options, pathlib.Path(directory)))
            seen = [[build.measure() for build in builds] for _ in range(options.rounds)]
        finally:
            for build in builds:
                build.end()
    first = None
    for number, build in enumerate(builds):
        columns = list(zip(*(turn[number] for turn in seen)))
        medians = [statistics.median(column) for column in columns]
        first = first or medians
        words = [
            f"{name} {median:.2f} s ({min(column):.2f} to {max(column):.2f}; {median / base:.3f})"
            for name, median, column, base in zip(("READY", "processor", "all reported"), medians,
                                                  columns, first)
        ]
        print(f"{build.binary}: {', '.join(words)}")


if __name__ == "__main__":
    main()
