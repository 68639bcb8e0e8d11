# SPDX-License-Identifier: BSD-2-Clause
"""How a run begins, reports and ends: signals, durations, text, files, terminals."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import time

from lib.outcome import Failure
from lib.registry import case, cases


def leaking(bench, name, as_name):
    """A program that leaks under a comm of its own."""
    return bench.program(str(bench.copy(name, as_name)))


@cases(names=["sigint", "sigterm"])
def end_signals(bench):
    """Exit 0, and a summary as the last line, which Agent.stop() checks."""
    for name in ("sigint", "sigterm"):
        if bench.wants(name):
            agent = bench.agent()
            try:
                agent.stop(signal.Signals[name.upper()])
                yield name, None
            except Failure as failure:
                yield name, failure


@case
def duration(bench):
    """--duration ends the run by itself, and not before; a busy host may be late."""
    agent = bench.agent("--duration", "2s")
    begun = time.monotonic()
    agent.wait_end(timeout=20)
    took = time.monotonic() - begun
    if took < 1:  # it was ready a moment before we looked
        raise Failure(f"expected an end after 2 s, seen: {took:.1f} s")


@case
def report_text(bench):
    """Without --json: plain text at the end, with process, evidence and function; nothing else."""
    agent = bench.agent("--duration", "5s", "--comm", "textleak", as_json=False)
    program = leaking(bench, "connect_refused", "textleak")
    agent.wait_end()
    program.end()
    expect_in("".join(agent.lines), "textleak", "ECONNREFUSED", "127.0.0.1:1", "make_socket")


def expect_in(text, *words):
    missing = [word for word in words if word not in text]
    if missing:
        raise Failure(f"expected {missing} in the report, seen:\n{text}")
    if "\x1b" in text:
        raise Failure(f"expected no escape sequence in plain text, seen: {text!r}")


@case
def report_on_sigusr1(bench):
    """SIGUSR1 prints a report and the run goes on: a later leak is in a later one, and the last."""
    agent = bench.agent("--comm", "usr1leak", as_json=False)
    program = leaking(bench, "class_changes", "usr1leak")
    ask_for_report(agent, "usr1leak")
    for _ in range(2):
        program.next_phase()
        program.wait_ready()
    ask_for_report(agent, "ECONNREFUSED")
    before_end = len(agent.lines)
    agent.stop()
    program.end()
    expect_in("".join(agent.lines[before_end:]), "usr1leak", "ECONNREFUSED")


def ask_for_report(agent, word):
    """SIGUSR1 after SIGUSR1, until a report has the word."""

    def reported(agent):
        begin = len(agent.lines)
        agent.process.send_signal(signal.SIGUSR1)
        time.sleep(0.5)
        return any(word in line for line in agent.lines[begin:])

    agent.wait_for(reported, f"a report with {word!r}")


@case
def sigusr1_json(bench):
    """With --json SIGUSR1 gives a summary line, and the run goes on."""
    agent = bench.agent()
    agent.process.send_signal(signal.SIGUSR1)
    agent.wait_for(lambda a: a.of("summary"), "a summary")
    agent.stop()
    if len(agent.of("summary")) != 2:
        raise Failure(f"expected two summaries, seen: {len(agent.of('summary'))}")


@case
def output_file(bench):
    """--output takes what would go to stdout."""
    path = bench.directory / "leaks.jsonl"
    agent = bench.agent("--output", path, "--comm", "fileleak")
    program = leaking(bench, "held", "fileleak")
    agent.wait_for(lambda a: '"leak"' in path.read_text(), f"a leak in {path.name}")
    agent.process.send_signal(signal.SIGINT)
    if agent.process.wait(20) != 0 or agent.lines:
        raise Failure(f"expected exit 0 and an empty stdout, seen: {agent.describe()}")
    program.end()
    events = [json.loads(line) for line in path.read_text().splitlines()]
    kinds = [event["type"] for event in events]
    if kinds != ["leak", "summary"]:
        raise Failure(f"expected a leak and a summary in the file, seen: {kinds}")


@case
def terminal(bench):
    """On a terminal: a table in place, restored at the end; lines fit its width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    command = [bench.sockleak, "--older-than", "1s", "--interval", "200ms", "--duration", "5s"]
    command += ["--comm", "ttyleak"]
    process = bench.processes.start(
        command, stdout=theirs, stderr=subprocess.PIPE, env={**os.environ, "TERM": "xterm"}
    )
    os.close(theirs)
    seen = []
    reader = threading.Thread(target=read_terminal, args=(ours, seen), daemon=True)
    reader.start()
    process.stderr.readline()
    program = leaking(bench, "probed", "ttyleak")
    status = bench.processes.end(process, 20)
    reader.join(5)
    program.end()
    text = b"".join(seen).decode(errors="replace")
    if status != 0 or "ttyleak" not in text:
        raise Failure(f"expected exit 0 and 'ttyleak', seen: {status}, {text!r}")
    if "\x1b[?25l" in text and not text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"):
        raise Failure("expected the cursor to be shown again at the end, seen: hidden")


def read_terminal(fd, seen):
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            return
        if not data:
            return
        seen.append(data)


BROKEN = ["stdout_full", "stdout_full_text", "stdout_closed", "stdout_closed_sigpipe_ignored"]


@cases(names=BROKEN)
def broken_stdout(bench):
    """Data that could not be written: exit 1 and a line that says so, and no hang."""
    for name in BROKEN:
        if bench.wants(name):
            try:
                check_broken_stdout(bench, name)
                yield name, None
            except Failure as failure:
                yield name, failure


def check_broken_stdout(bench, name):
    args = ["trace", "--older-than", "500ms", "--interval", "200ms", "--duration", "4s"]
    args += [] if name.endswith("text") else ["--json"]
    program = bench.program("held")
    if name.startswith("stdout_closed"):
        reader, writer = os.pipe()
        os.close(reader)
        stdout = os.fdopen(writer, "wb")
    else:
        stdout = open("/dev/full", "wb")
    with stdout:
        # python ignores SIGPIPE, and restores it for what it starts, unless it is reported not to
        ignored = name == "stdout_closed_sigpipe_ignored"
        status, _, errors = bench.run(*args, stdout=stdout, restore_signals=not ignored)
    program.end()
    said = [line for line in errors.splitlines() if not line.startswith("sockleak: watching")]
    expected = (-signal.SIGPIPE, 0) if name == "stdout_closed" else (1, 1)
    if (status, len(said)) != expected:
        raise Failure(f"expected exit and lines {expected}, seen: exit {status}, {errors!r}")


@case
def closed_pipe(bench):
    """`... | head`: SIGPIPE ends it without a word, whatever it writes, as it does other filters."""
    program = bench.program("held")
    for args in (["scan"], ["scan", "--json"], ["--help"], ["doctor"], ["doctor", "--json"]):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as stdout:
            status, _, errors = bench.run(*args, stdout=stdout)
        if status != -signal.SIGPIPE or errors:
            raise Failure(f"{args}: expected SIGPIPE and no line, seen: {status}, {errors!r}")
    program.end()


class FullPipe:
    """A sockleak that is blocked in a write: nobody reads what it has to say of 200 leaks."""

    def __init__(self, bench):
        self.reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        self.program = bench.program(str(bench.copy("many", "fullpipe")), 200)
        self.program.next_phase()
        self.program.wait_ready()
        command = [bench.sockleak, "--older-than", "500ms", "--interval", "200ms", "--json"]
        self.process = bench.processes.start(
            command + ["--comm", "fullpipe"], stdout=writer, stderr=subprocess.PIPE, text=True
        )
        os.close(writer)
        self.errors = [self.process.stderr.readline()]
        self.wait_blocked()

    def wait_blocked(self):
        """Until it is in write(2), which is 1 on x86-64 and 64 elsewhere, for a while."""
        deadline, seen = time.monotonic() + 20, 0
        while seen < 5:
            with open(f"/proc/{self.process.pid}/syscall", encoding="ascii") as file:
                call = file.read().split()
            blocked = call[0] in ("1", "64") and call[1] == "0x1"
            seen = seen + 1 if blocked else 0
            if time.monotonic() > deadline:
                raise Failure(f"expected it to block in write, seen: {call}")
            time.sleep(0.1)

    def read_all(self):
        with os.fdopen(self.reader, encoding="utf-8") as file:
            return file.read().splitlines()

    def end(self):
        self.errors += self.process.stderr.read().splitlines()
        self.program.end()
        return self.process.wait(20)


@case
def sigint_while_a_write_is_blocked(bench):
    """Ctrl-C while the pipe is full: a reader that is slow gets every line and the summary."""
    pipe = FullPipe(bench)
    pipe.process.send_signal(signal.SIGINT)
    pipe.wait_blocked()
    lines = [json.loads(line) for line in pipe.read_all()]
    status = pipe.end()
    leaks = [line for line in lines if line["type"] == "leak"]
    if status or len(pipe.errors) != 1 or lines[-1]["type"] != "summary" or len(leaks) < 200:
        raise Failure(
            f"expected 200 leaks and a summary, seen: exit {status}, {len(leaks)} leaks, "
            f"{lines[-1]['type']}, {pipe.errors}"
        )


@case
def sigint_twice_while_a_write_is_blocked(bench):
    """The second Ctrl-C ends it at once, and it says that the report did not come out."""
    pipe = FullPipe(bench)
    for _ in range(2):
        pipe.process.send_signal(signal.SIGINT)
        time.sleep(0.5)  # closer together they are one request
    status = pipe.end()
    os.close(pipe.reader)
    if status != 1 or len(pipe.errors) != 2 or "second signal" not in pipe.errors[1]:
        raise Failure(f"expected exit 1 and a line, seen: exit {status}, {pipe.errors}")
