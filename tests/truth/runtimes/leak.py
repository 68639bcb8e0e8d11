# SPDX-License-Identifier: BSD-2-Clause
# Python: sockets that nobody closes; with an argument, half of them by another function.
import socket
import sys

kept = []


def open_one():
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))


def open_other():
    kept.append(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))


def fill(count):
    for number in range(count):
        if number % 2 and sys.argv[1:]:
            open_other()
        else:
            open_one()


print("ready", flush=True)
sys.stdin.readline()
fill(20)
print("leaked 20", flush=True)
sys.stdin.read()
