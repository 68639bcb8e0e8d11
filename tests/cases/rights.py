# SPDX-License-Identifier: BSD-2-Clause
"""The agent as packaging/systemd runs it: a user of its own with five capabilities."""

import os
import shutil

from lib.cgroups import inside
from lib.outcome import Failure
from lib.registry import case
from lib.service import Service

USER = 64999  # of nobody, and not the resolver's
CAPABILITIES = ("bpf", "perfmon", "sys_ptrace", "dac_read_search", "checkpoint_restore")


def unprivileged():
    """The command line in front of it: as systemd has it with User= and both sets limited."""
    given = "".join(f",+{name}" for name in CAPABILITIES)
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs"] + [
        f"--{kind}=-all{given}" for kind in ("bounding-set", "inh-caps", "ambient-caps")
    ]


@case
def agent_has_few_rights(bench):
    """Of other users' processes it has stacks, names, units and descriptors all the same."""
    directory = bench.directory / "rights"
    directory.mkdir()
    os.chown(directory, USER, USER)
    binary = shutil.copy(bench.sockleak, bench.directory / "sockleak")  # where USER may go
    textfile = directory / "sockleak.prom"
    service = Service(
        bench,
        ("--older-than", "500ms", "--interval", "100ms", "--write-interval", "100ms",
         "--comm", "fewrights", "--textfile", textfile),
        wrapper=unprivileged() + [binary],
    )
    service.wait_for(lambda s: s.was_told("READY=1"), "READY=1")
    with open(f"/proc/{service.pid}/status", encoding="ascii") as status:
        effective = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff"))
    if bin(effective).count("1") != len(CAPABILITIES) or not effective >> 39 & 1:
        raise Failure(f"expected {CAPABILITIES} and no more, seen {effective:x}")
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
    ((_, _, limit),) = service.metrics(textfile, "sockleak_process_max_fds", comm="fewrights")
    if not limit:
        raise Failure("expected the limit of its descriptors")
    lost = [sample for name in ("events_dropped", "stack_errors", "symbolize_errors")
            for sample in service.metrics(textfile, f"sockleak_{name}_total") if sample[2]]
    if lost:
        raise Failure(f"expected nothing lost, seen: {lost}")
    program.end()
    service.stop()
