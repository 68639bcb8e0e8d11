# SPDX-License-Identifier: BSD-2-Clause
"""Run inside gdb, attached: print the stack at each return of socket(), one JSON line each.

    gdb -nx -q -batch -ex 'set ...' -p PID -x gdb_stacks.py

Says `@armed` once the catchpoint is set, then `@stack {"tid", "fd", "file", "frames"}`.
"""

import functools
import json
import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cfi import Cfi  # noqa: E402

SYS_SOCKET = 41  # x86_64
ENTRY = -38  # what rax holds while a system call begins
MAX_FRAMES = 3000
KINDS = {
    gdb.INLINE_FRAME: "inline",
    gdb.TAILCALL_FRAME: "tailcall",  # from DWARF; it is no longer on the stack
    gdb.SIGTRAMP_FRAME: "signal",
}


def say(word, value=""):
    sys.stdout.write(f"@{word} {value}\n")
    sys.stdout.flush()


def register(name):
    value = int(gdb.selected_frame().read_register(name)) & (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def linker_name(frame):
    """The name in the symbol table of the function that DWARF gave another name."""
    try:
        block = frame.block()
    except RuntimeError:
        return None
    while block and (not block.function or block.superblock.function):
        block = block.superblock
    text = gdb.execute(f"info symbol {block.start}", to_string=True) if block else ""
    name, found, _ = text.partition(" in section ")
    return name if found else None


@functools.cache
def cfi_of(file, _):
    return Cfi(file)


class Code:
    """The executable mappings of a process."""

    def __init__(self, pid):
        self.pid, self.ranges = pid, []
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps:
            for line in maps:
                words = line.split(None, 5)
                if "x" in words[1]:
                    low, high = (int(edge, 16) for edge in words[0].split("-"))
                    path = words[5].strip() if len(words) > 5 else ""
                    self.ranges.append((low, high, int(words[2], 16), path))

    def find(self, pc):
        """The mapping that a program counter lies in, or None."""
        return next((range for range in self.ranges if range[0] <= pc < range[1]), None)

    def has_cfi(self, pc):
        """Not in what a JIT has made, nor in code that a file's CFI leaves out (V8's builtins)."""
        low, high, offset, path = self.find(pc)
        if not path.startswith("/"):
            return path.startswith("[v")  # the vdso
        file = f"/proc/{self.pid}/map_files/{low:x}-{high:x}"
        status = os.stat(file)
        cfi = cfi_of(file, (status.st_dev, status.st_ino))
        address = cfi.address(pc - low + offset)
        return address is None or cfi.covers(address)


def word(address):
    return int.from_bytes(gdb.selected_inferior().read_memory(address, 8), "little")


def describe(frame):
    return {
        "pc": frame.pc(),
        "function": frame.name(),
        "linker_name": linker_name(frame),
        "kind": KINDS.get(frame.type(), "normal"),
    }


def walk(code):
    """Until the end (then None), or where gdb is lost: (frames, (rsp, rbp) of the last one).

    In code without CFI gdb guesses, often wrong: lost.
    """
    frame, at, found = gdb.newest_frame(), None, []
    while frame is not None and frame.is_valid() and len(found) < MAX_FRAMES:
        if code.find(frame.pc()) is None:
            return found, at
        found.append(describe(frame))
        try:
            at = tuple(int(frame.read_register(name)) for name in ("rsp", "rbp"))
            if not code.has_cfi(frame.pc() - (len(found) > 1)):  # a return address may be an end
                return found, at
            frame = frame.older()
        except gdb.error:
            return found, at
    return found, None


def set_registers(values):
    for name, value in values.items():
        gdb.newest_frame().select()  # gdb chooses another one when the first register has changed
        gdb.execute(f"set ${name} = {value}", to_string=True)


def one_step(at, code):
    """By the frame pointer, up the stack; None when that leads nowhere."""
    sp, base = at
    try:
        caller, outer = word(base + 8), word(base)
    except gdb.error:
        return None
    if base < sp or code.find(caller) is None:
        return None
    return {"rip": caller - 1, "rsp": base + 16, "rbp": outer}


def walk_on(at, code):
    """Where gdb is lost, in code without CFI, a step by the frame pointer helps it."""
    found = []
    gdb.newest_frame().select()
    before = {name: int(gdb.newest_frame().read_register(name)) for name in ("rip", "rsp", "rbp")}
    try:
        while at and len(found) < MAX_FRAMES:
            registers = one_step(at, code)
            if not registers:
                break
            set_registers(registers)
            frames, at = walk(code)
            if frames and frames[0]["pc"] == registers["rip"]:
                frames[0]["pc"] += 1
            found += frames
    finally:
        set_registers(before)
    return [dict(frame, helped=True) for frame in found]


def stack_of(pid):
    code = Code(pid)
    frames, at = walk(code)
    return frames + walk_on(at, code)


def run():
    for setting in ("pagination off", "confirm off", "backtrace past-main on", "width 0"):
        gdb.execute("set " + setting)
    gdb.execute("handle all nostop noprint pass", to_string=True)
    gdb.execute("catch syscall socket", to_string=True)
    say("armed")
    while True:
        try:
            gdb.execute("continue", to_string=True)
        except gdb.error:
            break
        if not gdb.selected_thread() or not gdb.selected_thread().is_valid():
            break
        result = register("rax")
        if register("orig_rax") != SYS_SOCKET or result == ENTRY:
            continue
        pid, tid, _ = gdb.selected_thread().ptid
        file = os.readlink(f"/proc/{pid}/fd/{result}") if result >= 0 else None
        stack = {"tid": tid, "fd": result, "file": file, "frames": stack_of(pid)}
        say("stack", json.dumps(stack))


run()
