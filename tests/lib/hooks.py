# SPDX-License-Identifier: BSD-2-Clause
"""hooks: which kinds of hooks work on this host, found by trying each."""

import functools
import os
import subprocess
import threading

from lib.hook_kinds import hook_kinds
from lib.outcome import Failure

_once = threading.Lock()
KINDS = ("fentry", "kprobe.multi", "tracepoint", "raw_syscalls", "raw_tp")  # the best first


def force(binary, kind):
    """Run sockleak shortly with such hooks: its exit status, and what it says of them."""
    done = subprocess.run(
        [binary, "--hooks", kind, "--duration", "1ms", "--pid", str(os.getpid()), "-q"],
        capture_output=True, text=True, check=False, timeout=300,
    )
    return done.returncode, done.stderr


@functools.cache
def _kinds_of(binary):
    known = tuple(hook_kinds(binary))
    if known != KINDS:
        raise Failure(f"expected the kinds {KINDS}, seen: {known}")
    found = []
    for kind in KINDS:
        status, errors = force(binary, kind)
        if status not in (0, 3):
            raise Failure(f"--hooks {kind}: expected exit 0 or 3, seen {status}: {errors}")
        found += [kind] if not status else []
    return tuple(found)


def kinds_here(bench):
    """The kinds that work on this host, the best first."""
    with _once:
        return _kinds_of(str(bench.sockleak))
