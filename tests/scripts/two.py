# SPDX-License-Identifier: BSD-2-Clause
"""One of two scripts that are the same to the interpreter: the argument names its function.

For each line it makes so many sockets, and leaves them open, or closes them if the number is
negative; then it says "done".
"""

import socket
import sys

OPEN = []


def closes():
    socket.socket().close()


def first():
    OPEN.append(socket.socket())


def second():
    OPEN.append(socket.socket())


def main(leaks):
    for line in sys.stdin:
        count = int(line)
        function = closes if count < 0 else leaks
        for _ in range(abs(count)):
            function()
        print("done", flush=True)


main({"first": first, "second": second}[sys.argv[1]])
