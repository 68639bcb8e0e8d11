# SPDX-License-Identifier: BSD-2-Clause
"""pprof: decodes a profile by the text of profile.proto alone, for the cases of --pprof.

It shares nothing with the program's own reader, so that a misreading of the format by one of the
two is seen. Every reference must lead somewhere, and every string be UTF-8.
"""

import gzip

from lib.outcome import Failure

# By message: field -> (name, kind). A kind in capitals is a message; "*" is for repeated ones.
PROFILE = {1: ("types", "TYPE*"), 2: ("samples", "SAMPLE*"), 3: ("mappings", "MAPPING*"),
           4: ("locations", "LOCATION*"), 5: ("functions", "FUNCTION*"), 6: ("strings", "bytes*"),
           9: ("time_nanos", "int"), 11: ("period_type", "TYPE"), 12: ("period", "int"),
           13: ("comments", "int*"), 14: ("default_type", "int")}
MESSAGES = {
    "TYPE": {1: ("type", "int"), 2: ("unit", "int")},
    "SAMPLE": {1: ("locations", "int*"), 2: ("values", "int*"), 3: ("labels", "LABEL*")},
    "LABEL": {1: ("key", "int"), 2: ("str", "int"), 3: ("num", "int"), 4: ("unit", "int")},
    "MAPPING": {1: ("id", "int"), 2: ("start", "int"), 3: ("limit", "int"), 4: ("offset", "int"),
                5: ("file", "int"), 6: ("build_id", "int"), 7: ("has_functions", "int"),
                8: ("has_files", "int"), 9: ("has_lines", "int"), 10: ("has_inlined", "int")},
    "LOCATION": {1: ("id", "int"), 2: ("mapping", "int"), 3: ("address", "int"),
                 4: ("lines", "LINE*")},
    "LINE": {1: ("function", "int"), 2: ("line", "int")},
    "FUNCTION": {1: ("id", "int"), 2: ("name", "int"), 3: ("system_name", "int"),
                 4: ("file", "int"), 5: ("start_line", "int")},
}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def decode(data, fields):
    """A dict of all the message's fields, with what a reader assumes for those left out."""
    message = {name: [] if kind.endswith("*") else None if kind.isupper() else 0
               for name, kind in fields.values()}
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag >> 3 not in fields:
            raise Failure(f"expected fields of profile.proto, seen: {tag >> 3}")
        name, kind = fields[tag >> 3]
        base = kind.rstrip("*")
        if tag & 7 == 0 and base == "int":
            value, at = varint(data, at)
            values = [value]
        elif tag & 7 == 2:
            size, at = varint(data, at)
            part, at = data[at:at + size], at + size
            if len(part) != size:
                raise Failure(f"expected {size} bytes of {name}, seen: {len(part)}")
            values = []
            if base == "int":
                within = 0
                while within < size:
                    value, within = varint(part, within)
                    values.append(value)
            else:
                values = [part if base == "bytes" else decode(part, MESSAGES[base])]
        else:
            raise Failure(f"expected {kind} for {name}, seen: wire type {tag & 7}")
        if kind.endswith("*"):
            message[name] += values
        else:
            message[name] = values[-1]
    return message


class Profile:
    """`samples`: a list of Sample; `mappings`: by path."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:2] != b"\x1f\x8b":
            raise Failure(f"expected gzip, seen: {data[:8]}")
        raw = decode(gzip.decompress(data), PROFILE)
        self.strings = [string.decode() for string in raw["strings"]]
        if self.strings[0]:
            raise Failure(f"expected '' as the first string, seen: {self.strings[0]!r}")
        self.types = [(self.strings[t["type"]], self.strings[t["unit"]]) for t in raw["types"]]
        self.default_type = self.strings[raw["default_type"]]
        self.comments = [self.strings[index] for index in raw["comments"]]
        self.time_s = raw["time_nanos"] / 1e9
        self._mappings = {m["id"]: m for m in raw["mappings"]}
        self._functions = {f["id"]: f for f in raw["functions"]}
        self._locations = {l["id"]: l for l in raw["locations"]}
        self.mappings = {self.strings[m["file"]]: {
            **m, "build_id": self.strings[m["build_id"]]} for m in raw["mappings"]}
        for location in raw["locations"]:
            self._check_location(location)
        self.samples = [Sample(self, sample) for sample in raw["samples"]]

    def _check_location(self, location):
        if not location["mapping"]:
            return
        mapping = self._mappings[location["mapping"]]
        if not mapping["start"] <= location["address"] < mapping["limit"]:
            raise Failure(f"expected an address within its mapping, seen: {location}, {mapping}")

    def frames(self, location_id):
        """[(function, file, line)] of a location, the innermost first."""
        found = []
        for line in self._locations[location_id]["lines"]:
            function = self._functions[line["function"]]
            found.append((self.strings[function["name"]], self.strings[function["file"]],
                          line["line"]))
        return found

    def of(self, **labels):
        return [s for s in self.samples if all(s.labels.get(k) == v for k, v in labels.items())]

    def open(self, **labels):
        return sum(sample.values["sockets_open"] for sample in self.of(**labels))


class Sample:
    def __init__(self, profile, raw):
        if len(raw["values"]) != len(profile.types) or not raw["locations"]:
            raise Failure(f"expected {len(profile.types)} values and a stack, seen: {raw}")
        self.values = {name: value for (name, _), value in zip(profile.types, raw["values"])}
        self.labels = {profile.strings[label["key"]]:
                       profile.strings[label["str"]] if label["str"] else label["num"]
                       for label in raw["labels"]}
        self.frames = [f for location in raw["locations"] for f in profile.frames(location)]
        self.functions = [function for function, _, _ in self.frames]
