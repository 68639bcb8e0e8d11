# SPDX-License-Identifier: BSD-2-Clause
"""One run of the cases at a time on a host.

Two would see each other's programs: they watch the whole host, and know a program by its
comm. A lock file would not do, since a run may be in a root of its own (tests/fresh/); the
names of abstract sockets are the network's, which such a run shares.
"""

import errno
import socket
import sys
import time

NAME = "\0sockleak's test cases"


def take():
    """Wait until no other run goes on. Closing the returned socket ends the turn."""
    turn = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    is_reported = False
    while True:
        try:
            turn.bind(NAME)
            turn.listen()  # one that is only bound would be a finding of every sockleak
            return turn
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        if not is_reported:
            print("tests/run.py: another run of the cases goes on on this host: waiting for its end"
                  " (--beside does not wait)", file=sys.stderr, flush=True)
            is_reported = True
        time.sleep(1)
