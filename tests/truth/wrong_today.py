# SPDX-License-Identifier: BSD-2-Clause
"""wrong_today: what sockleak says of a row today that is not right, and the fault.

row -> {field: (what it says, the fault)}. A row passes with exactly that, and fails when it
changes, for better or worse: who mends a fault takes its lines out of here, and `make truth-docs`
takes them out of docs/truth.md.
"""

END = "the outermost frame is not known as such"


def culprit(says, fault):
    return {"culprit": (says, fault)}


ONE = ("20 at 1 site", "functions of scripts are no part of a site")


WRONG = {
    "boost_context": {"end": ("copy", END)},
    "crystal": culprit("*Pool::open_one:Array(Socket+) (leak), leak.cr:*", "the name is the symbol's"),
    "fpc": culprit("LEAK.FILL (leak)*", "a function without a frame is passed over"),
    "java_perf_map": culprit("Java code", "a perf map does not know what is interpreted"),
    "python_two": {"told": ONE},
    "ruby_two": {"told": ONE},
    "node_two": {"told": ONE},
    "java_two": {**culprit("Java code", "a perf map does not know what is interpreted"), "told": ONE},
    "sbcl": {
        "frames": ("160 are missing", "a frame of each two calls is passed over"),
    },
}
