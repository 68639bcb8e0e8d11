# SPDX-License-Identifier: BSD-2-Clause
"""control: a program that does leak. Where it is not found, silence about others proves nothing."""

import sys

from catalog import program

LEAKS = 4
SCRIPT = f"""
import socket, time
kept = []
for _ in range({LEAKS}):
    kept.append(socket.socket())
    time.sleep(1)
print("leaked", flush=True)
time.sleep(3600)
"""


@program(version=[sys.executable, "--version"], leaks=LEAKS)
def control(stage):
    """Leaks sockets, on purpose."""
    leaker = stage.start(sys.executable, "-c", SCRIPT)
    stage.wait_for(lambda: "leaked" in stage.output(leaker), "the leaks")
    stage.ready()
    return "leaks on purpose: these must be found"
