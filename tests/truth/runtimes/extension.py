# SPDX-License-Identifier: BSD-2-Clause
# Python: ctypes calls the library of extension.c, which opens the sockets.
import ctypes
import os
import sys

library = ctypes.CDLL(os.environ["O"] + "/libtransport.so")

print("ready", flush=True)
sys.stdin.readline()
for _ in range(20):
    library.transport_open()
print("leaked 20", flush=True)
sys.stdin.read()
