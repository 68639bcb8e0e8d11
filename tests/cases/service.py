# SPDX-License-Identifier: BSD-2-Clause
"""The unit and the DaemonSet: what they ask for, and that sockleak gets along with it."""

import pathlib
import re
import shlex
import subprocess
import sys

from lib import unit_file
from lib.agent import Agent
from lib.cgroups import inside
from lib.outcome import Failure
from lib.processes import write_program
from lib.registry import case

PACKAGING = unit_file.SOURCE / "packaging"
CAPABILITIES = {"bpf", "perfmon", "sys_ptrace", "dac_read_search", "checkpoint_restore"}
SHORT = {"sys_admin"}  # for opening the tracepoints alone, and then given up
EXPOSURE = 3.0  # at most, of 10


def expect(condition, wanted, seen):
    if not condition:
        raise Failure(f"expected {wanted}, seen: {seen}")


@case
def unit_exposure(bench):
    """systemd's own measure of how much the service could do beside its work."""
    del bench
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", "security", "--offline=yes", str(unit_file.UNIT)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )
    found = re.search(r"Overall exposure level for sockleak.service: ([0-9.]+)", done.stdout)
    expect(found, "a level of exposure", done.stdout[-500:])
    expect(float(found.group(1)) <= EXPOSURE, f"at most {EXPOSURE}", found.group(1))


@case
def unit_rights(bench):
    """These capabilities, and nothing that would hide what it looks for."""
    del bench
    wanted = CAPABILITIES | SHORT
    expect(set(unit_file.capabilities()) == wanted, wanted, unit_file.capabilities())
    given = unit_file.settings()
    expect(given["Type"] == ["notify"] and "WatchdogSec" in given, "a watchdog", given)
    hides = {"ProtectProc", "ProcSubset", "PrivateUsers", "PrivatePIDs"} & set(given)
    expect(not hides, "nothing hidden", hides)


@case
def unit_paths(bench):
    """What the packaged configuration writes to may be written to, as systemd has it.

    ProtectKernelTunables= makes some paths read-only, and wins where ReadWritePaths= names the
    very same one: only a path below it is writable.
    """
    del bench
    given = unit_file.settings()
    expect(given["ProtectKernelTunables"] == ["yes"], "ProtectKernelTunables=yes", given)
    writable = [path.lstrip("-") for path in given["ReadWritePaths"][0].split()]
    lost = {"/sys", "/sys/fs/bpf", "/proc/sys"} & set(writable)
    expect(not lost, "no path that systemd makes read-only", lost)
    config = (unit_file.SOURCE / "tools/config_example.c").read_text(encoding="utf-8")
    pin = re.search(r'{ "pin", "(.*)" }', config).group(1)
    expect(pin in writable, f"one of {writable} as pin", pin)
    made = [line.split()[-1] for line in given["ExecStartPre"]]
    expect(pin in made, f"{pin} made before the start", made)


# $1 has passwd and group with a sockleak; $2 prepares /var/lib, $3 is the unit's preparation.
TEXTFILES = """
set -e
mount -t tmpfs -o mode=0755 none /var/lib
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
cd /var/lib
eval "$2"
cd /
sh -c "$3" 2>/dev/null && echo done || echo refused
cd /var/lib
find . -mindepth 1 -printf '%P %y %g %m\\n' | sort
getfacl -cp prometheus/node-exporter/. 2>/dev/null | grep user:sockleak || true
"""
NO_TEXTFILES = {
    "": "done|prometheus d sockleak 755|prometheus/node-exporter d sockleak 775|user:sockleak:rwx",
    "mkdir -p prometheus/node-exporter":
        "done|prometheus d root 755|prometheus/node-exporter d root 775|user:sockleak:rwx",
    "mkdir prometheus; ln -s /var/lib/elsewhere prometheus/node-exporter":
        "refused|prometheus d root 755|prometheus/node-exporter l root 777",
    "mkdir prometheus elsewhere; ln -s ../elsewhere prometheus/node-exporter":
        "refused|elsewhere d root 755|prometheus d root 755|prometheus/node-exporter l root 777",
    "mkdir elsewhere; ln -s elsewhere prometheus":
        "refused|elsewhere d root 755|prometheus l root 777",
}


@case
def unit_follows_no_link(bench):
    """The directory of the textfile is made, unless another user has placed a link on the way."""
    for name in ("passwd", "group"):
        text = pathlib.Path("/etc", name).read_text(encoding="utf-8")
        line = "sockleak:x:64999:64999::/nonexistent:/bin/false" if name == "passwd" else \
            "sockleak:x:64999:"
        (bench.directory / name).write_text(f"{text}{line}\n")
    *_, shell = unit_file.settings()["ExecStartPre"]
    script = shlex.split(shell.replace("$$", "$"))[-1]
    for before, wanted in NO_TEXTFILES.items():
        status, out, errors = bench.run(
            command=["unshare", "--mount", "--propagation", "slave", "sh", "-c", TEXTFILES, "sh",
                     str(bench.directory), before, script],
        )
        seen = "|".join(out.splitlines())
        expect(not status and seen == wanted, f"{wanted} after {before!r}", f"{seen} {errors}")


@case
def unit_sandbox(bench):
    """What the unit forbids is not missed: a leak of another user's process, with its names."""
    jail = [sys.executable, str(pathlib.Path(__file__).parent.parent / "lib" / "jail.py")]
    confined = write_program(bench.directory / "confined-sockleak",
                             f'#!/bin/sh\nexec {shlex.join(jail)} {bench.sockleak} "$@"\n')
    cgroup = bench.cgroups.make()
    agent = Agent(bench.processes, str(confined), ["--cgroup", cgroup]).wait_ready()
    program = bench.program("held", inside=inside(cgroup))
    agent.wait_for(lambda a: a.of("leak", pid=program.pid), "the leak of held")
    leak = agent.of("leak", pid=program.pid)[0]
    for name in ("exe", "command", "cgroup", "site"):
        expect(leak[name], f"its {name}", leak)
    functions = [frame["function"] for frame in leak["stack"] or []]
    expect("make_socket" in functions, "make_socket in the stack", leak)
    expect(leak["stack_source"] == "snapshot", "a stack by snapshot", leak)
    summary = agent.stop()
    dropped = {name: lost for name, lost in summary["dropped"].items() if lost}
    expect(not dropped, "nothing lost", dropped)
    # The jail is one: what the unit does not allow fails in it.
    status, _, errors = bench.run(
        command=[*jail, sys.executable, "-c", "import socket; socket.socket()"]
    )
    expect(status != 0 and "not supported" in errors, "no socket of AF_INET", errors)
    ask = "import ctypes, sys; sys.exit(ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0)"
    for command, wanted in (([], 1), (jail, 0)):
        status, _, _ = bench.run(command=[*command, sys.executable, "-c", ask])
        expect(status == wanted, f"ptrace(): {wanted}", status)


@case
def daemonset(bench):
    """The manifest asks for what the unit has, and nothing else."""
    del bench
    try:
        import yaml
    except ImportError:
        raise Failure("expected python3-yaml (run: make deps)") from None
    text = (PACKAGING / "kubernetes/daemonset.yaml").read_text(encoding="utf-8")
    documents = {document["kind"]: document for document in yaml.safe_load_all(text)}
    pod = documents["DaemonSet"]["spec"]["template"]["spec"]
    expect(pod["hostPID"] is True, "hostPID", pod)
    expect(not pod.get("hostNetwork") and not pod.get("hostIPC"), "no other namespace", pod)
    [container] = pod["containers"]
    security = container["securityContext"]
    added = {name.lower() for name in security["capabilities"]["add"]}
    expect(added == CAPABILITIES | SHORT, CAPABILITIES | SHORT, added)
    expect(security["capabilities"]["drop"] == ["ALL"], "all others dropped", security)
    for name, wanted in (("readOnlyRootFilesystem", True), ("privileged", False),
                         ("allowPrivilegeEscalation", False)):
        expect(security[name] is wanted, f"{name}: {wanted}", security)
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    expect({mount["name"] for mount in mounts.values()} == set(volumes), "each volume used", mounts)
    for path in ("/sys/fs/cgroup", "/sys/fs/bpf"):
        expect(volumes[mounts[path]["name"]]["hostPath"]["path"] == path, f"the host's {path}", path)
    writable = {path for path, mount in mounts.items() if not mount.get("readOnly")}
    expect(writable == {"/sys/fs/bpf", "/textfile"}, "two writable directories", writable)
    config = documents["ConfigMap"]["data"]["sockleak.conf"]
    expect("textfile = /textfile/" in config, "a textfile in its directory", config)
    expect("pin = /sys/fs/bpf/" in config, "what is known to outlive a restart", config)
    version = re.search(r"^VERSION := (.*)$", (unit_file.SOURCE / "Makefile").read_text(), re.M)
    expect(container["image"].endswith(":" + version.group(1)), "the Makefile's version", container)


@case
def daemonset_config(bench):
    """And what it tells the agent is right."""
    import yaml

    text = (PACKAGING / "kubernetes/daemonset.yaml").read_text(encoding="utf-8")
    document = next(one for one in yaml.safe_load_all(text) if one["kind"] == "ConfigMap")
    config = bench.directory / "daemonset.conf"
    config.write_text(document["data"]["sockleak.conf"].replace("/textfile/", f"{bench.directory}/"))
    status, _, errors = bench.run("agent", "--config", config, "--check-config")
    expect(status == 0, "a configuration that is right", errors)
