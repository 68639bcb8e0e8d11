# SPDX-License-Identifier: BSD-2-Clause
"""scratch: a root of its own to install packages into: this host's, with changes kept apart.

An overlay over /, in a mount namespace that ends with the case: the host's files are
there (a package finds what it depends on), what is written goes to memory, and can be
listed. /sys/fs/bpf is a new one.
"""

import os
import subprocess

from lib.outcome import Failure

SETUP = r"""
set -e
mount -t tmpfs none "$1"
mkdir "$1/new" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/new,workdir=$1/work" none "$1/root"
for directory in proc sys dev; do
    mount --rbind "/$directory" "$1/root/$directory"
    mount --make-rslave "$1/root/$directory"
done
mount -t bpf -o mode=0700 none "$1/root/sys/fs/bpf"
mount -t tmpfs none "$1/root/run"
mount -t tmpfs -o mode=1777 none "$1/root/tmp"
echo ready
exec sleep 600
"""


class Scratch:
    def __init__(self, bench, name):
        self.directory = bench.directory / name
        self.directory.mkdir()
        self._process = bench.processes.start(
            ["unshare", "--mount", "--propagation", "slave", "sh", "-c", SETUP, "sh",
             str(self.directory)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        said = self._process.stdout.readline()
        if said != "ready\n":
            raise Failure(f"expected a root to install into, seen: {said}")

    def path(self, name):
        """The path of one of its files as seen from outside."""
        return f"/proc/{self._process.pid}/root{self.directory}/root/{name.lstrip('/')}"

    def run(self, *command, check=True, **kwargs):
        """Run a command in it. Returns (exit, stdout and stderr)."""
        done = subprocess.run(
            ["nsenter", f"--mount=/proc/{self._process.pid}/ns/mnt", "chroot",
             str(self.directory / "root"), *[str(word) for word in command]],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            cwd="/", check=False, **kwargs,
        )
        if check and done.returncode:
            raise Failure(
                f"expected `{' '.join(map(str, command))}` to succeed, seen: "
                f"{done.returncode}: {done.stdout[-1500:]}"
            )
        return done.returncode, done.stdout

    def changes(self):
        """Every file that is new, changed or gone compared with the host."""
        new = f"/proc/{self._process.pid}/root{self.directory}/new"
        found = subprocess.run(
            ["find", new, "-mindepth", "1", "-not", "-type", "d", "-printf", "%P\n", "-o",
             "-type", "d", "-empty", "-printf", "%P/\n"],
            capture_output=True, text=True, check=True,
        )
        # A directory of the host's in which something changed is there, too, as an empty one.
        return {
            name for name in found.stdout.splitlines()
            if not (name.endswith("/") and os.path.isdir("/" + name))
        }
