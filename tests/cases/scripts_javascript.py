# SPDX-License-Identifier: BSD-2-Clause
"""Functions of JavaScript, interpreted and compiled: those that sockleak shows are those of Node.

Other versions than the installed one: TEST_NODES="/path/to/bin/node ..." tests/run.py --only
'scripts_javascript*'.
"""

import json
import os
import subprocess

from cases.scripts import ENOUGH, SCRIPTS, TOLD_S, difference, seen_of, versions
from lib.outcome import Failure, Skip
from lib.registry import LONG, cases

# What executes functions, how often they are called before, and the bit that says it has happened
# (%GetOptimizationStatus). Compiled while the program waits: so it is known when it has.
WAITING = ["--no-concurrent-recompilation", "--allow-natives-syntax"]
MODES = {
    "interpreted": (["--no-sparkplug", "--no-opt"], 0, 0),
    "baseline": (["--always-sparkplug", "--no-opt", *WAITING], 3, 0),
    "optimized": (WAITING, 6000, 1 << 6),
    "mixed": ([], 300, 0),
}


# What sockleak has another name for, or none (docs/stacks.md): a name that each closure has for
# itself, and functions of the language that are written in C++.
COMPUTED = {"[Symbol.toPrimitive]", "[Symbol.iterator]", "computed1"}
IN_CPP = {"json": "parse", "stringify": "stringify"}


class Program:
    """Node, which leaks when it is told to, or says what frames it has there."""

    def __init__(self, bench, node, options, warm, *arguments):
        self.process = bench.processes.start(
            [node, "--no-deprecation", *options, str(SCRIPTS / "leaks.js"), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "LEAKS_WARM": str(warm)},
        )  # fmt: skip
        if self.process.stdout.readline() != "ready\n":
            raise Failure(f"expected {node} to say 'ready', seen: its end")

    def run(self):
        """What it says of each socket, and of its code."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        said = []
        while True:
            text = self.process.stdout.readline()
            if not text:
                raise Failure(f"expected a line that ends it, seen: {self.process.wait(10)}")
            line = json.loads(text)
            if "end" in line:
                return said, line["status"]
            said.append(line)

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)


def functions_of(event):
    """As the program says them."""
    return [[function, file, line or None] for function, file, line in seen_of(event, "JavaScript")]


def shown(case, frames):
    """Frames as sockleak is to show them."""
    return [["<computed>" if frame[0] in COMPUTED else frame[0], *frame[1:]] for frame in frames
            if frame != [IN_CPP.get(case), None, None]]  # fmt: skip


def trouble_of(wanted, event):
    """What is wrong with the stack of a socket, and whether outer frames are missing."""
    seen = functions_of(event)
    is_cut = ENOUGH <= len(seen) < len(wanted)
    if is_cut:
        wanted = wanted[: len(seen)]
    elif event["stack_end"] != "outermost":
        return f"its end is {event['stack_end']}, with {len(seen)} frames: {seen[-3:]}", False
    trouble = difference(wanted, seen)
    if not trouble and event["culprit"]["function"] != wanted[0][0]:
        trouble = f"the culprit is {event['culprit']}"
    return trouble, is_cut


def check(bench, node, mode):
    options, warm, bit = MODES[mode]
    program = Program(bench, node, options, warm)
    agent = bench.agent("--min-growth", "1", "--sample-after", "0", "--stack-size", "64K",
                        "--pid", str(program.process.pid))  # fmt: skip
    leaked, status = program.run()
    if status & bit != bit:
        raise Failure(f"expected functions that are {mode}, seen: status {status:#x}")
    inodes = {socket["inode"] for socket in leaked}
    agent.wait_for(lambda a: inodes <= set(a.open_leaks()), "all leaks", TOLD_S)
    leaks = agent.open_leaks()
    says = Program(bench, node, [], 0, "says")
    wanted, _ = says.run()
    says.end()
    wrong, cut = [], 0
    for socket, frames in zip(leaked, wanted, strict=True):
        trouble, is_cut = trouble_of(shown(socket["case"], frames["frames"]), leaks[socket["inode"]])
        cut += is_cut
        if trouble:
            wrong.append(f"{socket['case']}: {trouble}")
    dropped = agent.stop()["dropped"]
    program.end()
    if wrong:
        raise Failure(f"{len(wrong)} of {len(leaked)} differ; " + "; ".join(wrong[:8]))
    if any(dropped[name] for name in ("script_fault", "script_unnamed")) or (
        dropped["script_cut"] != cut
    ):
        raise Failure(f"expected {cut} cut and no losses, seen: {dropped}")


@cases(names=[f"scripts_javascript_{mode}" for mode in MODES], stage=LONG)
def scripts_javascript(bench):
    found = versions("TEST_NODES", ["node"])
    for mode in MODES:
        outcome = None if found else Skip("needs node")
        for node in found:
            try:
                check(bench, node, mode)
            except Failure as failure:
                outcome = Failure(f"{node}: {failure}")
        yield f"scripts_javascript_{mode}", outcome
