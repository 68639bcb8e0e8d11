# SPDX-License-Identifier: BSD-2-Clause
"""counted: what may be attached while instructions are counted, each in a guest.

A configuration is started and stopped like those of configurations.py, in a machine of
tests/vm/guest.py whose clock counts instructions; so is the driver.
"""

import signal

from configurations import Unavailable
from lib import agent
from lib.hook_kinds import hook_kinds
from lib.outcome import Failure

# Of a machine that is emulated and niced on a busy host. No figure depends on it.
PATIENCE_S = 240
SOCKLEAK = "/bin/sockleak"
DRIVER, EMPTY, BEFORE = "/programs/driver", "/programs/empty", "/programs/before"
# The kinds of tests/bench/empty.c, and whether they can do without a call.
EMPTY_KINDS = {"tracepoint": True, "fentry": True, "kprobe.multi": True, "raw_syscalls": False,
               "raw_tp": False}


class Driver:
    """driver.c in a guest: the answer to each question is in instructions instead of ns."""

    def __init__(self, guest):
        self._process = guest.start([DRIVER, "count"])
        self._process.next_line("a driver that is ready", PATIENCE_S)

    def run(self, operation, batch_ms):
        """(instructions of the median operation, the mean of all)"""
        self._process.stdin.write(f"{operation} 1 0 {batch_ms}\n")
        answer = self._process.next_line(f"the driver's answer to {operation}", PATIENCE_S)
        typical, mean, _ = answer.split()
        return float(typical), float(mean)

    def close(self):
        self._process.stdin.close()


class Nothing:
    def __init__(self, name="nothing", title="nothing"):
        self.name, self.title = name, title

    def start(self, guest):
        pass

    def stop(self):
        """What it has to say of itself when it ends, or None."""


class Empty:
    def __init__(self, kind, seven):
        self.name = f"empty:{kind}" + (":seven" if seven else "")
        if EMPTY_KINDS[kind]:
            self.title = f"{'seven' if seven else 'ten'} empty programs, {kind}"
        else:
            self.title = f"two empty programs, {kind}"
        self._args = [EMPTY, kind] + (["seven"] if seven else [])
        self._process = None

    def start(self, guest):
        self._process = guest.start(self._args)
        try:
            self._process.next_line("empty programs that are attached", PATIENCE_S)
        except Failure as failure:
            raise Unavailable(str(failure).rpartition("empty: ")[2]) from None

    def stop(self):
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)


class Sockleak:
    """One with its defaults, but for the kind of hooks."""

    def __init__(self, kind, path=SOCKLEAK, name="sockleak", title="sockleak"):
        self.kind = kind
        self.name, self.title = f"{name}:{kind}", f"{title}, {kind}"
        self._path = path
        self._agent = None

    def start(self, guest):
        self._agent = agent.Agent(guest, self._path, ["--hooks", self.kind], defaults=True)
        try:
            self._agent.wait_ready(PATIENCE_S)
        except Failure as failure:
            self._agent.process.kill()
            raise Unavailable(self._agent.errors[-1] if self._agent.errors else
                              str(failure)) from None

    def stop(self):
        """What it lost, by name: figures of a sockleak that lost something are of less work."""
        self._agent.process.send_signal(signal.SIGINT)
        summary = self._agent.wait_end(PATIENCE_S)
        if summary["hooks"] != self.kind:
            raise Failure(f"expected hooks {self.kind}, seen: {summary['hooks']}")
        return {name: count for name, count in summary["dropped"].items() if count}


def every(sockleak, before):
    """All of them; the order is that of the tables. `sockleak` and `before` are on this host."""
    found = [Nothing()]
    for kind, has_calls in EMPTY_KINDS.items():
        found += [Empty(kind, False)] + ([Empty(kind, True)] if has_calls else [])
    if before:
        found += [Sockleak(kind, BEFORE, "before", "the earlier build")
                  for kind in hook_kinds(before)]
    found += [Sockleak(kind) for kind in hook_kinds(sockleak)]
    return found + [Nothing("again", "nothing, again")]
