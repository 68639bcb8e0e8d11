# SPDX-License-Identifier: BSD-2-Clause
"""Every line of JSON that any case got agrees with the documented schema."""

import subprocess
import sys

from lib.outcome import Failure
from lib.registry import LAST, case
from lib.validation import VALIDATOR


@case(stage=LAST)
def json_schema(bench):
    validation = bench.validation
    if not validation.count:
        agent = bench.agent("--duration", "2s")
        agent.wait_end()
        validation.add("this case", agent.take_lines())
    status, out, errors = validation.finish()
    if status != 0:
        raise Failure(f"{validation.count} lines, validate.py says {status}:\n"
                      f"{(out + errors)[-3000:]}\n{validation.sources()}")
    refused = subprocess.run([sys.executable, str(VALIDATOR)], input='{"type":"leak"}\n', text=True,
                             capture_output=True, check=False)
    if refused.returncode != 1:
        raise Failure(f"expected validate.py to refuse an empty leak, seen: {refused}")
