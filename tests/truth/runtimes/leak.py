# SPDX-License-Identifier: BSD-2-Clause
# Python: sockets that nobody closes, the calls in a function that is specialised as it runs.
import socket
import sys

kept = []


def open_one():
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))


def fill(count):
    for _ in range(count):
        open_one()


print("ready", flush=True)
sys.stdin.readline()
fill(20)
print("leaked 20", flush=True)
sys.stdin.read()
