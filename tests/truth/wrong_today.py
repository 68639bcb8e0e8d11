# SPDX-License-Identifier: BSD-2-Clause
"""wrong_today: what sockleak says of a row today that is not right, and the fault.

row -> {field: (what it says, the fault)}; None where a row of another suite of Debian's is right
and the one that it repeats is not. A row passes with exactly that, and fails when it
changes, for better or worse: who mends a fault takes its lines out of here, and `make truth-docs`
takes them out of docs/truth.md.
"""

OCAML_5 = "the stack of OCaml 5 is not the one of C, and is not copied"


def culprit(says, fault):
    return {"culprit": (says, fault)}


WRONG = {
    # Debian 13, where it differs.
    "ocaml_trixie": {
        **culprit("caml_unix_socket (leak)", OCAML_5),
        "caller": ("nobody", OCAML_5),
    },
}
