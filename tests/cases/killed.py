# SPDX-License-Identifier: BSD-2-Clause
"""A run that is killed: nothing that it, or what it has started, has made goes on.

Seeds of tests/chaos/ are what is hardest to end: they make processes that have lost their
parents, and that wait for each other without a pause.
"""

import os
import pathlib
import sys
import time

from lib import guard
from lib.cgroups import PREFIX, cgroup2_mount
from lib.outcome import Failure
from lib.processes import start_time
from lib.registry import CHAOS, case

TESTS = pathlib.Path(__file__).resolve().parent.parent
MANY = 30  # processes of chaos, before the run is killed
BEGIN_S, END_S = 60, 2 * guard.TROUBLE_S
# A run with a cgroup, in which is a program whose first thread ends.
RUN = """
import subprocess, sys
sys.path.insert(0, sys.argv[1])
from lib import guard
from lib.cgroups import Cgroups, inside
guard.begin()
cgroup = Cgroups().make()
subprocess.run(inside(cgroup)([sys.executable, "-c", sys.argv[2]]))
"""
PROGRAM = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def chaos_of(label):
    return [pid for pid, command in guard.marked(label).items() if "/chaos " in command]


def cgroups_of(runs):
    names = {path.name for path in pathlib.Path(cgroup2_mount()).glob(PREFIX + "*")}
    return [name for name in names if name.removeprefix(PREFIX).split("-")[0] in map(str, runs)]


def wait_until(question, timeout):
    deadline = time.monotonic() + timeout
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def expect_nothing_left(bench, *command):
    """Of this run, which has to do with chaos, when its first process is killed."""
    label = f"killed-{os.getpid()}-{time.monotonic_ns()}"
    marks = f"{os.environ.get(guard.VARIABLE, '')} {label}"
    log = bench.directory / label
    with open(log, "wb") as output:
        run = bench.processes.start(
            [str(word) for word in command], env={**os.environ, guard.VARIABLE: marks},
            stdout=output, stderr=output,
        )
    try:
        if not wait_until(lambda: len(chaos_of(label)) >= MANY or run.poll() is not None, BEGIN_S):
            raise Failure(f"expected {MANY} processes, seen: {guard.marked(label)}")
        if run.poll() is not None:
            raise Failure(f"expected it to go on, seen: {log.read_text()}")
        everything = guard.marked(label)
        if not cgroups_of(everything):
            raise Failure("expected cgroups of the run, seen: none")
        run.kill()
        run.wait()
        if not wait_until(lambda: not guard.marked(label), END_S):
            raise Failure(f"expected nothing left, seen: {guard.marked(label)}")
        if not wait_until(lambda: not cgroups_of(everything), END_S):
            raise Failure(f"expected its cgroups to be removed, seen: {cgroups_of(everything)}")
    finally:
        guard.kill_marked(label)


@case(stage=CHAOS)
def killed_without_first_thread(bench):
    """The environment of a program whose first thread has ended does not show that it is the
    run's, but its cgroup does."""
    run = bench.processes.start([sys.executable, "-c", RUN, TESTS, PROGRAM])
    left = None
    try:
        if not wait_until(lambda: zombies_of(run.pid) or run.poll() is not None, BEGIN_S):
            raise Failure("expected a program without its first thread, seen: none")
        left, = zombies_of(run.pid)
        run.kill()
        run.wait()
        if not wait_until(lambda: not cgroups_of([run.pid]), guard.TROUBLE_S / 2):
            raise Failure(f"expected its cgroup to be removed, seen: {cgroups_of([run.pid])}")
    finally:
        if left and start_time(left):
            os.kill(left, 9)


def zombies_of(run):
    """The processes in the cgroups of a run whose first threads have ended."""
    found = []
    for name in cgroups_of([run]):
        procs = pathlib.Path(cgroup2_mount(), name, "cgroup.procs")
        for pid in procs.read_text(encoding="ascii").split():
            status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            found += [int(pid)] * ("State:\tZ" in status)
    return found


def chaos_run(bench):
    return [sys.executable, TESTS / "chaos" / "run.py", "--sockleak", bench.sockleak,
            "--programs", bench.programs, "--first", "1", "--count", "200"]


def expect_make_leaves_nothing(bench, command):
    """Of a rule of make whose command, at its braces, runs chaos."""
    rules = bench.directory / f"killed-{time.monotonic_ns()}.mk"
    words = " ".join(str(word) for word in chaos_run(bench))
    rules.write_text(f"all:\n\t@{command.format(words)}\n")
    expect_nothing_left(bench, "make", "-f", rules)


@case(stage=CHAOS)
def killed_run(bench):
    expect_nothing_left(
        bench, sys.executable, TESTS / "run.py", "--beside", "--only", "chaos", "--sockleak",
        bench.sockleak, "--programs", bench.programs,
    )


@case(stage=CHAOS)
def killed_chaos(bench):
    expect_nothing_left(bench, *chaos_run(bench))


@case(stage=CHAOS)
def killed_make(bench):
    """By make, through a command that is guarded as all of `make test` is."""
    expect_make_leaves_nothing(bench, f"{TESTS / 'guarded.py'} sh -c 'setsid {{}}; sleep 600'")


@case(stage=CHAOS)
def killed_make_of_chaos(bench):
    """As `make chaos` runs it, which guards itself."""
    expect_make_leaves_nothing(bench, "{}")
