# SPDX-License-Identifier: BSD-2-Clause
# Python: sockets that are kept after their bind failed.
import socket
import sys

kept = []


def open_one():
    created = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    kept.append(created)
    try:
        created.bind(("192.0.2.1", 0))  # an address of documentation: nobody has it
    except OSError:
        pass


def fill(count):
    for _ in range(count):
        open_one()


print("ready", flush=True)
sys.stdin.readline()
fill(20)
print("leaked 20", flush=True)
sys.stdin.read()
