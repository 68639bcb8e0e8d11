# SPDX-License-Identifier: BSD-2-Clause
"""document: docs/truth.md, the table of all rows as a run has seen them."""

import pathlib

from truth.row import FIELDS, SOURCES
from truth.table import put

PATH = pathlib.Path(__file__).resolve().parents[2] / "docs" / "truth.md"
MARK = "<!-- table, written by make truth-docs -->"
HEAD = ["runtime", "package", "culprit", "called from", "sockets", "frames as in gdb", "end", "wrong today"]


def code(text):
    """As it stands, in a cell; paths without where this tree lies."""
    return "`" + text.replace(f"{SOURCES}/", "").replace("|", "\\|") + "`"


def frames(verdict):
    result = verdict.compared
    if not result:
        return f"not compared: {verdict.row.no_gdb}"
    text = f"{result.agree} of {result.gdb}"
    return text + (f", {result.helped_agree} of {result.helped} helped" if result.helped else "")


def fault(verdict, field):
    """For the last column; "" where the field is right."""
    known = verdict.row.fault(field)
    if not known or verdict.is_right(field):
        return ""
    right = "" if field == "frames" else f"right is {code(verdict.row.right(field))}: "
    return f"{field}: {right}{known[1]}"


def row(verdict):
    package = f"{verdict.row.packages()[0]} {verdict.row.version()}"
    if verdict.trouble:
        return [verdict.row.what, package, *["-"] * 5, str(verdict.trouble).replace("\n", " ")]
    seen = verdict.seen
    faults = [fault(verdict, field) for field in FIELDS if field in seen]
    return [
        verdict.row.what, package, code(seen["culprit"]), code(seen["caller"]), seen["sockets"],
        frames(verdict), code(seen["end"]), "; ".join(filter(None, faults)),
    ]  # fmt: skip


def write(verdicts):
    lines = ["| " + " | ".join(cells) + " |" for cells in [HEAD, *map(row, verdicts)]]
    lines.insert(1, "|" + "---|" * len(HEAD))
    put(PATH, MARK, "\n".join(lines))
