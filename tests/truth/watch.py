# SPDX-License-Identifier: BSD-2-Clause
"""watch: one program under gdb while sockleak watches, so both see the very same calls."""

import json
import os
import pathlib
import queue
import subprocess
import threading

from lib.outcome import Failure
from truth import subjects
from truth.compare import Result, compare

QUIET_S = 0.3
LATE = object()
GDB_SCRIPT = pathlib.Path(__file__).parent / "gdb_stacks.py"


class Lines:
    """What a process prints, line by line, with a limit on the wait."""

    def __init__(self, process, what):
        self.what = what
        self.tail = []
        self._queue = queue.Queue()
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def _read(self, stream):
        for line in stream:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def next(self, timeout):
        """The next line; LATE: none yet; None: there will be no more."""
        try:
            line = self._queue.get(timeout=timeout)
        except queue.Empty:
            return LATE
        self.tail.append(line)
        return line

    def until(self, word, timeout=60):
        while True:
            line = self.next(timeout)
            if line is None or line is LATE:
                raise Failure(f"expected '{word}' of {self.what}, seen: {self.tail[-5:]}")
            if line.split(" ")[0] == word:
                return line[len(word) :].strip()


def start(bench, command, inside):
    return bench.processes.start(
        inside(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    )  # fmt: skip


def start_gdb(bench, pid, program, kept):
    """`program`: that of the process, or its like; `kept`: copies of files that are deleted."""
    settings = ["debuginfod enabled off", "auto-load off", f"sysroot /proc/{pid}/root"]
    settings.append(f"solib-search-path {kept}")
    command = ["gdb", "-nx", "-q", "-batch"]
    for setting in settings:
        command += ["-iex", "set " + setting]
    command += ["-x", str(GDB_SCRIPT), str(program), str(pid)]
    environment = {key: value for key, value in os.environ.items() if key != "DEBUGINFOD_URLS"}
    return bench.processes.start(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env=environment,
    )  # fmt: skip


def end(bench, *processes):
    for process in processes:
        if process.poll() is None:
            process.kill()
        bench.processes.end(process)


def stacks_of_gdb(process, lines, gdb_lines):
    """gdb's stack of each socket that the program keeps: the last one of that number."""
    gdb_lines.until("@armed")
    process.stdin.write("\n")
    process.stdin.flush()
    wanted = int(lines.until("leaked"))
    stacks = {}
    while True:  # all were written before the program went on to say that it leaked
        line = gdb_lines.next(30 if len(kept(process.pid, stacks)) < wanted else QUIET_S)
        if line is LATE:
            break
        if line is None:
            raise Failure(f"gdb ended: {gdb_lines.tail[-8:-1]}")
        if line.startswith("@stack "):
            stack = json.loads(line[len("@stack ") :])
            stacks[stack["fd"]] = stack
    found = kept(process.pid, stacks)
    if len(found) != wanted:
        raise Failure(f"expected {wanted} stacks of gdb, seen: {len(found)}")
    return found


def kept(pid, stacks):
    """inode -> stack, of those descriptors that are the same sockets still."""
    found = {}
    for fd, stack in stacks.items():
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if target.startswith("socket:[") and target == stack["file"]:
            found[int(target[len("socket:[") : -1])] = stack
    return found


def examine(bench, agent, subject, programs, inside=lambda command: command):
    """Compare all the stacks of a subject; Skip or Failure as it may be."""
    command = subjects.command(subject, programs, bench.directory)
    process = start(bench, command, inside)
    lines = Lines(process, subject.name)
    gdb = None
    try:
        lines.until("ready")
        subjects.remove_files(subject, bench.directory)
        known = programs / subject.program if subject.unstripped else f"/proc/{process.pid}/exe"
        gdb = start_gdb(bench, process.pid, known, programs)
        stacks = stacks_of_gdb(process, lines, Lines(gdb, f"gdb on {subject.name}"))
        total = Result()
        for inode, stack in stacks.items():
            leak = leak_of(agent, inode, stack["tid"])
            total.add(compare(stack["frames"], leak, process.pid))
        return total
    finally:
        end(bench, *[p for p in (gdb, process) if p])


def leak_of(agent, inode, tid):
    def reported(agent):
        events = agent.of("leak", inode=inode, tid=tid)
        return events and events[-1]

    return agent.wait_for(reported, f"a leak of inode {inode}, thread {tid}")
