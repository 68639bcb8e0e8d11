# SPDX-License-Identifier: BSD-2-Clause
"""cgroups: v2 cgroups of the suite's own, removed at the end."""

import os
import threading
import time

from lib.outcome import Failure

PREFIX = "sockleak-test-"  # of their names: what a run that is killed leaves, lib/guard.py removes


def cgroup2_mount():
    """Where the host's v2 tree is mounted; on hybrid hosts not at /sys/fs/cgroup."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
        for line in mounts:
            fields, _, source = line.partition(" - ")
            if source.split()[0] == "cgroup2" and fields.split()[3] == "/":
                return fields.split()[4]
    raise Failure("expected a mounted cgroup2 file system, seen: none in /proc/self/mountinfo")


class Cgroups:
    def __init__(self):
        self._made = []
        self._count = 0
        self._lock = threading.Lock()

    def make(self, parent=None, name=None):
        """A new cgroup, in `parent` or at the root of the tree. Returns its path."""
        with self._lock:
            self._count += 1
            name = name or f"{PREFIX}{os.getpid()}-{self._count}"
        path = os.path.join(parent or cgroup2_mount(), name)
        os.mkdir(path)
        self._made.append(path)
        return path

    def remove(self, path, patience_s=5):
        """Remove a cgroup that is empty or about to be: a killed process has no environment any
        more long before it has closed all its sockets and left its cgroup."""
        deadline = time.monotonic() + patience_s
        while True:
            try:
                os.rmdir(path)
                return
            except FileNotFoundError:
                return
            except OSError:  # its last process is still on its way out
                if time.monotonic() > deadline:
                    return
                time.sleep(0.05)

    def remove_all(self):
        for path in reversed(self._made):
            self.remove(path)
        self._made.clear()


def inside(path):
    """For Bench.program(): the process enters the cgroup before it becomes the program."""
    script = 'echo 0 > "$0/cgroup.procs" && exec "$@"'
    return lambda command: ["/bin/sh", "-c", script, path] + command
