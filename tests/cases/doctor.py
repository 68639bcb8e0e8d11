# SPDX-License-Identifier: BSD-2-Clause
"""sockleak doctor: what it finds on this host, and what for a user without rights."""

import json

from lib.cgroups import cgroup2_mount
from lib.outcome import Failure
from lib.registry import case

NAMES = {"pid-namespace", "capabilities", "lockdown", "btf", "descriptors", "programs", "kernel",
         "rights", "tracepoints", "cgroups", "bpffs", "textfile", "packages", "debuginfo"}


def examine(bench, wanted, *args, command=()):
    """Its findings by name, after a look at the exit status and at the answer in words."""
    command = [*command, bench.sockleak, "doctor", *map(str, args)]
    status, out, errors = bench.run(command=command + ["--json"])
    if out.count("\n") != 1 or not out.endswith("\n"):
        raise Failure(f"expected one line of JSON and nothing else, seen: {out!r}")
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


# name: (mounts in a namespace of the program's own, what is said of the tree, is it a part)
MOUNTS = {
    "a part elsewhere": ('mount --bind "$part" "$dir/a"', "{usual}", False),
    "all of it elsewhere": ('mount --bind "$usual" "$dir/a"', "{usual}", False),
    "a part hides it": (
        'mount --bind "$usual" "$dir/a" && mount --bind "$part" "$usual"', "{dir}/a", False),
    "a part is all there is": ('mount --bind "$part" "$usual"', "{usual}", True),
    "something else hides it": (
        'mount --bind "$usual" "$dir/a" && mount -t tmpfs none "$usual"', "{dir}/a", False),
}


@case
def doctor_finds_the_cgroups_of_the_host(bench):
    """Of several mounts of cgroup v2 the one that shows the host's tree, if it is in sight."""
    usual, part = cgroup2_mount(), bench.cgroups.make()
    (bench.directory / "a").mkdir()
    for name, (mounts, at, is_part) in MOUNTS.items():
        script = f'usual=$1 part=$2 dir=$3; shift 3; {mounts} || exit 99; exec "$@"'
        found = examine(bench, 0, command=["unshare", "--mount", "sh", "-c", script, "sh", usual, part,
                                           str(bench.directory)])["cgroups"]
        wanted = "v2 at " + at.format(usual=usual, dir=bench.directory)
        if found["finding"].split(",")[0] != wanted or (", a part" in found["finding"]) != is_part:
            raise Failure(f"{name}: expected {wanted!r}, a part: {is_part}; seen: {found}")
        if found["status"] != ("limited" if is_part else "ok"):
            raise Failure(f"{name}: seen: {found}")
