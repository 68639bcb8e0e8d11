# SPDX-License-Identifier: BSD-2-Clause
"""The agent as packaging/systemd runs it: a user of its own with five capabilities."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys

from lib import unit_file
from lib.cgroups import inside
from lib.outcome import Failure
from lib.processes import copy_program
from lib.registry import case
from lib.resolver import resolver_of
from lib.service import Service, preloaded

USER = 64999  # of nobody, and not the resolver's
BITS = {"bpf": 39, "perfmon": 38, "sys_ptrace": 19, "dac_read_search": 2,
        "checkpoint_restore": 40, "sys_admin": 21}  # linux/capability.h

# The unit's file system, as systemd 252 makes it: bpffs read-only, but for the one directory. And
# Debian's value of the sysctl, for whoever reads it; tests/library/debian.c is what obeys it.
SANDBOX = """
set -e
mount --bind "$1/pins/sockleak" "$1/pins/sockleak"
mount -o remount,bind,ro "$1/pins"
[ -d /sys/kernel/tracing/events ] || mount -t tracefs nodev /sys/kernel/tracing
mount --bind "$1/paranoid" /proc/sys/kernel/perf_event_paranoid
shift
exec "$@"
"""


def unprivileged(capabilities):
    """The command line in front of it: as systemd has it with User= and both sets limited."""
    given = "".join(f",+{name}" for name in capabilities)
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs"] + [
        f"--{kind}=-all{given}" for kind in ("bounding-set", "inh-caps", "ambient-caps")
    ]


@contextlib.contextmanager
def host_of_debian(bench, name):
    """A directory with a bpffs in it, prepared as the unit does, and all that SANDBOX needs."""
    directory = bench.directory / name
    (directory / "pins").mkdir(parents=True)
    os.chown(directory, USER, USER)
    (directory / "paranoid").write_text("3\n")
    done = subprocess.run(["mount", "-t", "bpf", "-o", "mode=0755", "bpf", directory / "pins"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"expected that a bpffs can be mounted, seen: {done.stderr.strip()}")
    try:
        (directory / "pins/sockleak").mkdir(mode=0o700)
        os.chown(directory / "pins/sockleak", USER, USER)
        yield directory
    finally:
        subprocess.run(["umount", "-l", directory / "pins"], check=False)


def start(bench, directory, capabilities, *args):
    """An agent with these capabilities on such a host."""
    binary = copy_program(bench.sockleak, directory / "sockleak")  # where USER may go
    library = directory / "libdebian.so"  # not one for all cases: it may be mapped by now
    shutil.copy(pathlib.Path(bench.options.programs).parent / "library/libdebian.so", library)
    return Service(
        bench,
        ("--older-than", "500ms", "--interval", "100ms", "--write-interval", "100ms", *args),
        environment=preloaded(library),
        wrapper=["unshare", "--mount", "--propagation", "slave", "sh", "-c", SANDBOX, "sh",
                 str(directory), *unprivileged(capabilities), binary],
    )


def effective(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return {line.split(":")[0]: int(line.split()[1], 16) for line in status
                if line.startswith("Cap")}


def mask(capabilities):
    return sum(1 << BITS[name] for name in capabilities)


def expect_rights(service, capabilities):
    """It has these, can get no other, and so has what it started."""
    sets = effective(service.pid)
    wanted = mask(capabilities)
    for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
        if sets[name] != wanted:
            raise Failure(f"expected {name} of {wanted:x}, seen: {sets}")
    with open(f"/proc/{service.pid}/status", encoding="ascii") as status:
        if not any(line.split() == ["NoNewPrivs:", "1"] for line in status):
            raise Failure("expected no new privileges")


def expect_resolver_without_rights(service):
    """It has the agent's user here, so its filter of system calls has to keep it from the agent.

    The bounding set stays: emptying it takes CAP_SETPCAP. No program gives anything of it.
    """
    text = pathlib.Path(f"/proc/{resolver_of(service)}/status").read_text(encoding="utf-8")
    status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    held = {name: status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")
            if int(status[name], 16)}
    if held or status["NoNewPrivs"] != "1" or status["Seccomp"] != "2":
        raise Failure(f"expected no right, seen: {held}, {status}")


def expect_hooks(service, textfile, wanted):
    ((_, labels, _),) = service.metrics(textfile, "sockleak_build_info")
    if labels["hooks"] != wanted:
        raise Failure(f"expected hooks by {wanted}, seen: {labels}, {service.lines}")


@case
def agent_has_few_rights(bench):
    """Of other users' processes it has stacks, names, units and descriptors all the same.

    With the unit's user and capabilities, where perf_event_paranoid is 3 as Debian has it: by
    the cheap hooks, with what it knows pinned, and without CAP_SYS_ADMIN once they are open.
    """
    with host_of_debian(bench, "rights") as directory:
        few_rights(bench, directory)


def few_rights(bench, directory):
    textfile = directory / "sockleak.prom"
    capabilities = unit_file.capabilities()
    service = start(bench, directory, capabilities, "--comm", "fewrights", "--textfile", textfile,
                    "--pin", directory / "pins/sockleak")
    service.wait_for(lambda s: s.was_notified("READY=1"), "READY=1")
    expect_rights(service, set(capabilities) - {unit_file.GIVEN_UP})
    expect_hooks(service, textfile, "tracepoint")
    if service.value(textfile, "sockleak_pin_refused") != 0:
        raise Failure(f"expected it to be pinned, seen: {service.lines}")
    if sum("CAP_SYS_ADMIN" in line for line in service.lines) != 1:
        raise Failure(f"expected one line on what is given up, seen: {service.lines}")
    cgroup = bench.cgroups.make(name=f"fewrights-{os.getpid()}.service")
    program = bench.program(str(bench.copy("growing", "fewrights")), 10, inside=inside(cgroup))
    service.wait_for(lambda s: s.value(textfile, "sockleak_leaked_sockets", comm="fewrights") == 10,
                     "10 leaked")
    ((_, labels, _),) = service.metrics(textfile, "sockleak_leaked_sockets")
    if labels["unit"] != os.path.basename(cgroup) or labels["scope"] != "unit":
        raise Failure(f"expected the unit, seen: {labels}")
    ((_, labels, _),) = service.metrics(textfile, "sockleak_site_info")
    if (labels["function"], labels["module"]) != ("make_socket", "fewrights"):
        raise Failure(f"expected the function, seen: {labels}")
    expect_resolver_without_rights(service)
    ((_, _, limit),) = service.metrics(textfile, "sockleak_process_max_fds", comm="fewrights")
    if not limit:
        raise Failure("expected the limit of its descriptors")
    lost = [sample for name in ("dropped", "stack_errors", "symbolize_errors")
            for sample in service.metrics(textfile, f"sockleak_{name}_total") if sample[2]]
    if lost:
        raise Failure(f"expected nothing lost, seen: {lost}")
    program.end()
    service.stop()


@case
def agent_without_admin(bench):
    """Without CAP_SYS_ADMIN on such a host: the dear hooks, and one line with cause and remedy."""
    with host_of_debian(bench, "noadmin") as directory:
        textfile = directory / "sockleak.prom"
        few = set(unit_file.capabilities()) - {unit_file.GIVEN_UP}
        service = start(bench, directory, few, "--comm", "nosuchcomm", "--textfile", textfile)
        service.wait_for(lambda s: s.was_notified("READY=1"), "READY=1")
        expect_rights(service, few)
        expect_hooks(service, textfile, "raw_tp")
        lines = [line for line in service.lines if "perf_event_paranoid is 3" in line]
        words = ("every system call", "CAP_SYS_ADMIN", "sysctl kernel.perf_event_paranoid=2")
        if len(lines) != 1 or not all(word in lines[0] for word in words):
            raise Failure(f"expected one line with {words}, seen: {service.lines}")
        service.stop()


# Starts the rest of the command line where capset fails with EPERM, as seccomp may have it.
NO_CAPSET = """
import ctypes, os, sys
library = ctypes.CDLL("libseccomp.so.2")
library.seccomp_init.restype = ctypes.c_void_p
rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(0x7FFF0000)))
number = library.seccomp_syscall_resolve_name(b"capset")
library.seccomp_rule_add_array(rules, ctypes.c_uint32(0x00050001), number, 0, None)
if library.seccomp_load(rules):
    sys.exit("cannot load the filter of system calls")
os.execv(sys.argv[1], sys.argv[1:])
"""


@case
def agent_cannot_keep_admin(bench):
    """Not root, and CAP_SYS_ADMIN cannot be given up: it does not run with it."""
    directory = bench.directory / "keeps"
    directory.mkdir()
    binary = copy_program(bench.sockleak, directory / "sockleak")
    config = directory / "sockleak.conf"
    config.write_text("comm = nosuchcomm\n")
    few = set(unit_file.capabilities())
    check = ["--config", str(config), "--check-config"]
    for args, capabilities, wanted in ((["--config", str(config)], few, 3), (check, few, 3),
                                       (check, few - {unit_file.GIVEN_UP}, 0)):
        status, _, errors = bench.run(
            command=[*unprivileged(capabilities), sys.executable, "-c", NO_CAPSET, binary,
                     "agent", *args],
        )
        refused = [line for line in errors.splitlines() if "cannot give up" in line]
        if status != wanted or len(refused) != (wanted == 3):
            raise Failure(f"expected exit {wanted} of {args}, seen {status}: {errors}")
        if refused and not all(word in refused[0] for word in ("SystemCallFilter=", "capset")):
            raise Failure(f"expected cause and remedy, seen: {errors}")
