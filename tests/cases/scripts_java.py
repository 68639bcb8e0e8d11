# SPDX-License-Identifier: BSD-2-Clause
"""Functions of Java, interpreted and compiled: those that sockleak shows are those that Java has.

Other versions than the installed one: TEST_JAVAS="/path/to/bin/java ..." tests/run.py --only
'scripts_java*'. A path "/root/of/one:/usr/bin/java" is run by chroot.
"""

import json
import os
import pathlib
import shutil
import subprocess

from cases.scripts import difference, seen_of
from lib.outcome import Failure, Skip
from lib.registry import LONG, cases

SOURCE = pathlib.Path(__file__).parent.parent / "scripts" / "Leaks.java"
TOLD_S = 60
OWN = ("java.", "javax.", "jdk.", "sun.")  # between the program and socket()

# What else executes methods than the interpreter: its compilers, and what each of them inlines.
OURS = "-XX:CompileCommand=compileonly,Leaks*::*"
MODES = {
    "interpreted": ["-Xint"],
    "c1": ["-Xcomp", "-XX:TieredStopAtLevel=1", OURS],
    "c2": ["-Xcomp", "-XX:-TieredCompilation", OURS],
    "all_compiled": ["-Xcomp", "-XX:TieredStopAtLevel=1"],
    "mixed": [],
}


class Program:
    """A JVM that leaks when it is told to, and says what it has leaked."""

    def __init__(self, bench, java, options):
        root, _, path = java.rpartition(":")
        command = ["chroot", root, path] if root else [path]
        classes = bench.directory / "classes"
        if root:
            shutil.copytree(classes, f"{root}/t", dirs_exist_ok=True)
            classes = "/t"
        self.process = bench.processes.start(
            [*command, *options, "-Xss16m", "-XX:CICompilerCount=2", "-cp", str(classes), "Leaks"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        while True:
            line = self.process.stdout.readline()
            if line == "ready\n":
                break
            if not line:
                raise Failure(f"expected {java} to say 'ready', seen: its end")

    def run(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        sockets = {}
        while True:
            text = self.process.stdout.readline()
            if not text:
                raise Failure("expected a line that ends it, seen: its end")
            if text.startswith("{"):
                said = json.loads(text)
                if not said:
                    return sockets
                sockets[said["inode"]] = said

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)


def functions_of(event):
    """As the program says them: without Java's own between it and socket()."""
    frames = seen_of(event, "Java")
    while frames and frames[0][0] and frames[0][0].startswith(OWN):
        frames = frames[1:]
    return frames


def trouble_of(said, event):
    """What is wrong with the stack of a socket; None: nothing."""
    wanted, seen, end = said["frames"], functions_of(event), "outermost"
    if "virtual" in said["case"]:
        seen = seen[: len(wanted)]  # the frames of the thread that carries it follow
    if "rested" in said["case"] and 2 <= len(seen) < len(wanted):
        end = "other_stack"  # the outer ones are in the heap
        wanted = wanted[: len(seen)]
    if event["stack_end"] != end or event["unnamed_jit"]:
        return f"its end is {event['stack_end']}: {seen}"
    if event["culprit"]["function"] != wanted[0][0]:
        return f"the culprit is {event['culprit']}"
    return difference(wanted, seen)


def check(bench, java, options):
    program = Program(bench, java, options)
    agent = bench.agent(
        "--min-growth", "1", "--sample-after", "0", "--stack-size", "64K",
        "--pid", str(program.process.pid),
    )  # fmt: skip
    report = bench.agent(
        "--min-growth", "1", "--sample-after", "0", "--stack-size", "64K", "-v",
        "--pid", str(program.process.pid), as_json=False, name="text",
    )  # fmt: skip
    sockets = program.run()
    agent.wait_for(lambda a: set(sockets) <= set(a.open_leaks()), "all leaks", TOLD_S)
    leaks = agent.open_leaks()
    wrong = []
    for inode, said in sockets.items():
        trouble = trouble_of(said, leaks[inode])
        if trouble:
            wrong.append(f"{said['case']}: {trouble}")
    dropped = agent.stop()["dropped"]
    report.stop()
    program.end()
    said = "".join(report.lines)
    for text in ("in Leaks.plain (Leaks.java:", "sun.nio.ch.Net.socket0 (Java) at Net.java\n"):
        if text not in said:
            wrong.append(f"expected {text!r} in the report, seen: {said[:2000]}")
    if "Names for code" in said:
        wrong.append(f"expected no advice, seen: {said[:2000]}")
    if wrong:
        raise Failure(f"{len(wrong)} of {len(sockets)} differ; " + "; ".join(wrong[:8]))
    if dropped["script_unnamed"]:
        raise Failure(f"expected no losses, seen: {dropped}")


@cases(names=[f"scripts_java_{mode}" for mode in MODES], stage=LONG)
def scripts_java(bench):
    if not shutil.which("javac"):
        for mode in MODES:
            yield f"scripts_java_{mode}", Skip("needs javac")
        return
    classes = bench.directory / "classes"
    release = os.environ.get("TEST_JAVA_RELEASE", "8")
    subprocess.run(["javac", "-nowarn", "--release", release, "-d", str(classes), str(SOURCE)],
                   check=True, stderr=subprocess.DEVNULL)  # fmt: skip
    for mode, options in MODES.items():
        outcome = None
        for java in os.environ.get("TEST_JAVAS", "").split() or ["java"]:
            try:
                check(bench, java, options)
            except Failure as failure:
                outcome = Failure(f"{java}: {failure}")
        yield f"scripts_java_{mode}", outcome
