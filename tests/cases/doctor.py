# SPDX-License-Identifier: BSD-2-Clause
"""sockleak doctor: what it finds on this host, and what for a user without rights."""

import json
import pathlib
import re

from lib import unit_file
from lib.cgroups import cgroup2_mount
from lib.hooks import KINDS, kinds_here
from lib.outcome import Failure
from lib.processes import copy_program
from lib.registry import case

NAMES = {"pid-namespace", "capabilities", "lockdown", "btf", "descriptors", "programs", "kernel",
         "rights", "hooks", "cgroups", "bpffs", "textfile", "packages", "debuginfo"}


def examine(bench, wanted, *args, command=()):
    """Its findings by name, after a look at the exit status and at the answer in words."""
    command = [*command, bench.sockleak, "doctor", *map(str, args)]
    status, out, errors = bench.run(command=command + ["--json"])
    if out.count("\n") != 1 or not out.endswith("\n"):
        raise Failure(f"expected one line of JSON and nothing else, seen: {out!r}")
    reported = json.loads(out)
    found = {finding["name"]: finding for finding in reported["findings"]}
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
    expect_reasons(bench, found)


def expect_reasons(bench, found):
    """The kind of hooks that `auto` takes, and of each that is better why it is not taken."""
    chosen = re.search(r" by ([a-z_.]+),", found["programs"]["finding"]).group(1)
    reported = found["hooks"]["finding"]
    better = KINDS[:KINDS.index(chosen)]
    if (not reported.startswith(f"{chosen}: sees ")
            or "cost for other system calls: " not in reported):
        raise Failure(f"expected {chosen}, what it sees and what it costs, seen: {reported}")
    is_explained = all(f" {kind}: " in reported for kind in better)
    if not is_explained or ("; not used: " in reported) != bool(better):
        raise Failure(f"expected why not {better}, seen: {reported}")
    if chosen not in kinds_here(bench) or [kind for kind in better if kind in kinds_here(bench)]:
        raise Failure(f"expected the first of {kinds_here(bench)}, seen: {reported}")


@case
def doctor_names_the_remedy(bench):
    """A directory that is missing, a name that nobody reads, a user without rights: exit 3."""
    found = examine(bench, 0, "--textfile", "/no/such/x.prom")
    if found["textfile"]["status"] != "limited" or "(" not in found["textfile"]["finding"]:
        raise Failure(f"expected cause and remedy, seen: {found['textfile']}")
    default = pathlib.Path("/var/lib/prometheus/node-exporter/sockleak.prom")
    found = examine(bench, 0, "--textfile", default)["textfile"]
    if not default.parent.exists() and (found["status"] != "ok" or "makes it" not in found["finding"]):
        raise Failure(f"expected what --check-config says of it, seen: {found}")
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
        if found["finding"].split(",")[0] != wanted or (", only a part" in found["finding"]) != is_part:
            raise Failure(f"{name}: expected {wanted!r}, a part: {is_part}; seen: {found}")
        if found["status"] != ("limited" if is_part else "ok"):
            raise Failure(f"{name}: seen: {found}")


# A host on which the unit is installed, and its user; perf_event_paranoid as Debian has it.
INSTALLED = """
set -e
mount -t tmpfs none /etc/systemd/system
cp "$1/sockleak.service" /etc/systemd/system
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/paranoid" /proc/sys/kernel/perf_event_paranoid
shift
exec "$@"
"""
USER = 64999


def installed(bench, name, change=lambda unit: unit):
    """The command line in front of one that runs there; and the binary for it."""
    directory = bench.directory / name
    directory.mkdir()
    (directory / "sockleak.service").write_text(change(unit_file.UNIT.read_text()))
    with open("/etc/passwd", encoding="utf-8") as passwd:
        (directory / "passwd").write_text(
            passwd.read() + f"sockleak:x:{USER}:{USER}::/nonexistent:/usr/sbin/nologin\n"
        )
    (directory / "paranoid").write_text("3\n")
    binary = copy_program(bench.sockleak, directory / "sockleak")  # where any user may go
    return ["unshare", "--mount", "--propagation", "slave", "sh", "-c", INSTALLED, "sh",
            str(directory)], binary


def of_service(bench, prefix, binary, *args, user=None):
    """What it finds of the service, by name; and its exit status."""
    command = [*prefix, *(["setpriv", "--reuid", str(user), "--clear-groups"] if user else []),
               binary, "doctor", *map(str, args)]
    status, out, errors = bench.run(command=command + ["--json"])
    if errors or len(out.splitlines()) != 1:
        raise Failure(f"expected one line, seen {status}: {out} {errors}")
    reported = json.loads(out)
    if ("findings" in reported) == ("--service" in args) or "service" not in reported:
        raise Failure(f"expected the service, and this shell unless --service, seen: {reported}")
    found = {finding["name"]: finding for finding in reported["service"]["findings"]}
    return found, status


@case
def doctor_of_the_service(bench):
    """From root's shell: tried with the unit's user and capabilities. They are enough."""
    prefix, binary = installed(bench, "doctor-service")
    found, status = of_service(bench, prefix, binary)
    if status or set(found) != NAMES | {"unit"}:
        raise Failure(f"expected exit 0 and {NAMES}, seen: {status}, {found}")
    lost = [name for name in ("capabilities", "rights", "programs", "unit")
            if found[name]["status"] != "ok"]
    if lost or "as the user sockleak" not in found["unit"]["finding"]:
        raise Failure(f"expected the unit's rights to be enough, seen: {found}")
    # Not root's: a directory that only root may write to.
    directory = bench.directory / "roots-own"
    directory.mkdir(mode=0o755)
    text = bench.run(command=[*prefix, binary, "doctor"])[1]
    findings = [line for line in text.splitlines() if line and "can run here" not in line]
    if len(set(findings)) != len(findings) or " more as above" not in findings[-1]:
        raise Failure(f"expected no finding twice, and how many were the same, seen: {text}")
    found, status = of_service(bench, prefix, binary, "--service", "--textfile",
                               directory / "x.prom")
    if status or found["textfile"]["status"] != "limited":
        raise Failure(f"expected that it cannot write there, seen: {found['textfile']}")
    found, status = of_service(bench, prefix, binary, "--service", "--pin", "/sys/fs/bpf")
    if "ReadWritePaths=" not in found["sandbox"]["finding"]:
        raise Failure(f"expected word of the unit's sandbox, seen: {found}")


@case
def doctor_of_a_poor_service(bench):
    """What the unit lacks is said, from any shell."""
    prefix, binary = installed(
        bench, "doctor-poor",
        lambda unit: unit.replace(" CAP_SYS_ADMIN", "").replace("CAP_BPF ", ""),
    )
    for user in (None, 65534):
        found, status = of_service(bench, prefix, binary, "--service", user=user)
        if status != 3 or "CAP_BPF" not in found["capabilities"]["finding"]:
            raise Failure(f"expected exit 3 for want of CAP_BPF, seen: {status}, {found}")
    expect_hooks(found)


@case
def doctor_counts_what_the_service_keeps(bench):
    """CAP_SYS_ADMIN would do for files of replaced stacks, and is given up."""
    prefix, binary = installed(
        bench, "doctor-keeps", lambda unit: unit.replace(" CAP_CHECKPOINT_RESTORE", ""),
    )
    for user in (None, 65534):
        found, status = of_service(bench, prefix, binary, "--service", user=user)
        if status or "CAP_CHECKPOINT_RESTORE" not in found["rights"]["finding"]:
            raise Failure(f"expected that CAP_CHECKPOINT_RESTORE is missing, seen: {found}")


def expect_hooks(found):
    """From the shell of a user, where perf_event_paranoid is 3 and CAP_SYS_ADMIN missing."""
    if found["programs"]["status"] != "unknown":
        raise Failure(f"expected that only root can tell, seen: {found['programs']}")
    if found["hooks"]["status"] != "limited" or "CAP_SYS_ADMIN" not in found["hooks"]["finding"]:
        raise Failure(f"expected that tracepoints may be refused, seen: {found['hooks']}")
