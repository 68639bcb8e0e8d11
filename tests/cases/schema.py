# SPDX-License-Identifier: BSD-2-Clause
"""Every line of JSON that any case got agrees with the documented schema."""

import pathlib
import subprocess
import sys

from lib.outcome import Failure
from lib.registry import LAST, case


@case(stage=LAST)
def json_schema(bench):
    validator = pathlib.Path(__file__).parent.parent / "schema" / "validate.py"
    if not validator.exists():
        raise Failure(f"expected {validator}, seen: no such file")
    lines = [line for agent in bench.agents if agent.as_json for line in agent.lines]
    if not lines:
        agent = bench.agent("--duration", "2s")
        agent.wait_end()
        lines = agent.lines
    status, out, errors = run_validator(validator, "".join(lines))
    if status != 0:
        raise Failure(f"{len(lines)} lines, validate.py says {status}:\n{(out + errors)[-3000:]}")
    status, _, _ = run_validator(validator, '{"type":"leak"}\n')
    if status == 0:
        raise Failure("expected validate.py to refuse an empty leak, seen: exit 0")


def run_validator(validator, text):
    run = subprocess.run(
        [sys.executable, str(validator)], input=text, capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout, run.stderr
