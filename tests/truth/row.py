# SPDX-License-Identifier: BSD-2-Clause
"""row: one runtime of docs/truth.md: its leaking program, and what is right to say of it.

A program says `ready`, waits for a line on stdin, leaks 20 sockets, says `leaked 20` and lives
until stdin ends. It is in runtimes/, in its own language. `build` and `run` are shell commands;
$S is runtimes/, $O a directory of the row's own, which is also the current one.

What is right stands in the row, whether sockleak says it today or not; what it says instead, and
why, is in wrong_today.py. `*` in either stands for anything.
"""

import dataclasses
import functools
import pathlib
import subprocess

from truth.wrong_today import WRONG

HERE = pathlib.Path(__file__).parent
SOURCES = HERE / "runtimes"
ROOTS = HERE.parents[1] / ".output" / "truth"
MARK = "leaks here"  # a comment in the line that a maintainer would look at

# What is judged of each row.
FIELDS = ("sockets", "culprit", "caller", "end", "frames")


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    what: str  # for the table
    run: str
    build: str = ""
    # FUNCTION (MODULE), FILE:LINE, as far as it can be known; LINE is that of the mark
    culprit: str = ""
    caller: str = "nobody"  # FUNCTION (MODULE); FUNCTION (LANGUAGE) of scripts
    sockets: str = "20 at 1 site"
    end: str = "outermost"  # stack_end of docs/json.md
    no_gdb: str = ""  # why the frames are not compared with gdb's
    prepare: str = ""  # run when the program is ready; $PID is its pid
    suite: str = ""  # of Debian's, in whose root it runs; "": on the host

    def right(self, field):
        if field == "frames":
            return "agree"
        if field == "culprit" and ":LINE" in self.culprit:
            return self.culprit.replace(":LINE", f":{self.marked_line()}")
        return getattr(self, field)

    @property
    def executes_scripts(self):
        """Does it name functions of scripts?"""
        return any(f"({name})" in self.culprit + self.caller
                   for name in ("Python", "Ruby", "Java", "PHP", "Perl", "JavaScript"))

    def fault(self, field):
        """(what it says today, why) or None. A row of a suite has those of the one it repeats."""
        faults = {**WRONG.get(self.repeated(), {}), **WRONG.get(self.name, {})}
        return faults.get(field)

    def repeated(self):
        """The name of the row that a row of a suite repeats, else its own."""
        return self.name.removesuffix(f"_{self.suite}")

    def sources(self):
        """The files in runtimes/ that its commands name."""
        words = f"{self.build} {self.run}".replace('"', " ").split()
        return [SOURCES / word[len("$S/") :] for word in words if word.startswith("$S/")]

    def marked_line(self):
        for source in self.sources():
            for number, line in enumerate(source.read_text().splitlines(), 1):
                if MARK in line:
                    return number
        raise ValueError(f"row {self.name}: no source of it says '{MARK}'")

    def packages(self):
        """In a suite those of the row that it repeats, unless they have other names there."""
        known = packages_of_rows()
        return known.get(self.name) or known[self.repeated()]

    def version(self):
        """Of its first package, which is the runtime's."""
        return installed(self.suite).get(self.packages()[0], "?")

    def lacks(self):
        return [package for package in self.packages() if package not in installed(self.suite)]


@functools.cache
def packages_of_rows():
    """row -> its packages, the runtime's first, from packages and packages.SUITE."""
    lines = (line for file in HERE.glob("packages*") for line in file.read_text().splitlines())
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return {words[0]: words[1:] for words in rows}


def root_of(suite):
    """The root directory of a suite, which root.sh makes."""
    return ROOTS / suite / "root" if suite else pathlib.Path("/")


@functools.cache
def installed(suite):
    """package -> version, of those that are installed; empty where there is no dpkg."""
    form = "${Package} ${Version} ${db:Status-Status}\\n"
    command = ["dpkg-query", f"--admindir={root_of(suite)}/var/lib/dpkg", "-W", "-f", form]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return {}
    lines = (line.split() for line in run.stdout.splitlines())
    return {words[0]: words[1] for words in lines if words[-1] == "installed"}
