# SPDX-License-Identifier: BSD-2-Clause
"""Leaks sockets out of all kinds of functions, and says which functions at which lines those were.

Waits for a line on stdin first. Then one line of JSON for each socket: its inode, and the frames as
the interpreter itself has them, the innermost first. Ends with its stdin. Runs on Python 3.8 too.
"""

import asyncio
import functools
import gc
import json
import os
import socket
import sys
import threading

kept = []
# The code is kept as well: of code that is gone nobody knows the names.
executed = compile("leak('exec')", "<string>", "exec")
evaluated = compile("leak('eval')", "<string>", "eval")


def frames():
    """Those of the caller: [function, file, line]."""
    found, frame = [], sys._getframe(1)
    while frame:
        code = frame.f_code
        found.append([getattr(code, "co_qualname", code.co_name), code.co_filename, frame.f_lineno])
        frame = frame.f_back
    return found


def leak(case):
    made, where = socket.socket(), frames()  # both in one line
    kept.append(made)
    inode = os.fstat(made.fileno()).st_ino
    os.write(1, (json.dumps({"case": case, "inode": inode, "frames": where}) + "\n").encode())


class Base:
    def method(self):
        leak("method")

    @classmethod
    def of_class(cls):
        leak("class method")

    @staticmethod
    def static():
        leak("static method")

    @property
    def attribute(self):
        leak("property")
        return 1

    def __call__(self):
        leak("call of an object")

    def __enter__(self):
        leak("enter")

    def __exit__(self, *_):
        leak("exit")

    def __getattr__(self, name):
        leak("getattr")
        return name

    def __lt__(self, other):
        leak("comparison in C")
        return True


class Derived(Base):
    def method(self):
        super().method()


def closure():
    def inner():
        return (lambda: leak("closure"))()

    inner()


def generator():
    yield 1
    leak("generator")
    yield 2


def delegating():
    yield from generator()


def recursive(depth):
    if depth:
        recursive(depth - 1)
    else:
        leak("recursion")


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@decorated
@decorated
def with_decorators():
    leak("decorators")


def over_lines():
    return max(
        [1, 2],
        key=lambda number: (
            number
            and leak("call over lines")
            or 0
        ),
    )


def in_handler():
    try:
        raise ValueError
    except ValueError:
        leak("handler")
    finally:
        leak("finally")


async def awaited():
    await asyncio.sleep(0)
    leak("coroutine")


async def gather():
    await asyncio.gather(awaited(), awaited())


def in_thread():
    thread = threading.Thread(target=lambda: leak("thread"))
    thread.start()
    thread.join()


def beside_threads():
    """The main thread is the last of the list then."""
    done = threading.Event()
    threads = [threading.Thread(target=done.wait) for _ in range(40)]
    for thread in threads:
        thread.start()
    leak("beside threads")
    done.set()
    for thread in threads:
        thread.join()


def in_child():
    pid = os.fork()
    if not pid:
        leak("fork")
        sys.stdin.readline()
        os._exit(0)


def at_the_end():
    class Dying:
        def __del__(self):
            leak("destructor")

    dying = Dying()
    del dying
    gc.collect()


def in_greenlets():
    try:
        import greenlet
    except ImportError:
        return
    other = greenlet.greenlet(lambda: leak("greenlet"))
    other.switch()


def by_ctypes():
    try:
        import ctypes
    except ImportError:
        return
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
    kind(lambda number: leak("called by C") or 0)(1)


def long_function():
    number = 0
    # the line is more than 127 away from the function's
    number += 0
    number += 1
    number += 2
    number += 3
    number += 4
    number += 5
    number += 6
    number += 7
    number += 8
    number += 9
    number += 10
    number += 11
    number += 12
    number += 13
    number += 14
    number += 15
    number += 16
    number += 17
    number += 18
    number += 19
    number += 20
    number += 21
    number += 22
    number += 23
    number += 24
    number += 25
    number += 26
    number += 27
    number += 28
    number += 29
    number += 30
    number += 31
    number += 32
    number += 33
    number += 34
    number += 35
    number += 36
    number += 37
    number += 38
    number += 39
    number += 40
    number += 41
    number += 42
    number += 43
    number += 44
    number += 45
    number += 46
    number += 47
    number += 48
    number += 49
    number += 50
    number += 51
    number += 52
    number += 53
    number += 54
    number += 55
    number += 56
    number += 57
    number += 58
    number += 59
    number += 60
    number += 61
    number += 62
    number += 63
    number += 64
    number += 65
    number += 66
    number += 67
    number += 68
    number += 69
    number += 70
    number += 71
    number += 72
    number += 73
    number += 74
    number += 75
    number += 76
    number += 77
    number += 78
    number += 79
    number += 80
    number += 81
    number += 82
    number += 83
    number += 84
    number += 85
    number += 86
    number += 87
    number += 88
    number += 89
    number += 90
    number += 91
    number += 92
    number += 93
    number += 94
    number += 95
    number += 96
    number += 97
    number += 98
    number += 99
    number += 100
    number += 101
    number += 102
    number += 103
    number += 104
    number += 105
    number += 106
    number += 107
    number += 108
    number += 109
    number += 110
    number += 111
    number += 112
    number += 113
    number += 114
    number += 115
    number += 116
    number += 117
    number += 118
    number += 119
    number += 120
    number += 121
    number += 122
    number += 123
    number += 124
    number += 125
    number += 126
    number += 127
    number += 128
    number += 129
    number += 130
    number += 131
    number += 132
    number += 133
    number += 134
    number += 135
    number += 136
    number += 137
    number += 138
    number += 139
    leak("long function")
    return number


def ünïcode_名前():
    leak("not ASCII")


def main():
    Derived().method()
    Base.of_class()
    Base.static()
    Base().attribute
    Base()()
    with Base():
        pass
    Base().missing
    sorted([Base(), Base()])
    closure()
    list(delegating())
    recursive(200)
    with_decorators()
    over_lines()
    in_handler()
    [leak("comprehension") for _ in range(1)]
    list(map(leak, ["map"]))
    functools.partial(leak, "partial")()
    exec(executed)
    eval(evaluated)
    asyncio.run(gather())
    in_thread()
    beside_threads()
    at_the_end()
    in_greenlets()
    by_ctypes()
    long_function()
    ünïcode_名前()
    in_child()


sys.stdin.readline()
main()
os.write(1, b"{}\n")
sys.stdin.readline()
