# SPDX-License-Identifier: BSD-2-Clause
"""build: makes the programs of the rows, each in a directory of its own, again when something
that they are made of has changed."""

import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import threading

from lib.outcome import Failure
from truth.row import HERE, SOURCES, installed, root_of

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # the packages', not what this host has beside them
BUILD_S = 300  # of the slowest, GHC and cargo; on a busy host ten times what they need


IN_ROOT = pathlib.Path("/truth")  # in the root of a suite: a copy of runtimes/, and the programs
# The command becomes the program, so that its pid stays; the mounts end with it.
ENTER = """mount --make-rprivate / && mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" &&
exec chroot "$0" /bin/sh -c 'cd "$O" && exec /bin/sh -ec "$1"' sh "$1" """


_copying = threading.Lock()


@functools.cache
def copy_sources(into):
    """Once in a run: a program that another row has just begun would read half a file."""
    shutil.copytree(SOURCES, into, dirs_exist_ok=True)
    shutil.copy(HERE / "truth.h", into.parent)


class Place:
    """Where a row is built and run."""

    def __init__(self, row, programs):
        self.root = root_of(row.suite)
        self.is_host = not row.suite
        self.inner = IN_ROOT / row.name if row.suite else programs / "runtimes" / row.name
        self.directory = self.root / self.inner.relative_to("/")
        self.sources = IN_ROOT / "runtimes" if row.suite else SOURCES

    def prepare(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self.is_host:
            with _copying:
                copy_sources(self.root / self.sources.relative_to("/"))

    def environment(self, **more):
        own = {"S": self.sources, "O": self.inner, "HOME": self.inner, "PATH": PATH, **more}
        return {**os.environ, **{name: str(value) for name, value in own.items()}}

    def command(self, text):
        """The command line that runs a shell command there."""
        if self.is_host:
            return ["/bin/sh", "-ec", text]
        return ["unshare", "--mount", "/bin/sh", "-c", ENTER, str(self.root), text]


def fingerprint(row):
    """Of all that a program is made of: commands, sources, and the versions of its packages."""
    state = hashlib.sha256(f"{row.build}\0{row.run}".encode())
    for file in [*row.sources(), HERE / "truth.h"]:
        state.update(file.read_bytes())
    for package in row.packages():
        state.update(f"{package} {installed(row.suite).get(package)}\0".encode())
    return state.hexdigest()


def build(bench, row, place):
    """Failure with the end of what the compiler said when it cannot be built."""
    place.prepare()
    stamp = place.directory / ".built"
    if stamp.exists() and stamp.read_text() == fingerprint(row):
        return
    process = bench.processes.start(
        place.command(row.build or "true"), cwd=place.directory, env=place.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=BUILD_S)
    except subprocess.TimeoutExpired:
        bench.processes.end(process, 0)
        raise Failure(f"expected the program of {row.name} within {BUILD_S} s") from None
    if process.returncode:
        raise Failure(f"expected to build the program of {row.name}, seen: {said[-1500:]}")
    stamp.write_text(fingerprint(row))
