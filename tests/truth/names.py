# SPDX-License-Identifier: BSD-2-Clause
"""names: are two names of a function the same?

A debugger takes names from DWARF or from any of the symbols at an address, sockleak
from the symbol table; both demangle. So parameters, template arguments, clone suffixes
and versions are left out, and two symbols that begin at one address are one function.
"""

import re
import subprocess
import threading

DEBUG_DIR = "/usr/lib/debug/.build-id"


def without_brackets(name, opening, closing):
    """Without what stands between (nested) brackets; an operator's name is no bracket."""
    kept, depth = [], 0
    operators = r"operator(<=>|<<=?|>>=?|->\*?|<=?|>=?|\(\))"
    name = re.sub(operators, lambda found: "operator" + found[1].encode().hex(), name)
    for char in name.replace("->", "\0"):
        if char == opening:
            depth += 1
        elif char == closing and depth:
            depth -= 1
        elif not depth:
            kept.append(char)
    return "".join(kept).replace("\0", "->")


def without_self(name):
    """<Type as Trait>::method: Trait::method; Rust's newer names have <Type>::method, too."""
    depth, cut = 0, None
    if not name.startswith("<"):
        return name
    for at, char in enumerate(name):
        if name.startswith(" as ", at) and depth == 1:
            cut = at + len(" as ")
        elif char == ">" and name[at - 1] != "-":
            depth -= 1
            if not depth:
                return name[cut or 1 : at] + name[at + 1 :]
        depth += char == "<"
    return name


def normal(name):
    name = re.sub(r" \[clone [^]]*\]", "", name)
    name = name.replace("(anonymous namespace)", "{anonymous}")
    name = re.sub(r"@plt$|@@?[A-Z][\w.]*$", "", name)
    name = re.sub(r"\.(cold|part|constprop|isra|lto_priv|llvm|localalias)(\.\d+)*", "", name)
    name = re.sub(r"^__(\w+)_MOD_(\w+)$", r"\1::\2", name)  # gfortran's, of a module
    name = re.sub(r"::h[0-9a-f]{16}$", "", name)  # rustc's hash
    name = re.sub(r"\{\{closure\}\}|\{closure[^}]*\}", "{closure}", name)
    # <impl Trait for Type>::method and Type::method are the same to Rust's DWARF
    name = without_self(name)
    name = re.sub(r"\{impl#\d+\}", "", name)
    name = re.sub(r"\.\(\*(\w+)\)", r".*\1", name)  # a method of Go's
    name = without_brackets(name, "(", ")")
    name = without_brackets(name, "<", ">")
    name = re.sub(r"^\*(?=[A-Z])(.*?)(?<!:):(?!:)\w*.*$", r"\1", name)  # Crystal's *f:Result
    name = re.sub(r" const$|\[abi:\w+\]", "", name)
    name = re.sub(r"(::)+", "::", name).strip().strip(":")
    # a template's name begins with the type that it returns
    return name if "operator" in name else name.rpartition(" ")[2]


def last_part(name):
    return normal(name).rpartition("::")[2]


def is_encoded(symbol, name):
    """Is a symbol that gdb shows as it stands one of this name, as its language encodes it?

    OCaml: camlStdlib__List__iter_81, Stdlib.List.iter; Nim: fill__pool_17, pool.fill.
    """
    words = re.split(r"__|_\d+$", re.sub(r"^caml(?=[A-Z])", "", symbol))
    return set(name.split(".")) <= set(words) | {re.sub("^pure[A-Z]", "", word) for word in words}


def places_of(path, build_id):
    """Where the functions of a file begin: name -> values, by it and its debug file."""
    places = {}
    files = [path, f"{DEBUG_DIR}/{build_id[:2]}/{build_id[2:]}.debug"] if build_id else [path]
    run = subprocess.run(
        ["readelf", "-sW", *files], capture_output=True, text=True, check=False, errors="replace"
    )
    for line in run.stdout.splitlines():
        words = line.split(None, 7)
        if len(words) == 8 and words[3] in ("FUNC", "NOTYPE", "IFUNC") and words[6] != "UND":
            places.setdefault(words[7].partition("@")[0], set()).add(int(words[1], 16))
    return places


_known = {}
_lock = threading.Lock()


def aliases(path, build_id, one, other):
    """Do two names belong to symbols that begin at one address?"""
    with _lock:
        key = build_id or path
        places = _known.get(key) or _known.setdefault(key, places_of(path, build_id))
    return bool(places.get(one, set()) & places.get(other, set()))
