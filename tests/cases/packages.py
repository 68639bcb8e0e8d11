# SPDX-License-Identifier: BSD-2-Clause
"""The package of the code that leaks, and how to get its debug information: dpkg's and rpm's."""

import os
import pathlib
import shutil
import subprocess

from lib.outcome import Failure
from lib.processes import copy_program
from lib.registry import BUILDS, case
from lib.rpm import rpm

# dpkg writes a change into the second one, and now and then all of them into the first one.
DPKG_STATUS = ("/var/lib/dpkg/status", "/var/lib/dpkg/updates")
# Where rpm has it on hosts of its own; Debian's rpm has one in each user's home.
HOST_RPM = pathlib.Path("/var/lib/rpm")
SPEC = """
Name: sockleak-test
Version: 1.2.3
Release: 4
Summary: A library that leaks, for the tests of sockleak
License: BSD-2-Clause
AutoReqProv: no
%description
A library that leaks.
%global debug_package %{{nil}}
%global _build_id_links {links}
%install
mkdir -p %{{buildroot}}{directory}
cp {library} %{{buildroot}}{directory}/liblibrary.so
cp {host} %{{buildroot}}{directory}/{name}
%files
{directory}
"""


def run(*command, **kwargs):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, **kwargs
    )
    if done.returncode:
        raise Failure(f"expected {command[0]} to succeed, seen: {done.stderr[-500:]}")
    return done.stdout


def build(bench, name, directory):
    """An rpm package with the library and the program of tests/library. Returns its file."""
    source = bench.programs.parent / "library"
    work = bench.directory / f"{name}-rpm"
    work.mkdir()
    library = shutil.copy(source / "liblibrary.so", work)
    host = shutil.copy(source / "host", work)
    run("strip", library)
    run("strip", host)
    spec = work / "test.spec"
    spec.write_text(
        SPEC.format(directory=directory, library=library, host=host, name=name, links="none")
    )
    run("rpmbuild", "-bb", "--define", f"_topdir {work}", "--nodeps", spec)
    return next(work.glob("RPMS/*/*.rpm"))


def leak_of(bench, agent, command, inside=None):
    """Run a program of tests/library, let it leak once: its leak, and the agent's summary."""
    process = bench.processes.start(
        (inside or []) + [str(word) for word in command],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    process.stdin.write("call leak_a\n")
    process.stdin.flush()
    inode = int(process.stdout.readline())
    agent.wait_for(lambda a: inode in a.open_leaks(), "the leak of leak_a")
    event = agent.open_leaks()[inode]
    summary = agent.stop()
    process.stdin.close()
    process.wait(10)
    return event, summary


def expect_rpm(event, summary, hints):
    wanted = f"sockleak-test-1.2.3-4.{os.uname().machine}"
    culprit = event["culprit"] or {}
    if event["package"] != wanted or culprit.get("function") != "leak_a":
        raise Failure(f"expected leak_a of {wanted}, seen: {culprit}, {event['package']}")
    reported = {
        hint["command"] for hint in summary["hints"] if hint["module"].endswith("/liblibrary.so")
    }
    if reported != hints:
        raise Failure(f"expected the hints {hints}, seen: {summary['hints']}")


@case(stage=BUILDS)
def rpm_of_the_host(bench):
    """A package that was installed into the host's own database, which no other case changes."""
    name, directory = "rpmhost", bench.directory / "rpmhost"
    package = build(bench, name, directory)
    fresh = not HOST_RPM.exists() or not any(HOST_RPM.iterdir())
    try:
        run(*rpm(), "--dbpath", HOST_RPM, "-i", "--nodeps", package)
        agent = bench.agent("--comm", name)
        event, summary = leak_of(
            bench, agent, [directory / name, directory / "liblibrary.so"]
        )
    finally:
        run(*rpm(), "--dbpath", HOST_RPM, "-e", "sockleak-test")
        if fresh:
            shutil.rmtree(HOST_RPM, ignore_errors=True)
    nvra = f"sockleak-test-1.2.3-4.{os.uname().machine}"
    expect_rpm(event, summary, {f"dnf debuginfo-install {nvra}"})


@case
def rpm_of_a_container(bench):
    """In another root the rpm database is not read: by build id, and by what the file says."""
    name, root = "rpmroot", bench.directory / "root"
    package = build(bench, name, "/opt/leak")
    root.mkdir()
    run(*rpm(), "-i", "--nodeps", "--root", root, "--noscripts", package)
    # As they are mapped here: ldconfig may list another architecture's first.
    maps = pathlib.Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape")
    for library in {line.split()[-1] for line in maps.splitlines()}:
        if pathlib.Path(library).name.startswith(("ld-linux", "libc.so.")):
            target = root / library.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_program(library, target)
    if not (root / "lib64").exists():
        (root / "lib64").mkdir()
        copy_program(os.path.realpath("/lib64/ld-linux-x86-64.so.2"), root / "lib64")
    agent = bench.agent("--comm", name)
    event, summary = leak_of(
        bench, agent, [f"/opt/leak/{name}", "/opt/leak/liblibrary.so"],
        inside=["unshare", "--mount", "chroot", str(root)],
    )
    if event["package"] is not None or (event["culprit"] or {}).get("function") != "leak_a":
        raise Failure(f"expected leak_a of no known package, seen: {event}")
    hints = [hint for hint in summary["hints"] if hint["module"].endswith("/liblibrary.so")]
    if len(hints) != 1 or not hints[0]["command"].startswith("debuginfod-find debuginfo "):
        raise Failure(f"expected a command by build id, seen: {summary['hints']}")


@case
def package_of_dpkg(bench):
    """What is in the stack of a Debian program, by the host's database. Where dpkg has changed it
    meanwhile, the two answers may be of different states, and are asked for again."""
    if not shutil.which("dpkg-query"):
        raise Failure("expected dpkg on this host: packages.py tests its database")
    for left in reversed(range(5)):
        before = state_of_dpkg()
        try:
            return expect_dpkg(bench, bench.directory / f"dpkg-{left}")
        except Failure:
            if not left or state_of_dpkg() == before:
                raise


def state_of_dpkg():
    return [(stat.st_ino, stat.st_mtime_ns) for stat in map(os.stat, DPKG_STATUS)]


def expect_dpkg(bench, directory):
    directory.mkdir()
    agent = bench.agent("--comm", "python3-leaks")
    python = pathlib.Path("/usr/bin/python3").resolve()
    script = "import socket, sys; s = socket.socket(); sys.stdin.read()"
    program = directory / "python3-leaks"
    program.symlink_to(python)
    process = bench.processes.start(
        [str(program), "-c", script], stdin=subprocess.PIPE, text=True, env={"PYTHONHOME": "/usr"}
    )
    agent.wait_for(lambda a: a.of("leak", pid=process.pid), "a leak of python3")
    event = agent.of("leak", pid=process.pid)[0]
    summary = agent.stop()
    process.stdin.close()
    owner = run("dpkg-query", "-S", python).split(":")[0]
    version = run("dpkg-query", "-W", "-f", "${Version}", owner)
    if event["package"] != f"{owner} {version}":
        raise Failure(f"expected package {owner} {version}, seen: {event['package']}")
    commands = {hint["command"] for hint in summary["hints"] if hint["module"] == str(python)}
    debug = any(frame["file"] for frame in event["stack"] if frame["module"] == str(python))
    if not debug and not any(command.startswith("apt install python3") for command in commands):
        raise Failure(f"expected the package of python's symbols, seen: {summary['hints']}")


@case
def hint_upgrades_nothing(bench):
    """apt, asked what it would do: the command installs its package alone, or finds no version."""
    if not shutil.which("apt-get"):
        raise Failure("expected apt on this host: packages.py tests its commands")
    agent = bench.agent("--comm", "pinned")
    python = pathlib.Path("/usr/bin/python3").resolve()
    program = bench.directory / "pinned"
    program.symlink_to(python)
    process = bench.processes.start(
        [str(program), "-c", "import socket, sys; s = socket.socket(); sys.stdin.read()"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )
    agent.wait_for(lambda a: a.of("leak", pid=process.pid), "the leak of python3")
    summary = agent.stop()
    commands = {hint["command"] for hint in summary["hints"] if hint["package_source"] == "dpkg"
                and hint["command"].startswith("apt install ")}
    for command in commands:
        name, _, version = command.removeprefix("apt install ").partition("=")
        if not version:
            raise Failure(f"expected a version, seen: {command!r}")
        done = subprocess.run(["apt-get", "-s", "install", f"{name}={version}"],
                              capture_output=True, text=True, check=False)
        alone = not done.returncode and "\n0 upgraded, " in done.stdout
        unknown = "was not found" in done.stderr or "Unable to locate package" in done.stderr
        if not alone and not unknown:
            raise Failure(f"expected no upgrade by {command!r}, seen: {done.stdout[-800:]}"
                          f"{done.stderr[-300:]}")
    process.stdin.close()
    process.wait(10)
    if not commands:
        raise Failure(f"expected commands of apt, seen: {summary['hints']}")
