# SPDX-License-Identifier: BSD-2-Clause
"""The files of corpus/profile, and the compressed ones of corpus/diff: for seeds.py."""

import gzip

SITE, OTHER = "00ab54a98ceb1f0a", "bbbbbbbbbbbbbbbb"


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def part(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def strings(*texts):
    return b"".join(part(6, text.encode()) for text in ("", *texts))


def sample(locations, values, *labels):
    return part(2, part(1, b"".join(map(varint, locations))) + part(2, b"".join(map(varint, values)))
                + b"".join(part(3, number(1, key) + number(2, text)) for key, text in labels))


def types(*indexes):
    return b"".join(part(1, number(1, index) + number(2, 9)) for index in indexes)


TABLE = strings("sockets_open", "site", SITE, "comm", "app", "culprit", "open_it", "/lib/x.so",
                "count", "age", OTHER, "a\x1b[m")
# Location 1 has open_it, inlined into function 2; location 2 nothing.
PLACES = (part(3, number(1, 1) + number(5, 8))
          + part(4, number(1, 1) + number(2, 1) + part(4, number(1, 1) + number(2, 42))
                 + part(4, number(1, 2)))
          + part(4, number(1, 2)) + part(5, number(1, 1) + number(2, 7) + number(4, 8))
          + part(5, number(1, 2) + number(2, 12)))
HEALTHY = (types(1, 10) + sample([2, 1], [3, 180], (2, 3), (4, 5), (6, 7)) + sample([1], [1, 9])
           + PLACES + number(9, 1790000000000000000) + TABLE)


PROFILES = {
    "empty": b"",
    "healthy": HEALTHY,
    "tables-first": PLACES + TABLE + types(1) + sample([1], [5], (2, 11)),
    "cut-off": HEALTHY[:60],
    "other": types(9) + strings("cpu") + sample([1], [5]),
    "no-strings": types(1) + sample([1], [5]),
    "ids-of-nothing": types(1) + sample([9, 0, 2**64 - 1], [5], (99, 99)) + TABLE,
    "ids-twice": types(1) + PLACES + PLACES + sample([1], [5]) + TABLE,
    "values-missing": types(1, 10) + sample([1], [5]) + TABLE,
    "value-negative": types(1) + sample([1], [2**64 - 1]) + TABLE,
    "value-huge": types(1) + sample([1], [2**41]) + TABLE,
    "not-packed": types(1) + part(2, number(1, 1) + number(1, 2) + number(2, 6)) + PLACES
                  + TABLE,
    "deep": types(1) + sample([1] * 200, [1]) + PLACES + TABLE,
    "varint-too-long": b"\x08" + b"\xff" * 10 + b"\x01",
    "group": b"\x0b\x0c",
    "fixed": types(1) + b"\x65abcd\x61abcdefgh" + sample([1], [2]) + TABLE,
}


def write(put):
    for name, data in PROFILES.items():
        put("profile", name, data)
    whole = gzip.compress(HEALTHY, mtime=0)
    put("diff", "profile", whole)
    put("diff", "profile-cut-off", whole[:50])
    put("diff", "profile-of-nothing", b"\x1f\x8b")
