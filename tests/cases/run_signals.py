# SPDX-License-Identifier: BSD-2-Clause
"""Signals, terminals, silence and growth under `sockleak run`."""

import os
import pty
import select
import signal
import subprocess
import textwrap
import time

from cases.run import PATIENCE_S, python, run
from lib.outcome import Failure
from lib.registry import case, cases

WAITS = """
    import os, signal, socket, sys, time
    def on(number, frame):
        print("got", signal.Signals(number).name, flush=True)
        os._exit(5)                      # with the socket open
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, on)
    socket.socket().detach()
    print("ready", os.getpid(), os.getpgrp() == os.getpgid(os.getppid()), flush=True)
    while True:
        time.sleep(0.1)  # pause() would not see a signal that comes just before it
"""


def start_waiting(bench, *args):
    """A program that waits for a signal, under `run`; it has said that it is ready."""
    process = bench.processes.start(
        [bench.sockleak, "run", *args, "--", *python(WAITS)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    word, pid, _ = process.stdout.readline().split()
    bench.processes.announce(int(pid))
    if word != "ready":
        raise Failure("the program is not ready")
    return process, int(pid)


@case
def run_passes_signals(bench):
    """A signal to sockleak is the program's; the report comes all the same."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        process, _ = start_waiting(bench)
        process.send_signal(number)
        out, errors = process.communicate(timeout=PATIENCE_S)
        if process.returncode != 5 or f"got {number.name}" not in out or \
                "1 socket was left open" not in errors:
            raise Failure(f"{number.name}: expected 5 and the report, seen {process.returncode}: "
                          f"{out} {errors}")


@case
def run_killed(bench):
    """kill -9 of sockleak ends sockleak alone: the program goes on."""
    process, pid = start_waiting(bench)
    process.kill()
    process.wait(PATIENCE_S)
    os.kill(pid, signal.SIGTERM)  # it is still there to say so
    if "got SIGTERM" not in process.stdout.read():
        raise Failure("expected that the program goes on and takes the signal")


def read_terminal(terminal, until, patience=PATIENCE_S):
    """What is written to a terminal until a word comes, or its last user has closed it."""
    seen, deadline = "", time.monotonic() + patience
    poll = select.poll()  # select() takes no descriptor above 1023, and other cases have many
    poll.register(terminal, select.POLLIN)
    while until not in seen and time.monotonic() < deadline:
        if not poll.poll(100):
            continue
        try:
            seen += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
    if until not in seen:
        raise Failure(f"expected '{until}' at the terminal, seen: {seen}")
    return seen


@case
def run_terminal(bench):
    """The program has the terminal and its foreground; Ctrl-C is the program's, then the report."""
    code = """
        import os, sys
        print("foreground", os.tcgetpgrp(0) == os.getpgrp(), sys.stdin.isatty(), flush=True)
        print("read", input(), flush=True)
    """
    terminal, theirs = pty.openpty()
    process = bench.processes.start(
        ["setsid", "--ctty", "--wait", bench.sockleak, "run", "--",
         *python(textwrap.dedent(code) + textwrap.dedent(WAITS))],
        stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        read_terminal(terminal, "foreground True True")
        os.write(terminal, b"words\n")
        # Both may come at once, and what is behind the word that is waited for is not kept.
        if "read words" not in read_terminal(terminal, "ready"):
            raise Failure("expected that the program reads from the terminal, seen: it did not")
        os.write(terminal, b"\x03")
        seen = read_terminal(terminal, "exited with 5")
        if seen.count("got SIGINT") != 1 or "1 socket was left open" not in seen:
            raise Failure(f"expected one SIGINT and the report, seen: {seen}")
        if process.wait(PATIENCE_S) != 5:
            raise Failure(f"expected 5, seen {process.returncode}")
    finally:
        os.close(terminal)


@case
def run_quiet(bench):
    """With -q a run that left nothing says nothing, and any other has its report."""
    held = bench.programs / "held"
    for args, command, words in (
        ((), ["true"], ""), (("--leak-check", "growth"), [held], ""),
        ((), [held], "1 socket was left open"),
    ):
        status, _, errors = run(bench, "-q", *args, command=command)
        if status or (words not in errors if words else errors):
            raise Failure(f"{args} {command}: expected {words!r}, seen {status}: {errors}")
    path = bench.directory / "quiet"
    run(bench, "-q", "--output", path, command=["true"])
    if path.read_text():
        raise Failure(f"expected an empty file, seen: {path.read_text()}")


@case
def run_one_in_use(bench):
    """One socket that may be in use is one."""
    code = "import os, socket; socket.socket(type=socket.SOCK_DGRAM).detach(); os._exit(0)"
    _, _, errors = run(bench, command=["python3", "-c", code])
    if "1 socket may be in use and is not growing; not listed" not in errors:
        raise Failure(f"expected one socket that may be in use, seen: {errors}")


KEEPS = """
    import socket, sys, time
    kept = []
    def keep():
        kept.append(socket.socket())
    def pool():
        for _ in range(20):
            keep()
    def renew():
        keep()
        kept.pop(0).close()
    if sys.argv[1] in ("pool", "renews"):
        pool()
        time.sleep(0.5)
    make = {"pool": list, "renews": renew}.get(sys.argv[1], keep)
    for _ in range(8):
        make()
        time.sleep(0.15)
    time.sleep(0.8 if make is keep else 0)
    if sys.argv[1] == "closes":
        for made in kept:
            made.close()
        time.sleep(1.6)                  # and goes on, for longer than an interpreter takes to end
"""


@cases(names=[f"run_grows_{how}" for how in ("keeps", "closes", "pool", "renews")])
def run_grows(bench):
    """--leak-check growth: what a script kept is told, though Python closes it when it ends; what
    it closed itself, has had from its start, or made in the place of others is not."""
    for how in ("keeps", "closes", "pool", "renews"):
        if not bench.wants(f"run_grows_{how}"):
            continue
        status, _, errors = run(
            bench, "--leak-check", "growth", "--older-than", "200ms",
            "--error-exitcode", "9", command=python(KEEPS) + [how])
        leaks = how == "keeps"
        words = "open until the end or the last moment" if leaks else "No leaked sockets"
        wrong = status != (9 if leaks else 0) or words not in errors
        yield f"run_grows_{how}", Failure(f"expected {words}, seen {status}: {errors}") \
            if wrong else None
