# SPDX-License-Identifier: BSD-2-Clause
"""seeds_code: the corpora of what reads the code of programs: Go's table, prologues, memory."""

import struct


def go_table(magic, wide, start_line, short_tree):
    """One function of 64 bytes at 0x401000, with another inlined in its bytes 16 to 31."""
    def u32(value):
        return struct.pack("<I", value & 0xFFFFFFFF)

    def address(value):
        return struct.pack("<Q", value) if wide else u32(value - 0x401000)

    def table(*pairs):
        return bytes(b for change, distance in pairs
                     for b in ((~change << 1 | 1 if change < 0 else change << 1) & 0x7F, distance)
                     ) + b"\0"

    head = 8 + 8 * (7 if wide else 8)
    names = b"\0main.inner\0main.outer\0"
    files = b"outer.go\0inner.go\0"
    units = u32(0) + u32(9)
    lines = table((11, 8), (1, 8), (-6, 16), (7, 32))
    which = table((1, 16), (1, 16), (-1, 32))
    places = table((0, 16), (1, 16), (-1, 32))
    values = b"\0" + lines + which + places
    if short_tree:
        tree = u32(0) + u32(1) + u32(8) + u32(1)
    else:
        tree = u32(0xFFFF) + u32(1) + u32(5) + u32(1) + u32(8)
    at_files = head + len(names) + len(tree)
    at_units = at_files + len(files)
    at_values = at_units + len(units)
    functions = (at_values + len(values) + 7) // 8 * 8
    size = 8 if wide else 4
    place = (5 * size + 7) // 8 * 8
    listed = address(0x401000) + (struct.pack("<Q", place) if wide else u32(place))
    listed += address(0x401040)
    members = [12, 0, 0, 0, 1 + len(lines), 1, 3, 0] + ([1] if start_line else []) + [4 << 24]
    function = address(0x401000) + b"".join(u32(m) for m in members)
    function += u32(0) + u32(0) + u32(1 + len(lines) + len(which))
    if wide:
        function += bytes(-(functions + place + len(function)) % 8)
        function += struct.pack("<Q", 0x500000 + head + len(names)) * 4
    else:
        function += u32(head + len(names)) * 4
    words = [1, 2] + ([] if wide else [0x401000])
    words += [head, at_units, at_files, at_values, functions]
    out = u32(magic) + b"\0\0\1\x08" + b"".join(struct.pack("<Q", w) for w in words)
    out += names + tree + files + units + values
    out += bytes(functions - len(out)) + listed.ljust(place, b"\0") + function
    return out


def go_tables(put):
    for name, arguments in (("go1.16", (0xFFFFFFFA, True, False, False)),
                            ("go1.18", (0xFFFFFFF0, False, False, False)),
                            ("go1.20", (0xFFFFFFF1, False, True, True))):
        whole = go_table(*arguments)
        put("go_table", name, whole)
        put("go_table", f"{name}-cut", whole[:-20])
    put("go_table", "many-functions", whole[:8] + struct.pack("<Q", 1 << 60) + whole[16:])
    put("go_table", "far-names", whole[:32] + struct.pack("<Q", 1 << 63) + whole[40:])
    put("go_table", "go1.2", b"\xfb" + whole[1:])
    put("go_table", "empty", b"")


def memory_files(put):
    def phdr(kind, offset, address, size):
        return struct.pack("<IIQQQQQQ", kind, 5, offset, address, address, size, size, 4096)

    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in
                       ((5, 0x7F0000000400), (6, 0x7F0000000300), (10, 64), (0, 0)))
    start = struct.pack("<Q", 0x7F0000000000)
    head = b"\x7fELF\2\1\1".ljust(16, b"\0")
    head += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 4096, 0, 64, 56, 2, 64, 9, 8)
    body = head + phdr(1, 0, 0, 4096) + phdr(2, 176, 176, len(dynamic)) + dynamic
    put("memory_file", "library", start + body)
    put("memory_file", "cut", start + body[:-20])
    put("memory_file", "many-headers", start + body[:56] + b"\xff\xff" + body[58:])
    put("memory_file", "far-dynamic", start + body.replace(
        struct.pack("<QQ", 176, 176), struct.pack("<QQ", (1 << 64) - 8, 176)))
    put("memory_file", "not-elf", start + bytes(64))


def prologues(put):
    # musl's socket(): push rbp, movslq, push rbx, xor, mov, sub $8, up to its syscall
    put("prologue", "musl-socket", bytes.fromhex(
        "554863f64863d24863ff534531d24889f34531c04531c9b8290000004883ec080f05"))
    put("prologue", "frame-pointer", bytes.fromhex("554889e5415453"))
    put("prologue", "go", bytes.fromhex("4883ec3848896c2430488d6c2430"))
    put("prologue", "epilogue", bytes.fromhex("534883ec1085c074064883c4105bc3ffd0"))
    put("prologue", "large-frame", bytes.fromhex("4881ec00100000"))
    put("prologue", "aligned", bytes.fromhex("4883e4c0"))
    put("prologue", "pops-too-much", bytes.fromhex("5b5b"))
    put("prologue", "half", bytes.fromhex("4881ec0010"))
    put("prologue", "end-of-a-coroutine", bytes.fromhex("4831ffe800000000f4"))
    put("prologue", "unknown", bytes.fromhex("c4e2"))
    put("prologue", "empty", b"")


def write(put):
    go_tables(put)
    memory_files(put)
    prologues(put)
