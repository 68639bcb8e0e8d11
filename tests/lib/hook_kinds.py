# SPDX-License-Identifier: BSD-2-Clause
"""hook_kinds: the kinds of hooks that a build of sockleak can be given by --hooks."""

import re
import subprocess

from lib.outcome import Failure

# One that cannot be known, so that the answer lists what is.
UNKNOWN = "?"


def hook_kinds(binary):
    """The kinds in the program's own order, without `auto`, which chooses one of them."""
    asked = [str(binary), "trace", "--hooks", UNKNOWN]
    answer = subprocess.run(asked, text=True, capture_output=True, check=False, timeout=30).stderr
    found = re.search(r"^sockleak: --hooks .* allowed: (.*)$", answer, re.MULTILINE)
    if not found:
        raise Failure(f"expected the kinds that --hooks allows, seen: {answer!r}")
    return [kind for kind in found[1].split(", ") if kind != "auto"]


def runs_at_every_call(kind):
    """Do the programs of this kind run at every system call?"""
    return kind.startswith("raw")
