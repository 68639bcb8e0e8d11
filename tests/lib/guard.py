# SPDX-License-Identifier: BSD-2-Clause
"""guard: nothing that a run has started outlives it, also when the run is killed.

A run that is killed by SIGKILL can end nothing itself. Ending its children would not suffice,
because programs start programs, and a process that has lost its parent is nobody's child. So a
run begins with a guard, a process in a session of its own. It waits for the run's end and then
kills every process that has the run's mark: a variable of the environment, which each program
inherits. If make has started the run, the guard also ends the run when make ends.
"""

import os
import pathlib
import select
import signal
import time

from lib.cgroups import PREFIX, Cgroups, cgroup2_mount
from lib.processes import start_time

VARIABLE = "SOCKLEAK_TEST_RUNS"  # the marks of this run and of the runs that it is a part of
PATIENCE_S = 20  # for a run that is told to end, to clean up
TROUBLE_S = 60  # for what was killed, to be gone
PAUSE_S = 0.02


def mark_of(run):
    """The mark of a run, by its process id, while it exists."""
    return f"{run}-{start_time(run).decode()}"


def marked(mark):
    """The processes that a run, or a part of it, has started: pid -> command line."""
    found = {}
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                is_ours = any(
                    mark.encode() in variable.split(b"=")[1].split()
                    for variable in file.read().split(b"\0")
                    if variable.startswith(VARIABLE.encode() + b"=")
                )
            if is_ours:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    found[int(pid)] = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended, or is the kernel's
            pass
    return found


def kill_marked(mark):
    """Until two looks in a row find none: what was being started has its mark by then. Returns
    the pids of all that were killed."""
    deadline, quiet, killed = time.monotonic() + TROUBLE_S, 0, set()
    while quiet < 2 and time.monotonic() < deadline:
        found = marked(mark)
        killed |= found.keys()
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        quiet = 0 if found else quiet + 1
        time.sleep(PAUSE_S)
    return killed


def kill_members(directory):
    """Kill the processes of a cgroup. Once the first thread of a process has ended, its environment
    cannot be read, so marked() does not find it, although its other threads go on."""
    try:
        with open(os.path.join(directory, "cgroup.procs"), encoding="ascii") as file:
            pids = [int(line) for line in file]
    except OSError:  # another process has removed it
        return
    for pid in filter(None, pids):  # 0: of another pid namespace
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def remove_cgroups(runs):
    """Remove the cgroups that these processes have made, with what is still in them."""
    for top in pathlib.Path(cgroup2_mount()).glob(PREFIX + "*"):
        if top.name.removeprefix(PREFIX).split("-")[0] in map(str, runs):
            for directory, _, _ in os.walk(top, topdown=False):
                kill_members(directory)
                Cgroups().remove(directory, TROUBLE_S)


def starters(pid):
    """The makes above a process, if only shells that run one command are in between."""
    while True:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                pid = int(file.read().rpartition(b")")[2].split()[1])
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            return
        name = os.path.basename(words[0])
        if name in (b"make", b"gmake"):
            yield pid
        elif name not in (b"sh", b"bash", b"dash") or b"-c" not in words[1:]:
            return


def watch(run, mark):
    """What the guard does. `run` and its starters exist, or have just ended."""
    ends = {}
    for pid in [run, *starters(run)]:
        try:
            ends[os.pidfd_open(pid)] = pid
        except ProcessLookupError:
            pass
    if run in ends.values():
        ready, _, _ = select.select(list(ends), [], [])
        if run not in [ends[fd] for fd in ready]:  # make has ended before its run
            of_run = [fd for fd, pid in ends.items() if pid == run]
            signal.pidfd_send_signal(of_run[0], signal.SIGTERM)
            if not select.select(of_run, [], [], PATIENCE_S)[0]:
                signal.pidfd_send_signal(of_run[0], signal.SIGKILL)
    remove_cgroups(kill_marked(mark) | {run})


def begin():
    """From now on this process is a run. To be called before it starts threads or processes."""
    run, mark = os.getpid(), mark_of(os.getpid())
    os.environ[VARIABLE] = " ".join(filter(None, [os.environ.get(VARIABLE), mark]))
    if os.fork():
        return
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):  # or whoever reads the run's output would wait for the guard, too
        os.dup2(null, fd)
    try:
        watch(run, mark)
    finally:
        os._exit(0)
