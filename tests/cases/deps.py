# SPDX-License-Identifier: BSD-2-Clause
"""packaging/deps.sh and apt.sh: what they ask for, and that they wait. apt-get and dpkg-query are
programs of the test's own in these cases: nothing is installed."""

import os
import pathlib
import shutil

from lib.outcome import Failure
from lib.processes import copy_program, write_program
from lib.registry import case
from truth.row import HERE as TRUTH
from truth.rows import ROWS

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
NOT_FOR_THE_DEMO = {"gdb", "rpm", "libcmocka-dev", "python3", "debuginfod", "nodejs", "rustc",
                    "libclang-rt-dev", "lintian", "gcc", "g++"}  # clang compiles all of it
# Says that a lock is held as often as the file `held` has lines.
APT_GET = """#!/bin/sh
echo "$@" >>"$0.calls"
if [ -s "$0.held" ]; then
    sed -i 1d "$0.held"
    echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)"
    exit 100
fi
[ ! -e "$0.broken" ] || { echo "E: Unable to locate package nonesuch"; exit 100; }
"""


class Fakes:
    """A directory of programs that come first in the PATH."""

    def __init__(self, bench, name):
        self.bench, self.directory = bench, bench.directory / name
        self.directory.mkdir(parents=True)

    def add(self, name, text):
        return write_program(self.directory / name, text)

    def run(self, *command, **variables):
        environment = dict(os.environ, PATH=f"{self.directory}:{os.environ['PATH']}", **variables)
        return self.bench.run(command=[str(word) for word in command], env=environment)


def wanted(fakes, *modes, hide=""):
    """The packages that deps.sh would have a user without root install; none: none is missing."""
    script = copy_program(PACKAGING / "deps.sh", fakes.directory)  # where every user can read it
    status, out, errors = fakes.run(
        "unshare", "--mount", "sh", "-c", hide + 'exec "$@"', "sh", "setpriv", "--reuid", "65534",
        "--clear-groups", script, *modes,
    )
    if out or status not in (0, 1) or len(errors.splitlines()) != status:
        raise Failure(f"expected one line if packages are missing, seen: {status}, {out}, {errors}")
    packages = errors.partition("--no-install-recommends ")[2].strip("'\n").split()
    if len(set(packages)) != len(packages):
        raise Failure(f"expected each package once, seen: {packages}")
    return set(packages)


@case
def deps_ask_for_the_state(bench):
    """build-essential that was removed is missing, though dpkg-query knows it."""
    fakes = Fakes(bench, "state")
    fakes.add("apt-get", APT_GET)
    for state, missing in (("installed", False), ("config-files", True), ("not-installed", True)):
        fakes.add("dpkg-query", f"#!/bin/sh\nprintf {state}\n")
        if ("build-essential" in wanted(fakes, "deb")) != missing:
            raise Failure(f"expected build-essential to be {'' if missing else 'not '}missing when "
                          f"its state is {state}")


@case
def deps_of_the_demo(bench):
    """What the demo needs and no more; several modes at once are the sum of each."""
    fakes = Fakes(bench, "demo")
    fakes.add("apt-get", APT_GET)
    hide = "mount -t tmpfs none /usr/include || exit\n"  # so that something is missing
    seen = {mode: wanted(fakes, *mode.split(), hide=hide)
            for mode in ("demo", "check", "demo check", "test")}
    if not {"clang", "bpftool", "libbpf-dev"} <= seen["demo"]:
        raise Failure(f"expected a compiler and libbpf, seen: {seen['demo']}")
    if not {"gcc", "g++"} <= seen["test"]:
        raise Failure(f"expected more compilers, seen: {seen['test']}")
    if seen["demo"] & NOT_FOR_THE_DEMO:
        raise Failure(f"expected no test tools, seen: {seen['demo'] & NOT_FOR_THE_DEMO}")
    if seen["demo check"] != seen["demo"] | seen["check"] or not seen["demo check"] <= seen["test"]:
        raise Failure(f"expected the sum of both, and all of it in test, seen: {seen}")


@case
def deps_of_the_truth(bench):
    """What any row of docs/truth.md needs, from the list that the rows have."""
    fakes = Fakes(bench, "truth/packaging")
    fakes.add("apt-get", APT_GET)
    fakes.add("dpkg-query", "#!/bin/sh\nexit 1\n")  # no package is installed
    (fakes.directory.parent / "tests/truth").mkdir(parents=True)
    shutil.copy(TRUTH / "packages", fakes.directory.parent / "tests/truth")
    seen = wanted(fakes, "truth")
    missing = {package for row in ROWS if not row.suite
               for package in row.packages()} - seen
    if missing or not {"gdb", "clang"} <= seen:
        raise Failure(f"expected also {missing or 'gdb and clang'}, seen: {sorted(seen)}")


@case
def apt_waits_for_its_locks(bench):
    """Its lists' lock, too, for which apt-get itself does not wait; and not for ever."""
    fakes = Fakes(bench, "locks")
    apt_get = fakes.add("apt-get", APT_GET)
    held = pathlib.Path(f"{apt_get}.held")
    held.write_text("1\n2\n")
    status, out, errors = fakes.run(PACKAGING / "apt.sh", "update")
    calls = pathlib.Path(f"{apt_get}.calls").read_text().splitlines()
    if status or errors or len(out.splitlines()) != 1 or "lists/lock" not in out or len(calls) != 3:
        raise Failure(f"expected one line and three calls, seen: {status}, {out!r}, {errors!r}, {calls}")
    if not all("DPkg::Lock::Timeout=600" in call for call in calls):
        raise Failure(f"expected dpkg's lock to be waited for, seen: {calls}")
    held.write_text("1\n" * 100)
    status, _, errors = fakes.run(PACKAGING / "apt.sh", "install", "x", LOCK_SECONDS="1")
    if status != 1 or "held by process 1" not in errors:
        raise Failure(f"expected an end, and who holds the lock, seen: {status}, {errors!r}")
    held.unlink()
    pathlib.Path(f"{apt_get}.broken").touch()
    before = len(pathlib.Path(f"{apt_get}.calls").read_text().splitlines())
    status, _, errors = fakes.run(PACKAGING / "apt.sh", "install", "nonesuch")
    calls = pathlib.Path(f"{apt_get}.calls").read_text().splitlines()[before:]
    if status != 1 or "nonesuch" not in errors or len(calls) != 1:
        raise Failure(f"expected a failure at once, seen: {status}, {errors!r}, {calls}")
