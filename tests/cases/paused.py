# SPDX-License-Identifier: BSD-2-Clause
"""A machine that is paused for seconds costs no name, though it was in the midst of a question.

When it goes on, more time has passed than any question may take. That must not count against the
children, nor against the user whose files they were at work on.
"""

import contextlib
import os
import signal
import time

from cases.never_waits import Leaker, errors_of, names_of, programs_in
from lib.outcome import Failure
from lib.registry import case
from lib.resolver import resolver_of
from lib.service import Service

PAUSED_S = 6  # the limits are 5 s for a stack,
SHORTER_S = 3  # and 2 s for a child that is still


def leak_unanswered(service, leaker, textfile, function):
    """Leaks whose names the resolver, which is paused, is at work on. Returns the resolver."""
    resolver = resolver_of(service)
    os.kill(resolver, signal.SIGSTOP)
    for _ in range(3):
        leaker.leak(function)
    service.wait_for(lambda s: s.value(textfile, "sockleak_events_waiting"), "events that wait")
    os.kill(service.pid, signal.SIGSTOP)
    return resolver


def go_on(pid):
    with contextlib.suppress(ProcessLookupError):  # it was given up
        os.kill(pid, signal.SIGCONT)


def expect_name(service, textfile, function, when):
    service.wait_for(lambda s: function in names_of(s, textfile), f"the name of {function}")
    errors = errors_of(service, textfile)
    if errors["resolver_late"] or errors["resolver_crashed"]:
        raise Failure(f"{when}: expected no child that was given up, seen: {errors}")


@case(slow=True)
def agent_is_paused(bench):
    textfile = bench.directory / "paused.prom"
    leaker = Leaker(bench, None, *programs_in(bench, bench.directory / "paused", "paused"))
    service = Service.start(
        bench, "--comm", "paused", "--older-than", "100ms", "--interval", "100ms", "--textfile",
        textfile, "--write-interval", "100ms", "--script-frames", "none", "--min-growth", "1",
    )

    def is_first_named(service):
        leaker.leak("leak_a")  # a site leaks when it grows
        return "leak_a" in names_of(service, textfile)

    service.wait_for(is_first_named, "the name of the first leak")

    resolver = leak_unanswered(service, leaker, textfile, "leak_b")
    time.sleep(PAUSED_S)
    before = service.was_notified("WATCHDOG=1")
    os.kill(service.pid, signal.SIGCONT)
    service.wait_for(lambda s: s.was_notified("WATCHDOG=1") > before, "a sweep")
    go_on(resolver)
    expect_name(service, textfile, "leak_b", "the resolver goes on after the agent")

    resolver = leak_unanswered(service, leaker, textfile, "leak_c")
    go_on(resolver)
    time.sleep(SHORTER_S)
    os.kill(service.pid, signal.SIGCONT)
    expect_name(service, textfile, "leak_c", "the resolver answered meanwhile")
    leaker.end()
    service.stop()
