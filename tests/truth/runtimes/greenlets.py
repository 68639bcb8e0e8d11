# SPDX-License-Identifier: BSD-2-Clause
# Python with gevent: each socket is opened in a greenlet of its own.
import sys

import gevent
import gevent.socket

kept = []


def open_one():
    kept.append(gevent.socket.socket(gevent.socket.AF_INET, gevent.socket.SOCK_STREAM))


def fill(count):
    gevent.joinall([gevent.spawn(open_one) for _ in range(count)])


print("ready", flush=True)
sys.stdin.readline()
fill(20)
print("leaked 20", flush=True)
sys.stdin.read()
