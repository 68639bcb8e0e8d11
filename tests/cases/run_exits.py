# SPDX-License-Identifier: BSD-2-Clause
"""What `sockleak run` sees of a process that ends while something else looks at its sockets."""

from cases.run import judged, python
from lib.outcome import Failure
from lib.registry import case


@case
def run_judges_at_end(bench):
    """What sweeps have seen of a socket is no leak as long as its process may still close it."""
    _, summary, _ = judged(bench, "--interval", "10ms", command=python("""
        import socket, time
        kept = socket.socket()
        time.sleep(0.5)
        kept.close()
    """))
    if summary["total"]:
        raise Failure(f"expected no leak at any time, seen: {summary['total']}")
