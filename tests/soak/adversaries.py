# SPDX-License-Identifier: BSD-2-Clause
"""adversaries: what an unprivileged user may do, and bad luck, again and again. docs/security.md.

Each of these is one turn. They are cases of tests/cases/ as well, where each is alone and its own
effect is checked. Here they are what the verdicts of chaos, the victim and the gauges must bear.
"""

import os
import signal
import time

from cases.adversary import freeze
from cases.never_waits import Leaker, Mirror, programs_in
from cases.resolver import end_of_segments, pad
from lib.outcome import Failure
from stage import STRANGER_UID, as_user

HOSTILE_NAME = '\x1b]0;t\x07"\\\n\u202eelif'
SILENT_S = 15  # less than mirror.c is silent, so that a leaker is ended while it is


class Adversaries:
    def __init__(self, stage, steady):
        self._stage, self._bench, self._steady = stage, stage.bench, steady
        self._cgroup, self._enter = stage.part("adversaries")
        self._frozen, self._enter_frozen = stage.part("frozen")
        self._turns = 0

    def turns(self):
        """name -> (a turn, the pause after it in seconds)."""
        return {
            "hoarder": (lambda: self._hoard(2, 5500, 0), 30),
            "fifty hoarders": (lambda: self._hoard(50, 60, 1), 45),
            "long table of many processes": (self.long_table, 30),
            "churn": (lambda: self._hold(40, "churn"), 0),
            "flood": (lambda: self._hold(1, "flood", 2, 20_000, 0), 20),
            "quick workers": (lambda: self._hold(0, "quick_workers", 200, 20), 20),
            "file system that does not answer": (self._silent_files, 10),
            "memory that does not answer": (self._silent_memory, 10),
            "truncated library": (self._truncate, 30),
            "forged interpreter": (self._forge, 20),
            "hostile name": (lambda: self._hold(10, "leaker", 20, HOSTILE_NAME), 20),
            "chain of forks": (lambda: self._hold(10, "fork_chain"), 20),
            "frozen in connect": (self._freeze, 10),
            "stopped in connect": (lambda: self._innocent("connecting_stopped"), 10),
            "renamed in connect": (lambda: self._innocent("connect_begun_renamed"), 10),
            "listener that fails again": (lambda: self._innocent("listener_failed_again"), 10),
            "table of one thread": (lambda: self._innocent("thread_unshared"), 10),
        }

    def _program(self, name, *args, uid=None, enter=None):
        enter = enter or self._enter
        return self._bench.program(
            name, *args, inside=lambda command: enter(as_user(uid)(command) if uid else command)
        )

    def _hold(self, seconds, *command):
        program = self._program(*command)
        self._stage.stop.wait(seconds)
        program.end()

    def _hoard(self, processes, sockets, step):
        self._hold(20, "hoarders", processes, sockets, STRANGER_UID, step)

    def long_table(self, seconds=30):
        """20,000,000 entries, if each process's table were read."""
        self._hold(seconds, "many_descriptors", 1000, 19_000, "shared")

    def _directory(self, name):
        self._turns += 1
        return self._bench.directory / f"{name.replace(' ', '-')}-{self._turns}"

    def _silence(self, mirror, program, library):
        command = self._enter(as_user(STRANGER_UID)([program, library]))
        leaker = Leaker(self._bench, mirror, *command)
        try:
            mirror.fall_silent()
            leaker.leak("leak_a")
            self._stage.stop.wait(SILENT_S)
        finally:
            mirror.end()
            leaker.process.kill()
            leaker.process.wait(20)

    def _silent_files(self):
        directory = self._directory("silent files")
        mirror = Mirror(self._bench, directory / "real", directory / "seen")
        programs_in(self._bench, mirror.real, "silent")
        self._silence(mirror, mirror.seen / "silent", mirror.seen / "liblibrary.so")

    def _silent_memory(self):
        directory = self._directory("silent memory")
        mirror = Mirror(self._bench, directory / "real", directory / "seen")
        (mirror.real / "page").write_bytes(bytes(4096))
        mirror.commands = (f"map {mirror.seen}/page", "lock")
        self._silence(mirror, *programs_in(self._bench, directory / "local", "silent"))

    def _truncate(self):
        """Who reads the symbols of its library gets a SIGBUS."""
        program, library = programs_in(self._bench, self._directory("truncated"), "truncated")
        pad(library)
        leaker = Leaker(self._bench, None, *self._enter(
            as_user(STRANGER_UID + 1)([program, library])))
        leaker.leak("leak_a")
        os.truncate(library, end_of_segments(library))
        leaker.leak("leak_b")
        self._stage.stop.wait(5)
        leaker.end()

    def _forge(self):
        path = self._bench.copy("forged_python", "python3.11")
        program = self._program(str(path), uid=STRANGER_UID + 2)
        self._stage.stop.wait(5)
        program.end()

    def _expect_innocent(self, program, when):
        """No agent may report a socket of it that it does not itself call a leak."""
        self._steady.wait_quiet(120)
        strange = [leak for leak in self._steady.open_leaks().values()
                   if leak["pid"] in program.pids and leak["inode"] not in program.inodes]
        if strange:
            raise Failure(f"expected nothing more of {program.name} {when}, seen: {strange}")

    def _innocent(self, name):
        program = self._program(name)
        self._expect_innocent(program, "in its first phase")
        program.end()

    def _freeze(self):
        program = self._program("connecting_unix", enter=self._enter_frozen)
        try:
            for frozen in ("1", "0"):
                freeze(self._frozen, frozen)
                self._expect_innocent(program, f"with frozen {frozen}")
        finally:
            freeze(self._frozen, "0")
        program.end()


def end_resolver(agent, how):
    """Kill or pause the process that names stacks, as by the OOM killer or a debugger."""
    children = f"/proc/{agent.pid}/task/{agent.pid}/children"
    with open(children, encoding="ascii") as file:
        pids = [int(word) for word in file.read().split()]
    for pid in pids:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                is_resolver = b"--resolver" in file.read().split(b"\0")
            if not is_resolver:
                continue
            os.kill(pid, how)
            if how == signal.SIGSTOP:
                time.sleep(1)
                os.kill(pid, signal.SIGCONT)
        except (FileNotFoundError, ProcessLookupError):
            continue
        return True
    return False


def kill_in_turn(stage, agent):
    """A fault: the resolver is gone, or stands still for a second."""
    how = (signal.SIGKILL, signal.SIGSTOP)[stage.counts["resolver killed or paused"] % 2]
    if end_resolver(agent, how):
        stage.counts[f"fault: resolver sent {how.name}"] += 1


