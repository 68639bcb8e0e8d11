# SPDX-License-Identifier: BSD-2-Clause
"""build: makes the programs of the rows, each in a directory of its own, again when something
that they are made of has changed."""

import hashlib
import os
import subprocess

from lib.outcome import Failure
from truth.row import HERE, SOURCES, installed

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # the packages', not what this host has beside them
BUILD_S = 300  # of the slowest, GHC and cargo; on a busy host ten times what they need


def environment(directory):
    own = {"S": str(SOURCES), "O": str(directory), "HOME": str(directory), "PATH": PATH}
    return {**os.environ, **own}


def fingerprint(row):
    """Of all that a program is made of: commands, sources, and the versions of its packages."""
    state = hashlib.sha256(f"{row.build}\0{row.run}".encode())
    for file in [*row.sources(), HERE / "truth.h"]:
        state.update(file.read_bytes())
    for package in row.packages():
        state.update(f"{package} {installed().get(package)}\0".encode())
    return state.hexdigest()


def build(bench, row, directory):
    """Failure with the end of what the compiler said when it cannot be built."""
    directory.mkdir(parents=True, exist_ok=True)
    stamp = directory / ".built"
    if stamp.exists() and stamp.read_text() == fingerprint(row):
        return
    process = bench.processes.start(
        ["/bin/sh", "-ec", row.build], cwd=directory, env=environment(directory),
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
