# SPDX-License-Identifier: BSD-2-Clause
"""table: the results for people, on a terminal and in docs/stacks-truth.md."""

from truth import suite

HEAD = ["program", "gdb", "sockleak", "agree", "%", "helped", "missing", "no name", "tail calls"]
HEAD += ["inlined", "notes"]
MARK = "<!-- table, written by tests/truth/run.py --write -->"


def row(subject, outcome):
    if isinstance(outcome, Exception):
        return [subject.what, *["-"] * 9, str(outcome).replace("\n", " ")]
    notes = "cut: only the inner frames" if subject.cut else ""
    notes += "gdb has the unstripped program" if subject.unstripped else ""
    if outcome.sources != {"snapshot"}:
        notes += f" source {outcome.sources}"
    inlined = f"{outcome.inlined_agree}/{outcome.inlined}" if outcome.inlined else "0"
    helped = f"{outcome.helped_agree}/{outcome.helped}" if outcome.helped else "0"
    cells = [outcome.gdb, outcome.sockleak, outcome.agree, f"{100 * outcome.share():.1f}", helped]
    cells += [outcome.missing, outcome.unnamed, outcome.tailcalls, inlined, notes.strip()]
    return [subject.what, *map(str, cells)]


def text(rows):
    cells = [HEAD] + [row(*entry) for entry in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD) - 1)]
    lines = []
    for line in cells:
        padded = [line[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(line[1:-1], widths[1:])]
        mark = "" if line is HEAD else ("" if not suite.verdict(*rows[len(lines) - 1]) else "  <--")
        lines.append("  ".join(padded + [line[-1][:100]]).rstrip() + mark)
    return "\n".join(lines)


def markdown(rows):
    cells = [HEAD] + [row(*entry) for entry in rows]
    lines = ["| " + " | ".join(line) + " |" for line in cells]
    lines.insert(1, "|" + "---|" * len(HEAD))
    return "\n".join(lines)


def put(path, mark, table):
    """Replace the table behind the mark in a document, keep its text."""
    before, found, after = path.read_text().partition(mark)
    if not found:
        raise SystemExit(f"{path}: no line {mark}")
    rest = [line for line in after.strip("\n").split("\n") if not line.startswith("|")]
    text_after = "\n".join(rest).strip("\n")
    path.write_text(f"{before}{mark}\n{table}\n" + (f"\n{text_after}\n" if text_after else ""))


def write(path, rows):
    put(path, MARK, markdown(rows))
