# SPDX-License-Identifier: BSD-2-Clause
"""help: parses `sockleak --help`, with which manuals and completion are compared."""

import re

from lib.outcome import Failure

OPTION = re.compile(r"^  (?:-(\w), |    )--([a-z][a-z-]*)(?: ([A-Z]+))?(?:  +(.*))?$")


class Option:
    def __init__(self, letter, name, argument, commands):
        self.letter, self.name, self.argument, self.commands = letter, name, argument, commands
        self.text = self.default = None

    def is_of(self, command):
        return command in self.commands


class Help:
    def __init__(self, text):
        self.commands = re.findall(r"^  ([a-z]+)  +\S", text.split("Examples:")[0], re.M)
        self.options = []
        if len(self.commands) < 2:
            raise Failure(f"expected commands in --help, seen: {self.commands}")
        words = None
        for line in text.splitlines():
            found = OPTION.match(line)
            if found:
                words = [found.group(4) or ""]
                self.options.append(Option(*found.group(1, 2, 3), words))
            elif line.startswith(" " * 20) and words is not None:
                words.append(line.strip())
            else:
                words = None
        for option in self.options:
            self._read(option, " ".join(filter(None, option.commands)))

    def _read(self, option, text):
        """"(trace, agent) what it does: one, two (default: 5s)"."""
        found = re.match(r"\(([a-z, ]+)\) (.*)", text)
        named = found.group(1).split(", ") if found else []
        if found and set(named) <= set(self.commands):
            option.commands, text = named, found.group(2)
        else:
            option.commands = self.commands
        found = re.match(r"(.*) \(default: ([^)]*)\)$", text)
        if found:
            text, option.default = found.groups()
        option.text = text


def read(bench):
    status, out, errors = bench.run("--help")
    if status:
        raise Failure(f"expected --help, seen: {status}: {errors}")
    reported = Help(out)
    for option in reported.options:
        if option.commands == reported.commands:
            option.commands = takers(bench, reported, option)
    return reported


def takers(bench, reported, option):
    """The commands that take an option, which --help leaves out if most of them do."""
    words = [f"--{option.name}"] + (["1"] if option.argument else [])
    for command in ("explain", "doctor"):
        _, _, errors = bench.run(command, *words)
        found = re.search(r"is not for this command; it is for: ([a-z, ]+)", errors)
        if found:
            return found.group(1).split(", ")
    return reported.commands
