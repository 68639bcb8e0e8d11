# SPDX-License-Identifier: BSD-2-Clause
"""trixie: rows of Debian 12 again with Debian 13's versions, where these are others in kind.

They run in a root directory of their own, which root.sh makes.
"""

import dataclasses

from truth import managed, native
from truth.row import Row

AGAIN = (
    "c", "cpp", "fortran", "musl", "musl_static", "asan", "tsan", "boost_context", "nspr", "apr",
    "libuv", "libcurl", "libevent", "go", "go_two", "go_stripped", "go_cgo", "gccgo", "rust",
    "ocaml", "ada", "gdc", "ldc", "ghc", "crystal", "fpc", "cobol", "python", "python_two",
    "python_bind_failed", "python_gevent", "python_uvloop", "pypy", "ruby", "perl", "php", "lua",
    "luajit", "tcl", "r", "octave", "prolog", "guile", "node", "node_two", "java", "mono",
    "erlang", "sbcl", "racket",
)  # fmt: skip

NEW = [
    Row("python_perf", "Python, -X perf", "exec /usr/bin/python3 -X perf $S/leak.py",
        culprit="open_one (Python), leak.py:10", caller="fill (Python)"),
    Row("python_perf_two", "Python, -X perf, two leaks",
        "exec /usr/bin/python3 -X perf $S/leak.py two", sockets="20 at 2 sites",
        culprit="open_one (Python), leak.py:10 | open_other (Python), leak.py:14",
        caller="fill (Python)"),
    Row("ruby_yjit", "Ruby, YJIT", "exec ruby --yjit --yjit-call-threshold=3 $S/leak.rb",
        culprit=managed.OPEN_RB, caller=managed.FILL_RB),
]  # fmt: skip


# What is right there and not in Debian 12.
OTHERWISE = {
    "r": {"end": "outermost"},  # its stack is smaller
    "ocaml": {"end": "other_stack"},  # OCaml 5 runs C on another stack than its own
}


def in_suite(row):
    own = {"name": f"{row.name}_trixie", "what": f"{row.what}, Debian 13", "suite": "trixie"}
    return dataclasses.replace(row, **own, **OTHERWISE.get(row.name, {}))


def chosen():
    by_name = {row.name: row for row in native.ROWS + managed.ROWS}
    return [by_name[name] for name in AGAIN] + NEW


ROWS = [in_suite(row) for row in chosen()]
