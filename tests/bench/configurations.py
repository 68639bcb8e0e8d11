# SPDX-License-Identifier: BSD-2-Clause
"""configurations: what may be attached while the driver is timed, and how each is run.

A configuration is started before its turn in each round and ended behind it. `start(pid)`
returns when it is attached, and raises Unavailable when it cannot be.
"""

import os
import pathlib
import select
import shutil
import signal
import subprocess
import time

import machine

HERE = pathlib.Path(__file__).resolve().parent
TRACED = "socket,connect,bind,getpeername,close"
READY_TIMEOUT_S = 30


class Unavailable(Exception):
    """It cannot be measured here; the text is the reason, for a reader."""


class Nothing:
    name = "nothing"
    title = "nothing attached"
    version = None
    pid = None

    def start(self, driver_pid):
        pass

    def stop(self):
        pass


class Tool:
    """A program that says by a line of its output that it is attached."""

    stop_signal = signal.SIGTERM  # SIGINT may be ignored since a shell before us
    version_command = None
    package = None

    def __init__(self, name, title, command, ready):
        self.name = name
        self.title = title
        self.command = command  # a function of the driver's pid
        self.ready = ready
        self.process = self.sink = None
        self.version = machine.version(self.version_command) if self.version_command else None

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def _fail(self, reason):
        self.stop()
        raise Unavailable(reason)

    def start(self, driver_pid):
        command = self.command(driver_pid)
        if not shutil.which(command[0]):
            raise Unavailable(f"{command[0]} is not installed")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self._wait_ready()
        # What it goes on to print is read by something cheap, and not kept.
        self.sink = subprocess.Popen(["cat"], stdin=self.process.stdout,
                                     stdout=subprocess.DEVNULL)
        self.process.stdout.close()

    def _wait_ready(self):
        seen = b""
        output = self.process.stdout.fileno()
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self.is_ready(seen):
            if time.monotonic() > deadline:
                self._fail(f"not attached within {READY_TIMEOUT_S} s: {last_line(seen)}")
            if select.select([output], [], [], 0.02)[0]:
                data = os.read(output, 4096)
                if not data:
                    self._fail(last_line(seen) or f"it ended with {self.process.wait()}")
                seen = (seen + data)[-65536:]

    def is_ready(self, seen):
        return self.ready in seen

    def stop(self):
        if not self.process:
            return
        self.process.stdin.close()
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if not self.process.stdout.closed:
            self.process.stdout.close()
        if self.sink:
            self.sink.wait(20)
        self.process = self.sink = None


class Bpftrace(Tool):
    version_command = ["bpftrace", "--version"]

    def is_ready(self, seen):
        """Its BEGIN may run before the rest is attached: count what is, too."""
        if self.ready not in seen:
            return False
        listed = subprocess.run(["bpftool", "perf", "show"], text=True, capture_output=True,
                                check=False).stdout
        attached = [line for line in listed.splitlines() if line.startswith(f"pid {self.pid} ")]
        return sum("tracepoint" in line for line in attached) >= 5


class PerfTrace(Tool):
    version_command = ["perf", "--version"]

    def is_ready(self, seen):
        """It says nothing: the first call of this process that it tells of is the sign."""
        os.close(os.dup(2))
        return b"close(" in seen


class Strace(Tool):
    version_command = ["strace", "--version"]


def sockleak(path, name, title, *options):
    command = [path, "--json", *options]
    return Tool(name, title, lambda pid: command, b"sockleak: watching by ")


def every(sockleak_path, empty_path, before_path=None):
    """All of them; the order is that of the tables. `before_path`: another build, or None."""
    before = [sockleak(before_path, "before", "the earlier build")] if before_path else []
    return [
        Nothing(),
        Tool("empty", "empty programs on the same ten tracepoints", lambda pid: [empty_path],
             b"ready"),
        sockleak(sockleak_path, "sockleak", "sockleak"),
        sockleak(sockleak_path, "every_stack", "sockleak --sample-after 0", "--sample-after", "0"),
        sockleak(sockleak_path, "no_copy", "sockleak --stack-size 0", "--stack-size", "0"),
        *before,
        Bpftrace("bpftrace", "bpftrace equivalent.bt",
                 lambda pid: ["bpftrace", str(HERE / "equivalent.bt")], b"ready"),
        PerfTrace("perf_trace", "perf trace -a", lambda pid: [
            "perf", "trace", "-a", "-e", TRACED, "-o", "/dev/stdout"], b"close("),
        Strace("strace", "strace -f", lambda pid: [
            "strace", "-f", "-e", f"trace={TRACED}", "-o", "/dev/null", "-p", str(pid)],
            b"attached"),
    ]


def last_line(output):
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
