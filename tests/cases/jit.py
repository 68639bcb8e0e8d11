# SPDX-License-Identifier: BSD-2-Clause
"""Code that a runtime makes while it runs: what would name it, and what names it."""

import os
import pathlib
import shutil
import subprocess

from lib.agent import brief
from lib.outcome import Failure, Skip
from lib.registry import LONG, case

TRUTH = pathlib.Path(__file__).parent.parent / "truth"
FAST = ("--older-than", "500ms", "--interval", "100ms")
PROCESSES_UNTIL_READ = 20


class Script:
    """A program of a runtime that leaks two sockets when it is told to."""

    def __init__(self, bench, command, cwd=None):
        if not shutil.which(command[0]):
            raise Skip(f"needs {command[0]}")
        self.process = bench.processes.start(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=cwd)
        self.expect("ready")

    @property
    def pid(self):
        return self.process.pid

    def expect(self, line):
        seen = self.process.stdout.readline()
        if seen != line + "\n":
            raise Failure(f"expected {line!r} of {self.process.args}, seen: {seen!r}")

    def leak(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.expect("leaked 2")


def watched_leaks(agent, script, count=2):
    agent.wait_for(lambda a: len(a.of("leak", pid=script.pid)) >= count, f"{count} leaks")
    return agent.of("leak", pid=script.pid)


def jit_names(event):
    return [frame["function"] for frame in event["stack"] if frame["module"] == "[jit]"]


def node(*options):
    return ["node", *options, str(TRUTH / "leak.js")]


@case(stage=LONG)
def jit_node_without_names(bench):
    """The stack says which option would name its code, in JSON and in the report."""
    unread = [*FAST, "--comm", "node", "--script-frames", "none"]
    agent = bench.agent(*unread)
    report = bench.agent(*unread, as_json=False, name="text")
    script = Script(bench, node())
    script.leak()
    wanted = {
        "runtime": "Node.js",
        "command": None,
        "option": "node --perf-basic-prof --interpreted-frames-native-stack",
    }
    for event in watched_leaks(agent, script):
        if event["unnamed_jit"] != wanted:
            raise Failure(f"expected {wanted}, seen: {event['unnamed_jit']}, {event['stack']}")
    agent.stop()
    report.stop()
    text = " ".join(" ".join(report.lines).split())
    if f"Names for code that Node.js made at run time: start it with {wanted['option']}" not in text:
        raise Failure(f"expected advice, seen: {text}")


def wait_until_read(bench, agent):
    """Leak from processes until the agent has looked at their program, and reads its functions."""
    for _ in range(PROCESSES_UNTIL_READ):
        script = Script(bench, node())
        script.leak()
        if any(f["kind"] == "script" for e in watched_leaks(agent, script) for f in e["stack"]):
            return
    raise Failure(f"expected functions of node, seen: {agent.of('leak')[-1]['stack']}")


@case(stage=LONG)
def jit_node_dump(bench):
    """node --perf-prof writes a dump into its directory, and no map: its names are read."""
    agent = bench.agent(*FAST, "--comm", "node", "--script-frames", "none")
    reader = bench.agent(*FAST, "--comm", "node", name="reader")
    wait_until_read(bench, reader)
    directory = bench.directory / "jitdump"
    directory.mkdir()
    script = Script(bench, node("--perf-prof", "--interpreted-frames-native-stack"), directory)
    script.leak()
    if not (directory / f"jit-{script.pid}.dump").exists():
        raise Failure(f"expected a dump, seen: {os.listdir(directory)}")
    for event in watched_leaks(agent, script):
        if not [name for name in jit_names(event) if "open" in name and "leak.js" in name]:
            raise Failure(f"expected Pool.open, seen: {event['stack']}")
    # Each function has its copy of the interpreter, which is no compiled code.
    for event in watched_leaks(reader, script):
        lines = [frame["line"] for frame in event["stack"] if frame["function"] == "open"]
        if lines != [10]:
            raise Failure(f"expected open's line, seen: {event['stack']}")
    agent.stop()
    reader.stop()


@case(stage=LONG)
def jit_java_without_restart(bench):
    """The command that the stack of one process names, run for another one before it leaks."""
    if not shutil.which("javac") or not shutil.which("jcmd"):
        raise Skip("needs javac and jcmd")
    subprocess.run(["javac", "-d", str(bench.directory), str(TRUTH / "Leak.java")], check=True)
    agent = bench.agent(*FAST, "--comm", "java", "--script-frames", "none")
    unnamed, named = (Script(bench, ["java", "-cp", str(bench.directory), "Leak"])
                      for _ in range(2))
    unnamed.leak()
    event = watched_leaks(agent, unnamed)[0]
    advice = event["unnamed_jit"]
    if not advice or advice["runtime"] != "Java" or jit_names(event):
        raise Failure(f"expected advice for Java, seen: {advice}, {event['stack']}")
    command = advice["command"].replace("PID", str(named.pid)).split()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    named.leak()
    for event in watched_leaks(agent, named):
        if event["unnamed_jit"] or not jit_names(event):
            raise Failure(f"expected names, seen: {event['unnamed_jit']}, {brief(event)}")
    agent.stop()
