# SPDX-License-Identifier: BSD-2-Clause
"""page: the commands of docs/production.md, which the machine is given word for word."""

import pathlib
import re

from lib.outcome import Failure

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "production.md"


def commands(text):
    """What it has to be typed, in code blocks (without prompt and comment) or in its text."""
    found, inside = re.findall(r"`([^`\n]+)`", text), False
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside:
            line = line.removeprefix("$ ").partition(" #")[0].strip()
            found += [part.strip() for part in line.split("&&")]
    return found


def command(wanted):
    """The same, if the page says so; a page that has changed is followed, not remembered."""
    known = commands(PAGE.read_text(encoding="utf-8"))
    if wanted not in known:
        raise Failure(f"expected a command of {PAGE.name}, seen there: not '{wanted}'")
    return wanted
