# SPDX-License-Identifier: BSD-2-Clause
# Python with uvloop: sockets that coroutines open and nobody closes.
import asyncio
import socket
import sys

import uvloop

kept = []


async def open_one():
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))


async def fill(count):
    for _ in range(count):
        await open_one()


print("ready", flush=True)
sys.stdin.readline()
uvloop.install()
asyncio.run(fill(20))
print("leaked 20", flush=True)
sys.stdin.read()
