# SPDX-License-Identifier: BSD-2-Clause
"""preempted: hooks that another task interrupts: does sockleak see each call, or own up to it?

From Linux 7.2 on the kernel runs the programs of some kinds of hooks so that they can be
preempted, and skips a program while another run of it is under way on the same processor. What it
skips it counts, and sockleak reports that as `hooks_skipped`: then the calls that were made are
those that were seen and those that were counted as skipped. By the hooks that sockleak chooses
itself (`auto`) none may be skipped.

While a task reads a BPF map by bpf(2) the kernel skips programs on that processor, too, and that
task can be preempted like any other. `preempted@KIND+reader` has such a task beside the callers.
How many runs that costs is a figure, which depends on the kind and the kernel; the check is that
each of them is counted.

preempted.c makes the calls, on a processor that everything else is kept off (APPEND): what is
skipped is skipped of its calls.
"""

import signal

from lib.agent import Agent
from lib.hook_kinds import runs_at_every_call
from lib.outcome import Failure

APPEND = "isolcpus=1"
PROGRAM = "/programs/preempted"
ROUNDS = 500
AUTO = "auto"
READER = "+reader"
# Counters of the summary, one for each hook; and which of these hooks may be left out.
HOOKS = ("socket_enter", "socket", "bind_enter", "bind", "connect_enter", "connect",
         "getpeername_enter", "getpeername", "close", "close_exit")
OPTIONAL = ("socket_enter", "close", "close_exit")


def names(kinds):
    return {f"preempted@{kind}{reader}": kind + reader
            for reader in ("", READER) for kind in (*kinds, AUTO)}


def _run(guest, sockleak, kind, reader, patience):
    """(how many of each call were made, the summary of who watched them)"""
    program = guest.start([PROGRAM, str(ROUNDS), *(["read"] if reader else [])])
    program.next_line("'ready'", patience)
    watcher = Agent(guest, sockleak, ["--hooks", kind, "--comm", "preempted"], defaults=True)
    try:
        watcher.wait_ready(patience)
        program.stdin.write("go\n")
        calls = int(program.next_line("how many rounds were made", patience).split()[1])
        watcher.process.send_signal(signal.SIGINT)
        return calls, watcher.wait_end(patience)
    finally:
        program.stdin.close()
        watcher.process.kill()


def _problem(kind, calls, seen, skipped):
    """Why these figures are wrong, or None."""
    unseen = sum(calls - count for count in seen.values())
    if any(count > calls for count in seen.values()):
        return "more calls were seen than made"
    if runs_at_every_call(kind):
        # Skipped may be other calls, too: the sleep of the fourth thread.
        if unseen > skipped:
            return "calls were neither seen nor counted as skipped"
    elif unseen != skipped:
        return "calls that were not seen are not those counted as skipped"
    return None


def check(guest, sockleak, asked, patience):
    """Run it by hooks of the kind that is asked for; return the figures in words, or fail.

    With READER behind the kind somebody reads maps meanwhile.
    """
    reader = asked.endswith(READER)
    asked = asked.removesuffix(READER)
    calls, summary = _run(guest, sockleak, asked, reader, patience)
    kind, skipped = summary["hooks"], summary["dropped"]["hooks_skipped"]
    if asked not in (kind, AUTO):
        raise Failure(f"expected hooks {asked}, seen: {kind}")
    seen = {name: summary["counters"][name] for name in HOOKS
            if summary["counters"].get(name) or name not in OPTIONAL}
    unseen = sum(calls - count for count in seen.values())
    words = (f"by {kind} {calls:,} calls at {len(seen)} hooks: {unseen:,} not seen "
             f"({100 * unseen / (calls * len(seen)):.1f} %), {skipped:,} counted as skipped")
    problem = _problem(kind, calls, seen, skipped)
    if not problem and asked == AUTO and not reader and (unseen or skipped):
        problem = "hooks were skipped by the kind that sockleak chose itself"
    if problem:
        raise Failure(f"{problem}: {words}; {seen}")
    return words
