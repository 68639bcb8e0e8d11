# SPDX-License-Identifier: BSD-2-Clause
"""tests/layout.sh: each rule of the source is broken once, in a copy, and must be reported."""

import pathlib
import shutil

from lib.outcome import Failure
from lib.registry import case

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
PARTS = ("bpf", "docs", "findings", "include", "mk", "packaging", "tests", "tools", "user",
         "Makefile", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", ".clang-format")
LICENCE = "/* SPDX-License-Identifier: BSD-2-Clause */\n"

# File -> what is added to it; a new file if there is none.
CHANGES = {
    "include/broken.h": LICENCE + "#include <stdio.h>\n",
    "include/sockleak.h": "long broken;\n",
    "bpf/broken.bpf.h": LICENCE + "#include <stdio.h>\n",
    "bpf/sockleak.bpf.c": "int broken = bpf_map_update_elem(&calls, &key, &value, 0);\n",
    # Of another module's kind, by each of these lines; and neither formatted nor licensed.
    "user/leaks/broken.c": '#include <bpf/libbpf.h>\n#include <fcntl.h>\n#include "lib/log.h"\n'
                           "struct twice {\n  int  member;\n};\nint twice(void)\n{\n}\n"
                           f"/* {'long ' * 20}*/\nint now = time(NULL);\n",
    "user/report/broken.c": LICENCE + '#include "sockleak.skel.h"\n#include "beside.h"\n',
    "user/nowhere/broken.c": LICENCE + '#include "lib/text.h"\n',
    "user/lib/broken.c": LICENCE + '#include "commands/scan.h"\nstruct twice {\n};\n'
                         "int twice(void)\n{\n}\n" + "\n" * 500,
    "user/lib/circle.h": LICENCE + '#include "lib/other_circle.h"\n',
    "user/lib/other_circle.h": LICENCE + '#include "lib/circle.h"\n',
    "user/host/untested.h": LICENCE,
    "user/host/untested.c": LICENCE,
    "tests/fuzz/fuzz_broken.c": LICENCE,
    "tests/fuzz/corpus/broken_too/input": "",
    "tests/unit/broken.c": LICENCE + f"/* {'long ' * 20}*/\n" + "\n" * 500,
    "tools/broken.c": LICENCE + "int  spaces;\n",
    "tests/cases/broken.py": "# SPDX-License-Identifier: BSD-2-Clause\n\nimport os\n",
    "docs/broken.md": f"| {'a wide table ' * 9}|\n{'Too long. ' * 11}\n"
                      "There is no fault.\nA row is no table.\nHe was told so. Of three one is "
                      "left.\n",
    "README.md": "\n" * 131,
    "mk/broken.mk": "# SPDX-License-Identifier: BSD-2-Clause\n.PHONY: unheard-of run-unheard-of\n",
    "tests/broken.py": "# SPDX-License-Identifier: BSD-2-Clause\n" + "\n" * 500,
    **{f"user/report/json/{number}.txt": "" for number in range(31)},
}

# File -> how a line in it begins, and what is written in its place.
REPLACED = {"docs/design.md": ("| `lib` |", "| `lib` |  |\n| `not/there` |")}

# Rule, as layout.sh names it -> what its report must name, each way to break it.
RULES = {
    "include/ includes linux/types.h alone": "include/broken.h",
    "only user/kernel/ includes libbpf or a skeleton": ("user/leaks/broken.c:1:",
                                                        "user/report/broken.c:2:"),
    "includes of user/ run one way, from folder to folder": (
        "user/lib/broken.c:2:", "user/nowhere/broken.c: its folder is not in the list",
        "user/report/broken.c:3:"),
    "no headers include each other": "lib/circle.h",
    "a folder of user/ has 5 to 30 files": "user/report/json: ",
    "bpf/ includes vmlinux.h, include/ and libbpf's headers alone": "bpf/broken.bpf.h",
    "leaks/ and report/ open no files and ask no clock": ("user/leaks/broken.c:2:",
                                                          "user/leaks/broken.c:11:"),
    "programs leave maps to their headers": "bpf_map_update_elem",
    "the contract has fixed-width members alone": "long broken",
    "only main, commands/ and watch/ log": "user/leaks/broken.c",
    "lines have at most 100 columns": ("user/leaks/broken.c:10", "tests/unit/broken.c:2"),
    "files have at most 500 lines": "user/lib/broken.c: ",
    "a module of leaks/, report/, options/ and host/ has a unit test": "user/host/untested.h",
    "files of tests/ have at most 500 lines": ("tests/broken.py: ", "tests/unit/broken.c: "),
    "lines of documents have at most 100 columns": "docs/broken.md:2",
    "README.md has at most 130 lines": "README.md: ",
    "docs/design.md has the folders of user/, in their order": "docs/design.md: not/there",
    "prose has the words of the field": ("docs/broken.md:4:", "docs/broken.md:5:"),
    "no sentence begins with 'Of'": "docs/broken.md:5:",
    "a header opens with its name and what it is": "user/host/untested.h",
    "a test opens with what it tests": ("tests/fuzz/fuzz_broken.c", "tests/cases/broken.py"),
    "make help has the targets of a person": "unheard-of",
    "every file names its licence": "user/leaks/broken.c",
    "a function's name is of one function": "twice: ",
    "a struct's name is of one struct": "struct twice {",
    "every fuzz target has a corpus, every corpus a target": ("fuzz_broken.c",
                                                              "tests/fuzz/corpus/broken_too"),
    "code is as clang-format 14 has it": ("user/leaks/broken.c:", "tools/broken.c:"),
}


def broken_copy(bench):
    copy = bench.directory / "layout"
    copy.mkdir()
    for part in PARTS:
        if (SOURCE / part).is_dir():
            shutil.copytree(SOURCE / part, copy / part, symlinks=True)
        else:
            shutil.copy(SOURCE / part, copy)
    for name, text in CHANGES.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        with open(copy / name, "a", encoding="utf-8") as file:
            file.write(text)
    for name, (line, other) in REPLACED.items():
        text = (copy / name).read_text(encoding="utf-8")
        if text.count("\n" + line) != 1:
            raise Failure(f"expected one line of {name} to begin so: {line}")
        (copy / name).write_text(text.replace(line, other), encoding="utf-8")
    return copy


def reports(output):
    """Rule -> the lines of its report; None for one that is kept, "skipped" for one left out."""
    found, rule = {}, None
    for line in output.splitlines():
        words = line.split(" - ", 1)
        if words[0].startswith("not ok "):
            rule = words[1]
            found[rule] = []
        elif words[0].startswith("ok "):
            name, _, skip = words[1].partition(" # SKIP")
            found[name] = "skipped" if skip else None
        elif line.startswith("# "):
            found[rule].append(line[2:])
    return found


@case
def layout_rules(bench):
    copy = broken_copy(bench)
    _, out, _ = bench.run(command=["sh", str(copy / "tests" / "layout.sh")], timeout=120)
    found = reports(out)
    if set(found) != set(RULES):
        raise Failure(f"expected each rule to be broken here, seen: {set(found) ^ set(RULES)}")
    for rule, parts in RULES.items():
        for part in [parts] if isinstance(parts, str) else parts:
            if found[rule] != "skipped" and not any(part in line for line in found[rule] or ()):
                raise Failure(f"expected '{rule}' to name {part}, seen: {found[rule]}")
