# SPDX-License-Identifier: BSD-2-Clause
"""program: one running test program, its phases and what it expects in each.

The protocol is that of programs/README.md.
"""

import subprocess
import threading
import time


class Phase:
    """What is expected between two newlines on the program's stdin."""

    def __init__(self, number, marks):
        self.number = number
        self.marks = marks  # agent -> how many events it had reported when the phase began
        self.leaks = {}  # inode -> {field: alternatives}
        self.resolved = {}  # inode -> reasons
        self.lines = []
        self.ready_at = None  # monotonic


class Program:
    def __init__(self, processes, name, args, agents=(), **kwargs):
        self.name = name
        self.skip = None  # why it cannot be run here
        self.broken = None  # why its own set-up failed
        self.inodes = set()  # that it ever named
        self.ended = False
        self._processes = processes
        self._agents = list(agents)
        self.phase = Phase(1, self._marks())
        self.process = processes.start(
            args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **kwargs
        )
        self.pids = {self.process.pid}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self):
        return self.process.pid

    def _marks(self):
        return {agent: len(agent.events) for agent in self._agents}

    def _read(self):
        for line in self.process.stdout:
            self._take(line.strip())
        self.ended = True

    def _take(self, line):
        word, _, rest = line.partition(" ")
        if word == "pid":
            self.pids.add(int(rest))
            self._processes.announce(int(rest))
        elif word == "skip":
            self.skip = rest
        elif word == "ready":
            self.phase.ready_at = time.monotonic()
        elif word == "expect":
            self.phase.lines.append(line)
            self._expect(*rest.split())
        elif word != "phase":
            self.broken = line

    def _expect(self, what, *fields):
        values = {}
        for field in fields:
            key, _, value = field.partition("=")
            values[key] = value.split("|")
        if what == "none":
            return
        inode = int(values.pop("inode")[0])
        self.inodes.add(inode)
        if what == "leak":
            self.phase.leaks[inode] = values
        else:
            self.phase.resolved[inode] = values["reason"]

    def wait_ready(self, timeout=30):
        """Wait until the phase is set up. Returns None, or why it never will be."""
        deadline = time.monotonic() + timeout
        while self.phase.ready_at is None:
            trouble = self.trouble()
            if trouble or time.monotonic() > deadline:
                return trouble or f"test program not ready after {timeout} s"
            time.sleep(0.01)
        return None

    def trouble(self):
        """Why its phase will never be ready, or None."""
        if self.broken:
            return f"the test program could not set itself up: {self.broken}"
        if self.ended and self.skip is None and self.phase.ready_at is None:
            return f"the test program ended too early, status {self.process.wait()}"
        return None

    def next_phase(self):
        self.phase = Phase(self.phase.number + 1, self._marks())
        self._write("\n")

    def _write(self, text):
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass

    def at_last_phase(self, patience=2.0):
        """After next_phase(): did the program end instead of setting up another phase?"""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self._reader.join(patience)
                return True
            if self.phase.lines or self.phase.ready_at:
                return False
            time.sleep(0.01)
        return False

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self._processes.end(self.process)
