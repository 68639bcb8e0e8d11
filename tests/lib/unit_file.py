# SPDX-License-Identifier: BSD-2-Clause
"""unit_file: the settings of packaging/systemd/sockleak.service, and the system calls it allows."""

import pathlib
import subprocess

from lib.outcome import Failure

SOURCE = pathlib.Path(__file__).resolve().parents[2]
UNIT = SOURCE / "packaging/systemd/sockleak.service"


def settings():
    """Setting -> the values of its lines."""
    found = {}
    text = UNIT.read_text(encoding="utf-8").replace("\\\n", "")
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def capabilities():
    """The capabilities, as setpriv names them: "bpf"."""
    given = settings()
    if given["CapabilityBoundingSet"] != given["AmbientCapabilities"]:
        raise Failure("expected ambient and bounding capabilities to be the same")
    return [name.removeprefix("CAP_").lower() for name in given["AmbientCapabilities"][0].split()]


# What the agent gives up as soon as its tracepoints are open.
GIVEN_UP = "sys_admin"


def system_calls():
    """The system calls that its SystemCallFilter= allows, by the groups of this host's systemd."""
    wanted, seen, names = settings()["SystemCallFilter"][0].split(), set(), set()
    while wanted:
        name = wanted.pop()
        if not name.startswith("@"):
            names.add(name)
        elif name not in seen:
            seen.add(name)
            done = subprocess.run(
                ["systemd-analyze", "--no-pager", "syscall-filter", name],
                capture_output=True, text=True, check=True,
            )
            lines = (line.strip() for line in done.stdout.splitlines()[1:])
            wanted += [line for line in lines if line and not line.startswith("#")]
    return names
