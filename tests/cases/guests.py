# SPDX-License-Identifier: BSD-2-Clause
"""Guests of LXC and systemd-nspawn, with one name of a unit in each; containers by their names."""

import json
import secrets
import signal

from lib.cgroups import inside
from lib.outcome import Failure
from lib.registry import case, cases
from lib.service import Service

FAST = ("--older-than", "500ms", "--interval", "100ms", "--write-interval", "100ms")
UNIT = "sockleakguest.service"
SOCKETS = 8
# The machine, "" for the host, and the cgroup that it runs in.
MACHINES = {
    "": (),
    "web1": ("lxc.payload.web1",),
    "web-2": ("machine.slice", r"machine-web\x2d2.scope", "payload"),
    "web3": ("machine.slice", "systemd-nspawn@web3.service", "payload"),
}


def make_unit(bench, top, components):
    for component in (*components, "system.slice", UNIT):
        top = bench.cgroups.make(top, component)
    return top


def make_units(bench):
    """A cgroup of the unit in each machine, by the machine's name."""
    return {
        machine: make_unit(bench, bench.cgroups.make(), components)
        for machine, components in MACHINES.items()
    }


def expect(what, wanted, seen):
    if seen != wanted:
        raise Failure(f"expected {what}: {wanted}, seen: {seen}")


def count_by_machine(service, textfile, name):
    return {
        (labels["unit"], labels["machine"]): count
        for _, labels, count in service.metrics(textfile, name)
    }


@case
def guests_are_distinct(bench):
    """A unit of one name in three guests and on the host: four series, log lines, and holders."""
    textfile = bench.directory / "guests.prom"
    service = Service.start(bench, *FAST, "--comm", "guests", "--textfile", textfile)
    path = str(bench.copy("growing", "guests"))
    units = make_units(bench)
    programs = {
        machine: bench.program(path, SOCKETS, inside=inside(cgroup))
        for machine, cgroup in units.items()
    }
    wanted = {(UNIT, machine): SOCKETS for machine in MACHINES}
    for name in ("sockleak_leaked_sockets", "sockleak_site_leaked_sockets"):
        service.wait_for(lambda s, n=name: count_by_machine(s, textfile, n) == wanted,
                         f"{name} of four machines")
    for machine in filter(None, MACHINES):
        service.wait_for(
            lambda s, end=f", machine {machine}": [l for l in s.lines if l.endswith(end)],
            f"a line that names {machine}",
        )
    service.process.send_signal(signal.SIGUSR1)  # or the holders' file comes a minute later
    (site,) = {labels["site"] for _, labels, _ in
               service.metrics(textfile, "sockleak_site_leaked_sockets")}
    by_pid = {program.pid: machine or None for machine, program in programs.items()}
    explain = ("explain", site, "--textfile", textfile, "--json")

    def holders(_):
        reported = json.loads(bench.run(*explain)[1])["processes"]
        return {process["pid"]: process["machine"] for process in reported} == by_pid

    service.wait_for(holders, "explain to name the machine of each holder")
    service.stop()
    _, report, _ = bench.run("scan", "--comm", "guests")
    for machine in filter(None, MACHINES):
        if f"of unit {UNIT}, machine {machine}\n" not in report:
            raise Failure(f"expected the report to name {machine}, seen: {report}")


# name: (options, the machines whose unit they name)
FILTERS = {
    "guests_unit_is_of_the_host": (["--unit", UNIT], {None}),
    "guests_machine": (["--machine", "web-2", "--machine", "web3"], {"web-2", "web3"}),
    "guests_unit_and_machine": (["--unit", "sockleakguest", "--machine", "web1"], {None, "web1"}),
}


@cases(names=list(FILTERS))
def guests_filters(bench):
    """--unit names the host's unit, --machine a guest."""
    for number, (name, (options, wanted)) in enumerate(FILTERS.items()):
        if not bench.wants(name):
            continue
        try:
            comm = f"guestfilter{number}"
            path = str(bench.copy("growing", comm))
            for cgroup in make_units(bench).values():
                bench.program(path, SOCKETS, inside=inside(cgroup))
            _, out, _ = bench.run("scan", "--comm", comm, "--json", *options)
            leaks = [event for event in map(json.loads, out.splitlines())
                     if event["type"] == "leak"]
            expect("the machines", wanted, {leak["machine"] for leak in leaks})
            expect("the sockets", SOCKETS * len(wanted), len(leaks))
            yield name, None
        except Failure as failure:
            yield name, failure


@case
def guests_missing(bench):
    """A guest that does not run is named as missing."""
    status, _, errors = bench.run("scan", "--machine", "nosuchguest", "--error-exitcode", "9")
    line = "--machine nosuchguest: no such machine runs ('machinectl', "
    if line not in errors or status != 2:
        raise Failure(f"expected 2 and {line!r}, seen {status}: {errors}")


# sockleak with files of docker's state that this host does not have, in a mount namespace.
WITH_DOCKER = """set -e
mkdir -p upper/docker/containers/"$1" work
printf '{"ID":"%s","Name":"/%s"}' "$1" "$2" > upper/docker/containers/"$1"/config.v2.json
mount -t overlay overlay -o lowerdir=/var/lib,upperdir=upper,workdir=work /var/lib
shift 2
exec "$@"
"""


@case
def container_by_name(bench):
    """--container NAME: of two containers the one that docker calls so; no other name is one."""
    path = str(bench.copy("held", "named"))
    ids = [secrets.token_hex(32) for _ in range(2)]
    programs = [
        bench.program(path, inside=inside(bench.cgroups.make(bench.cgroups.make(),
                                                             f"docker-{number}.scope")))
        for number in ids
    ]
    scan = ["unshare", "-m", "sh", "-c", WITH_DOCKER, "sh", ids[0], "sockleakweb",
            str(bench.sockleak), "scan", "--json", "--container"]
    status, out, errors = bench.run(command=[*scan, "sockleakweb"], cwd=bench.directory)
    found = {event["pid"] for event in map(json.loads, out.splitlines()) if event["type"] == "leak"}
    wanted = {programs[0].process.pid}
    if status or found != wanted:
        raise Failure(f"expected leaks of {wanted}, seen: {status}, {found}, {errors}")
    status, out, errors = bench.run(command=[*scan, "sockleakwe"], cwd=bench.directory)
    if "--container sockleakwe: no such container runs" not in errors:
        raise Failure(f"expected no such container, seen: {status}, {out}, {errors}")
    for program in programs:
        program.end()
