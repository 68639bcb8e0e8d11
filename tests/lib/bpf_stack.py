# SPDX-License-Identifier: BSD-2-Clause
"""bpf_stack: how much stack BPF programs take with what they call, read from their object file.

Before Linux 6.13 a chain of calls has 512 bytes in all, each function rounded up to 32
(check_max_stack_depth() in kernel/bpf/verifier.c). Later kernels give some programs more, so a
chain that is too long loads there, and nowhere else.
"""

import re
import struct

LIMIT = 512
ROUNDED_TO = 32
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
RELOCATION = struct.Struct("<QII")
INSTRUCTION = struct.Struct("<BBhi")
SYMTAB, RELOCATIONS, EXECUTABLE = 2, 9, 4
LOAD_64, CALL, MOVE, ADD, FRAME_POINTER = 0x18, 0x85, 0xBF, 0x07, 10
LOAD, STORE_IMMEDIATE, STORE, ALU64 = 1, 2, 3, 7


class Object:
    """An object file of 64 bits, little endian: its functions, by section and offset."""

    def __init__(self, data):
        self._data = data
        (table,) = struct.unpack_from("<Q", data, 40)
        count, names = struct.unpack_from("<HH", data, 60)
        self._sections = [SECTION_HEADER.unpack_from(data, table + i * SECTION_HEADER.size)
                          for i in range(count)]
        self._names = self._content(names)
        symbols = next(s for s in self._sections if s[1] == SYMTAB)
        strings = self._content(symbols[6])
        self._symbols = [
            (text_at(strings, name), info & 15, section, value, size)
            for name, info, _, section, value, size in SYMBOL.iter_unpack(
                data[symbols[4]:symbols[4] + symbols[5]])
        ]
        self.functions = {(section, value): (name, size)
                          for name, kind, section, value, size in self._symbols if kind == 2}

    def _content(self, index):
        _, _, _, _, offset, size, *_ = self._sections[index]
        return self._data[offset:offset + size]

    def section_name(self, index):
        return text_at(self._names, self._sections[index][0])

    def instructions(self, section, value, size):
        return list(INSTRUCTION.iter_unpack(self._content(section)[value:value + size]))

    def relocations(self, section):
        """offset in the section -> (section, value) of the symbol."""
        found = {}
        for index, header in enumerate(self._sections):
            if header[1] == RELOCATIONS and header[7] == section:
                for offset, _, symbol in RELOCATION.iter_unpack(self._content(index)):
                    found[offset] = self._symbols[symbol][2:4]
        return found


def text_at(strings, offset):
    return strings[offset:strings.index(b"\0", offset)].decode()


def own_depth(instructions):
    """How far below its frame pointer a function reaches."""
    depth = 0
    copies = set()
    for code, registers, offset, immediate in instructions:
        to, source, kind = registers & 15, registers >> 4, code & 7
        if kind == LOAD and source == FRAME_POINTER or \
                kind in (STORE_IMMEDIATE, STORE) and to == FRAME_POINTER:
            depth = max(depth, -offset)
        if code == ADD and to in copies:
            depth = max(depth, -immediate)
        if code == MOVE and source == FRAME_POINTER:
            copies.add(to)
        elif kind in (LOAD, ALU64, 4) or code == LOAD_64:
            copies.discard(to)
    return depth


def called(file, relocations, section, value, instructions):
    """The functions that one calls, or passes to a helper that calls them."""
    for number, (code, registers, _, immediate) in enumerate(instructions):
        at = value + number * INSTRUCTION.size
        source = registers >> 4
        if code == CALL and source == 1 and at not in relocations:
            yield section, at + (immediate + 1) * INSTRUCTION.size
        elif code in (CALL, LOAD_64) and at in relocations:
            to, start = relocations[at]
            if code == CALL and source == 1 and start == 0:
                start = (immediate + 1) * INSTRUCTION.size
            if code == LOAD_64 and start == 0:
                start = immediate
            if (to, start) in file.functions:
                yield to, start


def deepest_chains(path):
    """For each program of the object: (bytes, [names of the deepest chain of calls])."""
    file = Object(path.read_bytes())
    deepest, relocations = {}, {}

    def chain(function):
        if function not in deepest:
            section, value = function
            name, size = file.functions[function]
            if section not in relocations:
                relocations[section] = file.relocations(section)
            code = file.instructions(section, value, size)
            below = [chain(other) for other in
                     set(called(file, relocations[section], section, value, code))]
            depth, names = max(below, default=(0, []))
            own = max(own_depth(code), 1)
            deepest[function] = (depth + -(-own // ROUNDED_TO) * ROUNDED_TO, [name, *names])
        return deepest[function]

    return [chain(function) for function in sorted(file.functions)
            if re.search("/", file.section_name(function[0]))]
