# SPDX-License-Identifier: BSD-2-Clause
"""resolver: the child of an agent that unwinds and names its stacks."""

import pathlib


def resolver_of(agent):
    """Its pid, or None before there was a leak."""
    path = pathlib.Path(f"/proc/{agent.pid}/task/{agent.pid}/children")
    for pid in path.read_text().split():
        if b"--resolver" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return int(pid)
    return None
