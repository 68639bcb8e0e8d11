# SPDX-License-Identifier: BSD-2-Clause
"""journal: what the actors of a seed say that they did. The layout is that of journal.h."""

import collections
import errno
import pathlib
import re
import struct

HEADER = (pathlib.Path(__file__).parent / "journal.h").read_text(encoding="utf-8")
WHATS = ["NONE"] + [n for n in re.findall(r"^\tE\((\w+)\)", HEADER, re.M) if n != "NONE"]
FIELDS = "inode pid tid fd result what round detail"
EVENT = struct.Struct("<QiiiiHHI")
ACTOR = struct.Struct("<Qiiiiii")
HEAD = struct.Struct("<IIiiiiiiQ")
TABLES, ACTORS = 64, 48
MAX_EVENTS = 32768
BLOCKED = 3


class Event(collections.namedtuple("Event", FIELDS)):
    def __str__(self):
        result = errno.errorcode.get(-self.result, self.result) if self.result < 0 else self.result
        text = f"round {self.round}: pid {self.pid} tid {self.tid} {self.what} fd {self.fd}"
        return text + f" -> {result}" + (f" ({self.detail})" if self.detail else "")


class Journal:
    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        head = HEAD.unpack_from(data)
        self.count = head[0]
        at = HEAD.size + 4 * TABLES
        actors = [ACTOR.unpack_from(data, at + i * ACTOR.size) for i in range(ACTORS)]
        self.blocked = {tid for _, _, tid, status, *_ in actors if status == BLOCKED}
        at += ACTORS * ACTOR.size
        self.events = []
        for i in range(min(self.count, MAX_EVENTS)):
            fields = list(EVENT.unpack_from(data, at + i * EVENT.size))
            fields[5] = WHATS[fields[5]]
            self.events.append(Event(*fields))
        self.of = collections.defaultdict(list)  # inode -> its events
        for event in self.events:
            if event.inode:
                self.of[event.inode].append(event)

    @property
    def is_whole(self):
        return self.count <= MAX_EVENTS

    def tables_of(self):
        """Processes whose threads have tables of their own."""
        return {event.pid for event in self.events if event.what == "UNSHARED"}
