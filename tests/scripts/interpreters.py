# SPDX-License-Identifier: BSD-2-Clause
"""Several interpreters in one thread, as mod_wsgi has them: each leaks when it is told to."""

import json
import os
import socket
import sys

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

kept = []
WITHIN = """
import socket
kept = []
def within():
    kept.append(socket.socket())
within()
import builtins
builtins.kept = kept
"""


def outside():
    kept.append(socket.socket())


# The second one never executes anything, and is asked first whether the thread is its own.
first, idle = interpreters.create(), interpreters.create()
print("ready", flush=True)
for line in sys.stdin:
    if line == "within\n":
        interpreters.run_string(first, WITHIN)
    else:
        outside()
    print("leaked", flush=True)
