# SPDX-License-Identifier: BSD-2-Clause
"""sockleak doctor: what it finds on this host, and what for a user without rights."""

import json

from lib.outcome import Failure
from lib.registry import case

NAMES = {"pid-namespace", "capabilities", "lockdown", "btf", "descriptors", "programs", "kernel",
         "rights", "tracepoints", "cgroups", "bpffs", "textfile", "packages", "debuginfo"}


def examine(bench, wanted, *args, command=()):
    """Its findings by name, after a look at the exit status and at the answer in words."""
    command = [*command, bench.sockleak, "doctor", *map(str, args)]
    status, out, errors = bench.run(command=command + ["--json"])
    told = json.loads(out)
    found = {finding["name"]: finding for finding in told["findings"]}
    if status != wanted or errors:
        raise Failure(f"expected {wanted}, seen {status}: {out} {errors}")
    status, out, errors = bench.run(command=command)
    answer = out.splitlines()[0]
    if answer.startswith("sockleak cannot run here") != (wanted == 3) or status != wanted:
        raise Failure(f"expected an answer that goes with {wanted}, seen {status}: {answer}")
    for name, finding in found.items():
        if f"{finding['status']:7}  {name:13}  " not in out:
            raise Failure(f"expected a line of {name}, seen: {out}")
    return found


@case
def doctor_of_a_host(bench):
    """It can run here: everything is looked at, and the programs are loaded for the answer."""
    found = examine(bench, 0, "--textfile", bench.directory / "x.prom")
    if set(found) != NAMES:
        raise Failure(f"expected {NAMES}, seen: {set(found)}")
    if "loaded and attached" not in found["programs"]["finding"]:
        raise Failure(f"expected the programs to be loaded, seen: {found['programs']}")
    if found["textfile"]["status"] != "ok":
        raise Failure(f"expected a directory that can be written to, seen: {found['textfile']}")


@case
def doctor_names_the_remedy(bench):
    """A directory that is missing, a name that nobody reads, a user without rights: exit 3."""
    found = examine(bench, 0, "--textfile", "/no/such/x.prom")
    if found["textfile"]["status"] != "limited" or "(" not in found["textfile"]["finding"]:
        raise Failure(f"expected cause and remedy, seen: {found['textfile']}")
    found = examine(bench, 0, "--textfile", bench.directory / "x.txt")
    if ".prom" not in found["textfile"]["finding"]:
        raise Failure(f"expected the name to be refused, seen: {found['textfile']}")
    found = examine(bench, 3, command=["setpriv", "--reuid", "65534", "--clear-groups"])
    if found["capabilities"]["status"] != "failed" or "CAP_BPF" not in found["capabilities"]["finding"]:
        raise Failure(f"expected the capabilities to be missing, seen: {found['capabilities']}")
    if found["rights"]["status"] != "limited" or "programs" in found:
        raise Failure(f"expected no rights, and no loading, seen: {found}")
