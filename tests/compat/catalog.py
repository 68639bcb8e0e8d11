# SPDX-License-Identifier: BSD-2-Clause
"""catalog: the programs there are. A file in programs/ registers its own by decorator.

    @program(version=["nginx", "-v"])
    def nginx(stage):
        stage.start(...)            set it up
        stage.ready()               it stands: its use begins
        while stage.working():      20 seconds
            stage.run(...)          clients
        return "12 requests, 4 reloads"      what was done, for the table

It goes on running until both sockleaks have had time to judge what is there then.
"""

import importlib
import pathlib


class Entry:
    def __init__(self, function, name, version, leaks):
        self.use, self.name, self.version, self.leaks = function, name, version, leaks


entries = []


def program(version, name=None, leaks=0):
    """`version` is a command line; `leaks` how many sockets it leaks on purpose."""

    def register(function):
        entries.append(Entry(function, name or function.__name__, version, leaks))
        return function

    return register


def load():
    directory = pathlib.Path(__file__).resolve().parent / "programs"
    for path in sorted(directory.glob("*.py")):
        importlib.import_module(f"programs.{path.stem}")
    return entries
