# SPDX-License-Identifier: BSD-2-Clause
"""cfi: which code of an ELF file has call frame information, by its .eh_frame_hdr.

The table there is sorted by the functions' beginnings (Linux Standard Base, Core, 10.6); a
function's end stands in its FDE. Of the encodings the usual one is known, offsets of 4 bytes:
a file that has another, or no table, is taken to have CFI for all of its code.
"""

import bisect
import struct

PT_LOAD, PT_GNU_EH_FRAME = 1, 0x6474E550
USUAL = (1, 0x1B, 0x03, 0x3B)  # version; pcrel|sdata4, udata4, datarel|sdata4


def headers(data):
    """(type, offset, address, bytes in the file) of each program header of a 64-bit file."""
    if data[:5] != b"\x7fELF\x02":
        return []
    (offset,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    found = []
    for number in range(count):
        kind, _, at, address, _, length = struct.unpack_from("<IIQQQQ", data, offset + number * size)
        found.append((kind, at, address, length))
    return found


class Cfi:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        parts = headers(self.data)
        self.loads = [part[1:] for part in parts if part[0] == PT_LOAD]
        self.begins, self.entries = None, []
        for kind, at, address, _ in parts:
            if kind == PT_GNU_EH_FRAME and tuple(self.data[at : at + 4]) == USUAL:
                (count,) = struct.unpack_from("<I", self.data, at + 8)
                words = struct.unpack_from(f"<{2 * count}i", self.data, at + 12)
                self.begins = [address + word for word in words[::2]]
                self.entries = [address + word for word in words[1::2]]

    def _offset(self, address):
        for at, low, length in self.loads:
            if low <= address < low + length:
                return at + address - low
        return None

    def address(self, offset):
        """Of a byte of the file, before relocation."""
        for at, low, length in self.loads:
            if at <= offset < at + length:
                return low + offset - at
        return None

    def covers(self, address):
        if self.begins is None:
            return True
        number = bisect.bisect_right(self.begins, address) - 1
        entry = self._offset(self.entries[number]) if number >= 0 else None
        if entry is None:
            return False
        (length,) = struct.unpack_from("<I", self.data, entry + 12)  # behind size, CIE and begin
        return address < self.begins[number] + length
