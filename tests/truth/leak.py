# SPDX-License-Identifier: BSD-2-Clause
# Python: leaks through a method, a comprehension and a C function that calls back.
import socket
import sys


class Pool:
    def open(self):
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def fill(self, count):
        return [self.open() for _ in range(count)]


print("ready", flush=True)
sys.stdin.readline()
kept = Pool().fill(1)
kept += sorted([2], key=lambda _: kept.append(Pool().open()) or 0)
print("leaked 2", flush=True)
sys.stdin.read()
