# SPDX-License-Identifier: BSD-2-Clause
"""cgroups: v2 cgroups of the suite's own, removed at the end."""

import os
import time

from lib.outcome import Failure


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

    def make(self, name):
        """A new cgroup under the root of the tree; name may hold a slash for a nested one."""
        path = os.path.join(cgroup2_mount(), name)
        parent = os.path.dirname(path)
        if not os.path.isdir(parent):
            self.make(os.path.dirname(name))
        os.mkdir(path)
        self._made.append(path)
        return path

    def remove_all(self):
        for path in reversed(self._made):
            for _ in range(100):
                try:
                    os.rmdir(path)
                    break
                except FileNotFoundError:
                    break
                except OSError:  # its last process is still on its way out
                    time.sleep(0.05)
        self._made.clear()


def run_inside(path, args):
    """A command line that enters the cgroup before it becomes `args`."""
    script = 'echo 0 > "$0/cgroup.procs" && exec "$@"'
    return ["/bin/sh", "-c", script, path] + list(args)
