# SPDX-License-Identifier: BSD-2-Clause
"""docs/recipes.md: its jq lines are run on what sockleak writes, its metrics are in metrics.md."""

import pathlib
import re
import subprocess

from lib.outcome import Failure
from lib.registry import case

DOCS = pathlib.Path(__file__).parents[2] / "docs"


@case
def recipes_jq(bench):
    """Each jq line runs, and answers its question for a program whose connections fail."""
    lines = re.findall(r"^jq .*$", (DOCS / "recipes.md").read_text(encoding="utf-8"), re.M)
    if len(lines) < 5:
        raise Failure(f"expected five jq lines in recipes.md, seen: {lines}")
    leaks = bench.directory / "leaks.jsonl"
    program = bench.program(str(bench.copy("connect_refused", "recipes")))
    status, _, errors = bench.run(
        "--json", "--older-than", "0", "--pid", program.pid, "--duration", "1s", "--output", leaks)
    program.end()
    if status:
        raise Failure(f"expected exit 0, seen {status}: {errors}")
    wanted = [r"recipes\t(connect_failed|unknown_origin)", "", "", "", "true"]
    for line, expected in zip(lines, wanted + [""] * len(lines)):
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True,
                              text=True, check=False, cwd=bench.directory)
        if done.returncode or done.stderr or not re.search(expected, done.stdout):
            raise Failure(f"expected an answer with '{expected}' to {line}, seen: {done}")


@case
def recipes_metrics(bench):
    """The metrics of the recipes are those that metrics.md describes."""
    del bench
    text = (DOCS / "metrics.md").read_text(encoding="utf-8")
    known = {f"sockleak_{name}" for name in re.findall(r"^\| `([a-z_]+)` \|", text, re.M)}
    used = set(re.findall(r"\b(sockleak_[a-z_]+)", (DOCS / "recipes.md").read_text("utf-8")))
    if not used or used - known:
        raise Failure(f"expected metrics of metrics.md, seen: {sorted(used - known)}")
