# SPDX-License-Identifier: BSD-2-Clause
"""The stacks of calls that failed: how many are kept, when they are given back, and where shown.

The program `tried` has whose they are, by each kind of hooks.
"""

import signal

from lib.agent import brief
from lib.outcome import Failure
from lib.registry import case


def expect(condition, wanted, seen):
    if not condition:
        raise Failure(f"expected {wanted}, seen: {seen}")


def begin(bench, name, phases, *args):
    """An agent, and the program when its first socket is a leak, so that its site is known."""
    agent = bench.agent("--comm", name, *args)
    program = bench.program(str(bench.copy("tried_often", name)), *phases, agents=[agent])
    wait_leaks(agent, program)
    return agent, program


def wait_leaks(agent, program):
    wanted = set(program.phase.leaks)
    agent.wait_for(lambda a: wanted <= set(a.open_leaks()), f"leaks of inodes {sorted(wanted)}")
    return [agent.open_leaks()[inode] for inode in sorted(wanted)]


def go_on(agent, program):
    """The next phase, and its leaks."""
    program.next_phase()
    program.wait_ready()
    return wait_leaks(agent, program)


def functions(tried):
    return [frame["function"] for frame in tried["stack"]]


def expect_tried(leaks, wanted):
    tried = [leak["tried"] for leak in leaks if leak["tried"]]
    expect(len(tried) == wanted, f"{wanted} of {len(leaks)} with the stack of a try",
           [brief(leak) for leak in leaks])
    for one in tried:
        expect(one["call"] == "connect" and "try_connect" in functions(one),
               "connect in try_connect", functions(one))


@case
def tries_are_bounded(bench):
    """--try-stacks 1: of three at once one has a stack, the others are counted; it is given back."""
    agent, program = begin(bench, "tries_few", ["3", "closed", "1"], "--try-stacks", 1)
    expect_tried(go_on(agent, program), 1)
    program.next_phase()
    program.wait_ready()
    agent.wait_quiet()
    expect_tried(go_on(agent, program), 1)
    program.end()
    summary = agent.stop()
    expect(summary["dropped"]["no_try_slot"] == 2, "2 without a slot", summary["dropped"])
    expect(summary["counters"]["try_snapshots"] == 3, "3 stacks of tries", summary["counters"])


@case
def tries_without_a_slot(bench):
    """All slots are taken: the stack of the try is counted as missing, that of socket() as ever."""
    agent, program = begin(bench, "tries_full", ["2"], "--snapshots", 1)
    agent.wait_quiet()  # until the slot of the first socket is given back
    leaks = go_on(agent, program)
    expect_tried(leaks, 0)
    summary = agent.stop()
    expect(summary["dropped"]["no_try_slot"] == 2, "2 without a slot", summary["dropped"])
    expect(summary["dropped"]["no_slot"] == 1, "1 without a slot for socket()", summary["dropped"])


@case
def tries_off(bench):
    """--try-stacks 0, and --stack-size 0: none is taken, and none is missed."""
    for option in ("--try-stacks", "--stack-size"):
        agent, program = begin(bench, "tries" + option[1:7], ["2"], option, 0)
        expect_tried(go_on(agent, program), 0)
        program.end()
        summary = agent.stop()
        kept = summary["counters"]["try_snapshots"] + summary["dropped"]["no_try_slot"]
        expect(not kept, f"nothing kept with {option} 0", summary["counters"])


@case
def tries_before_exec(bench):
    """The code that tried is gone: no stack, rather than the names of other code."""
    agent, program = begin(bench, "tries_exec", ["1", "exec"])
    expect_tried(go_on(agent, program), 1)
    expect_tried(go_on(agent, program), 0)
    agent.stop()


def ask_until(agent, words):
    """Reports in text, until one has these words."""

    def has_them(agent):
        agent.process.send_signal(signal.SIGUSR1)
        return any(words in line for line in agent.lines)

    agent.wait_for(has_them, f"a report with '{words}'")


@case
def tries_in_text(bench):
    """-v has it below the stack of socket(), down to where both meet; without -v it is left out."""
    shown, short = [
        bench.agent("--comm", "tries_text", *more, as_json=False) for more in (["-v"], [])
    ]
    agent, program = begin(bench, "tries_text", ["2"])
    for one in (shown, short):
        ask_until(one, "never used")
    go_on(agent, program)
    for one in (shown, short):
        ask_until(one, "connect failed")
        one.stop()
    program.end()
    agent.stop()
    text = "".join(shown.lines)
    _, title, below = text.rpartition("connect failed in try_connect (tries_text)")
    expect(title, "where connect failed", text)
    own, end, _ = below.partition("  ... and further out: as above\n")
    expect(end, "an end where both stacks meet", below)
    names = [line.split()[2] for line in own.splitlines()[1:]]
    expect(names in (["connect", "try_connect", "make_one"],
                     ["__connect", "try_connect", "make_one"]), "three frames apart", names)
    expect(not any("failed in" in line for line in short.lines), "nothing of it", short.lines)
