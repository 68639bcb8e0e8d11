#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Become a command, of which nothing is left when it has ended: lib/guard.py.

    tests/guarded.py COMMAND [ARGUMENT]...
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from lib import guard  # noqa: E402

if __name__ == "__main__":
    guard.begin()
    os.execvp(sys.argv[1], sys.argv[1:])
