# SPDX-License-Identifier: BSD-2-Clause
"""What `sockleak run` sees of a process that ends while something else looks at its sockets."""

import ctypes
import json
import os
import re
import struct
import subprocess

from cases.run import PATIENCE_S, expect_open, judged, lost_by, python
from lib.outcome import Failure
from lib.registry import case

PIDFD_GETFD = 438
BPF, LOOKUP, UPDATE = {"x86_64": 321, "aarch64": 280}[os.uname().machine], 1, 2

NO_SWEEPS = ("--interval", "1h")  # but for the first and the last

# A copy of its socket is asked for by its pid and descriptor. Then it ends, by a line on its input.
LEAVES = """
    import os, socket
    kept = socket.socket()
    print(os.getpid(), kept.fileno(), os.fstat(kept.fileno()).st_ino, flush=True)
    os.read(0, 1)
    os._exit(0)
"""
# Two of them, one after the other, and the end of both by a third line.
TWO_LEAVE = f"""
    import os, subprocess, sys
    for _ in range(2):
        subprocess.run([sys.executable, "-c", {LEAVES!r}.replace("\\n    ", "\\n")])
        print("ended", flush=True)
    os.read(0, 1)
"""


def syscall(number, *args):
    libc = ctypes.CDLL(None, use_errno=True)
    got = libc.syscall(number, *args)
    if got < 0:
        raise OSError(ctypes.get_errno(), f"system call {number}")
    return got


def copy_descriptor(pid, fd):
    """A descriptor here of what another process has as its own: it is held twice then."""
    of = os.pidfd_open(pid)
    try:
        return syscall(PIDFD_GETFD, of, fd, 0)
    finally:
        os.close(of)


def started(bench, name, *args, command):
    """`sockleak run`, whose program reads lines from here; and the file of its report."""
    report = bench.directory / f"{name}.jsonl"  # the cases have one directory
    process = bench.processes.start(
        [bench.sockleak, "run", "--json", "--output", report, *args, "--", *command],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return process, report


def go_on(process):
    process.stdin.write("\n")
    process.stdin.flush()


@case
def run_short_lived(bench):
    """Each of many processes that live for a millisecond has its whole stack, with names.

    One at whose end the sockleak of another case had its socket in hand is counted.
    """
    count = 200
    held = bench.programs / "held"
    loop = ["sh", "-c", f"i=0; while [ $i -lt {count} ]; do {held} > /dev/null; i=$((i+1)); done"]
    events, summary, _ = judged(bench, command=loop, may_lose=("exit_held",))
    count -= summary["dropped"]["exit_held"]
    expect_open(summary, count)
    bad = [event for event in events if event["stack_source"] != "snapshot"
           or not any(frame["function"] == "main" for frame in event["stack"])]
    if len(events) != count or bad or summary["sites"] != 1:
        raise Failure(f"expected {count} whole stacks of one site, seen: {len(events)} at "
                      f"{summary['sites']}, {len(bad)} not whole, such as {bad[:1]}")


@case
def run_judges_at_end(bench):
    """What sweeps have seen of a socket is no leak as long as its process may still close it."""
    _, summary, _ = judged(bench, "--interval", "10ms", command=python("""
        import socket, time
        kept = socket.socket()
        time.sleep(0.5)
        kept.close()
    """))
    if summary["total"]:
        raise Failure(f"expected no leak at any time, seen: {summary['total']}")


@case
def run_swept_at_exit(bench):
    """A process that a sweep reads while it ends has left its socket all the same.

    The sweeps read nothing else for most of the time: each process has its socket 8,000 times.
    """
    count = 24
    events, summary, _ = judged(
        bench, "--interval", "10ms", "--full-sweep-interval", "0", may_lose=("exit_held",),
        command=python(f"""
            import os, socket
            for _ in range({count}):
                if os.fork() == 0:
                    kept = socket.socket()
                    for _ in range(8000):
                        os.dup(kept.fileno())
                    os._exit(0)
                os.wait()
            os._exit(0)
        """))
    held = summary["dropped"]["exit_held"]  # by the sweep of another case's sockleak
    if summary["open"] + held != count or held > count / 2:
        raise Failure(f"expected {count} left, seen: {summary['open']}, and {held} held")


@case
def run_ended_at_once(bench):
    """Two processes that one signal ends leave the socket that both have.

    Each is a holder for the other. One that is just closing what it has when the other one looks is
    counted.
    """
    count = 60
    _, summary, _ = judged(bench, *NO_SWEEPS, may_lose=("exit_held",), command=python(f"""
        import os, signal, socket
        for _ in range({count}):
            ready, writes = os.pipe()
            group = os.fork()
            if group == 0:
                os.setpgid(0, 0)
                kept = socket.socket()
                if os.fork() == 0:
                    os.write(writes, b"1")
                signal.pause()
            os.read(ready, 1)
            os.killpg(group, signal.SIGKILL)
            os.wait()
            os.close(ready)
            os.close(writes)
    """))
    held = summary["dropped"]["exit_held"]
    if summary["open"] + held != count or held > count / 2:
        raise Failure(f"expected {count} left, seen: {summary['open']}, and {held} held")


@case
def run_left_on_its_way(bench):
    """What a process has sent before it ends is not its own, however long that is on its way."""
    _, summary, _ = judged(bench, "--interval", "10ms", "--full-sweep-interval", "0",
                           command=python("""
        import os, socket, time
        sends, receives = socket.socketpair()
        if os.fork() == 0:
            kept = socket.socket()
            socket.send_fds(sends, [b"1"], [kept.fileno()])
            os._exit(0)
        os.wait()
        time.sleep(0.3)
        _, fds, _, _ = socket.recv_fds(receives, 1, 1)
        time.sleep(0.3)
        os.close(fds[0])
        time.sleep(0.1)
    """))
    if summary["open"]:
        raise Failure(f"expected that nobody left it, seen: {summary['open']} open")


@case
def run_held_by_stranger(bench):
    """One that a stranger has had for a moment is counted; one that it keeps is its own."""
    process, report = started(bench, "held_by_stranger", *NO_SWEEPS,
                              command=python(TWO_LEAVE))
    copies = []
    for _ in range(2):
        pid, fd, _ = map(int, process.stdout.readline().split())
        copies.append(copy_descriptor(pid, fd))
        go_on(process)
        if process.stdout.readline() != "ended\n":
            raise Failure("the program has not ended")
        if len(copies) == 1:
            os.close(copies[0])
    go_on(process)
    _, errors = process.communicate(timeout=PATIENCE_S)
    os.close(copies[1])
    *_, summary = map(json.loads, report.read_text().splitlines())
    if process.returncode or summary["open"] or lost_by(summary) != {"exit_held": 1}:
        raise Failure(f"expected one that was held, seen: {summary['open']} open, "
                      f"{lost_by(summary)}, {errors}")


class YoungSockets:
    """The places in which a sockleak has the sockets that no sweep has met: bpf/young.bpf.h."""

    LOCK_FROM_END, BUSY = 48, 0x1000  # of an entry, in struct pending; YOUNG_BUSY

    def __init__(self, pid):
        for fd in os.listdir(f"/proc/{pid}/fdinfo"):
            with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as info:
                of = dict(re.findall(r"^(\w+):\s+(\d+)$", info.read(), re.MULTILINE))
            if (of.get("map_type"), of.get("max_entries")) == ("2", "8192"):
                self.size = int(of["value_size"])
                self.map = copy_descriptor(pid, int(fd))
                return
        raise Failure("expected the map of young sockets, seen: none")

    def pair(self, command, number, value=None):
        """A bpf() call on two places."""
        value = ctypes.create_string_buffer(value or b"", self.size)
        key = ctypes.create_string_buffer(struct.pack("I", number))
        call = struct.pack("IxxxxQQQ", self.map, ctypes.addressof(key), ctypes.addressof(value), 0)
        syscall(BPF, command, call, len(call))
        return value.raw

    def place(self, inode):
        """(number of the pair, where its entry begins)"""
        for number in range(8192):
            pair = self.pair(LOOKUP, number)
            for at in (0, self.size // 2):
                if struct.unpack_from("Q", pair, at)[0] == inode:
                    return number, at
        raise Failure(f"expected socket {inode} among the young ones, seen: others")

    def toggle_busy(self, number, at):
        """As if a harvest were about to move the entry, or not any more."""
        pair = bytearray(self.pair(LOOKUP, number))
        lock = at + self.size // 2 - self.LOCK_FROM_END
        struct.pack_into("I", pair, lock, struct.unpack_from("I", pair, lock)[0] ^ self.BUSY)
        self.pair(UPDATE, number, bytes(pair))


@case
def run_harvested_at_exit(bench):
    """A process that ends while a harvest has its socket in hand has left it all the same."""
    process, report = started(bench, "harvested", *NO_SWEEPS, command=python(TWO_LEAVE))
    for _ in range(2):
        *_, inode = map(int, process.stdout.readline().split())
        young = YoungSockets(process.pid)
        place = young.place(inode)
        young.toggle_busy(*place)
        go_on(process)
        if process.stdout.readline() != "ended\n":
            raise Failure("the program has not ended")
        young.toggle_busy(*place)
        os.close(young.map)
    go_on(process)
    _, errors = process.communicate(timeout=PATIENCE_S)
    *events, summary = map(json.loads, report.read_text().splitlines())
    expect_open(summary, 2)
    if lost_by(summary) or any(event["stack_source"] != "snapshot" for event in events):
        raise Failure(f"expected two whole stacks, seen: {lost_by(summary)}, {events}, {errors}")
