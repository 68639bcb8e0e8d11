# SPDX-License-Identifier: BSD-2-Clause
"""processes: every process that the suite started, so that each can be ended by its pid."""

import os
import pathlib
import subprocess
import threading


def start_time(pid):
    """Start of a process in clock ticks, which with its pid identifies it. None = it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[19]
    except OSError:
        return None


def copy_program(source, target):
    """A copy of a program that can be started at once; returns its path.

    cp writes it. A file that is open for writing here is for a moment also open in each child
    that another thread begins to start, and a program that is open for writing cannot be started
    (ETXTBSY).
    """
    target = pathlib.Path(target)
    target = target / pathlib.Path(source).name if target.is_dir() else target
    subprocess.run(["cp", "--", str(source), str(target)], check=True)
    return target


def write_program(path, text):
    """Write a program, such as a script, that can be started at once; returns its path.

    As in copy_program(), another process writes it.
    """
    subprocess.run(["install", "-m", "755", "--", "/dev/stdin", str(path)], input=text, text=True,
                   check=True)
    return pathlib.Path(path)


class Process(subprocess.Popen):
    """Also has the processor time of a process that has ended, and of the children for which it
    waited. It stays 0 if another call waits for it, as in a Python that knows no _try_wait()."""

    spent_s = 0.0

    def _try_wait(self, wait_flags):
        try:
            pid, status, usage = os.wait4(self.pid, wait_flags)
        except ChildProcessError:
            return super()._try_wait(wait_flags)
        if pid == self.pid:
            self.spent_s = usage.ru_utime + usage.ru_stime
        return pid, status

    def poll(self):
        """As Popen's, which would wait by another call."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None


class Processes:
    def __init__(self):
        self._lock = threading.Lock()
        self._parts = []
        self._started = []
        self._announced = {}  # pid -> start time, of grandchildren
        self._ended = False

    def part(self):
        """The processes of one case, which end with it; end_all() of the whole ends them, too."""
        part = Processes()
        with self._lock:
            part._ended = self._ended
            self._parts.append(part)
        return part

    def start(self, args, **kwargs):
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        with self._lock:
            if self._ended:
                raise RuntimeError("the suite is ending")
            # Its own session: a ^C at the terminal ends it through this class alone.
            process = Process(args, start_new_session=True, **kwargs)
            self._started.append(process)
        return process

    def announce(self, pid):
        """Add a process that one of ours has started, by the pid that it printed."""
        started = start_time(pid)
        if started is not None:
            with self._lock:
                self._announced[pid] = started

    def end(self, process, patience=5):
        """Wait for it a moment, then kill it."""
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def spent_s(self):
        """Processor time of what has ended. That of programs which the cases start without this
        class, and of what runs in this process, is not a part of it."""
        with self._lock:
            return sum(process.spent_s for process in self._started)

    def end_all(self):
        with self._lock:
            self._ended = True
        for part in self._parts:
            part.end_all()
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.wait()
        for pid, started in self._announced.items():
            if start_time(pid) == started:
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass
