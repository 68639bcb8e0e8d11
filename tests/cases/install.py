# SPDX-License-Identifier: BSD-2-Clause
"""The packages: built, looked at, installed, run, upgraded over an edited file, removed."""

import json
import os
import pathlib
import re
import shlex
import shutil
import stat
import subprocess
import threading

from lib import unit_file
from lib.outcome import Failure, Skip
from lib.processes import write_program
from lib.registry import BUILDS, COMPILES, case
from lib.rpm import rpm
from lib.scratch import Scratch

SOURCE = pathlib.Path(__file__).resolve().parents[2]
REUSE = SOURCE / "tests" / "lib" / "reuse_objects.sh"
# Cases that measure run beside the builds (COMPILES), and come first. In a session of its own nice
# alone has no effect if the kernel groups tasks by session.
BEHIND = ["sh", "-c", 'echo 5 2>/dev/null >/proc/self/autogroup; exec nice -n 5 "$@"', "sh"]
TEXTFILES = "/var/lib/prometheus/node-exporter"
CONFIG = "/etc/sockleak/sockleak.conf"
INSTALLED = [
    "/usr/bin/sockleak",
    CONFIG,
    "/usr/lib/sysusers.d/sockleak.conf",
    "/usr/share/man/man5/sockleak.conf.5",
    "/usr/share/man/man7/sockleak-json.7",
    "/usr/share/man/man8/sockleak.8",
    "/usr/share/man/man8/sockleak-agent.8",
    "/usr/share/bash-completion/completions/sockleak",
    "/usr/share/fish/vendor_completions.d/sockleak.fish",
    "/usr/share/sockleak/kubernetes/daemonset.yaml",
    "/usr/share/doc/sockleak/README.md",
    "/usr/share/doc/sockleak/json.md",
    "/usr/share/doc/sockleak/profiles-flame.svg",
]
# What stays after a purge on purpose: the user (Debian's policy: an id must not be given to
# another), logs, what the package manager and caches keep for themselves, and directories that
# every host with rpm has, which here rpm made on the way.
STAYS = re.compile(
    r"etc/(passwd|group|shadow|gshadow|subuid|subgid|\.pwd\.lock)-?$"
    r"|var/(lib/dpkg|lib/rpm|log|cache)/|root/\.rpmdb/|usr/lib/sysimage/rpm/"
    r"|usr/share/(licenses|zsh|zsh/site-functions)/$"
)


def version():
    found = re.search(r"^VERSION := (.*)$", (SOURCE / "Makefile").read_text(), re.M)
    return found.group(1)


def package_version():
    """Another one than the Makefile's: the packages are built as VERSION=... says."""
    return version() + "+test1"


_built = {}  # kind -> files, or why there are none
_building = threading.Lock()


def built(bench, kind):
    """The files that `make deb` or `make rpm` makes, once in a run."""
    with _building:
        if kind not in _built:
            try:
                _built[kind] = build(kind, **VARIABLES[kind](bench))
            except (Failure, Skip) as outcome:
                _built[kind] = outcome
    if isinstance(_built[kind], Exception):
        raise _built[kind]
    return _built[kind]


def options_of_make(bench):
    """With the options of `make`, whose objects are then taken. The package of Debian is compiled."""
    home = bench.directory / "rpm-home"
    home.mkdir()
    (home / ".rpmrc").write_text(f"optflags: {os.uname().machine} -O2 -g\n")
    return {"HOME": str(home), "CC": str(REUSE)}


VARIABLES = {"deb": lambda bench: {}, "rpm": options_of_make}


def build(kind, **variables):
    """The files that `make deb` or `make rpm` made, with variables of the environment."""
    for tool in {"deb": ["dpkg-buildpackage", "dh"], "rpm": ["rpmbuild"]}[kind]:
        if not shutil.which(tool):
            raise Skip(f"no {tool} on this host")
    environment = {
        name: value for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "SAN", "V")
    }
    # The BPF programs have no options of a package's own. To compile them again takes long.
    done = subprocess.run(
        [*BEHIND, "make", "--no-print-directory", kind, f"VERSION={package_version()}"],
        cwd=SOURCE, env={**environment, "CLANG": str(REUSE), **variables}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, start_new_session=True,
    )
    if done.returncode:
        raise Failure(f"expected make {kind} to succeed, seen: {done.stdout[-2000:]}")
    return [pathlib.Path(line) for line in done.stdout.split() if line.endswith("." + kind)]


def expect(condition, wanted, seen):
    if not condition:
        raise Failure(f"expected {wanted}, seen: {seen}")


def check_files(root):
    for name in INSTALLED:
        there = [name, name + ".gz"]
        expect(any(os.path.exists(root.path(file)) for file in there), name, "no such file")
    units = ["/usr/lib/systemd/system/sockleak.service", "/lib/systemd/system/sockleak.service"]
    unit = next((unit for unit in units if os.path.exists(root.path(unit))), None)
    expect(unit, "a unit", "none")
    # It says nothing of a right unit whose program is there.
    _, said = root.run("systemd-analyze", "verify", "--man=no", unit)
    said = [line for line in said.splitlines() if "sockleak" in line]
    expect(not said, "a unit without a complaint", said)


def check_hardened(root):
    """Debian's options have reached the compiler, and those for the preprocessor, too."""
    _, symbols = root.run("readelf", "-W", "--dyn-syms", "/usr/bin/sockleak")
    expect("__pread_chk@GLIBC" in symbols, "functions of libc that check sizes", "none")
    expect("__stack_chk_fail@GLIBC" in symbols, "a protected stack", "none")


def check_program(root):
    _, said = root.run("sockleak", "--version")
    expect(said == f"sockleak {package_version()}\n", f"sockleak {package_version()}", said)
    _, said = root.run("sh", "-c", "sockleak --json --quiet --duration 2s 2>&1")
    summary = json.loads(said.splitlines()[-1])
    expect(summary["type"] == "summary" and summary["sweeps"] >= 1, "a summary", summary)
    _, said = root.run("sockleak", "agent", "--config", CONFIG, "--check-config")


def start_pre():
    """The unit's preparations, which systemd runs as root, as command lines."""
    lines = unit_file.settings()["ExecStartPre"]
    return [shlex.split(line.removeprefix("+-").replace("$$", "$")) for line in lines]


def check_rights(root):
    """Its user may write where it must, with the unit's help alone: as systemd would have it."""
    for command in start_pre():
        root.run(*command)
    _, said = root.run("stat", "-c", "%U %G %a", "/sys/fs/bpf/sockleak")
    expect(said == "sockleak sockleak 700\n", "a directory for pins", said)
    user = ["setpriv", "--reuid", "sockleak", "--regid", "sockleak", "--clear-groups",
            "--inh-caps", "-all,+dac_read_search", "--ambient-caps", "-all,+dac_read_search",
            "--bounding-set", "-all,+dac_read_search"]
    root.run(*user, "mkdir", "/sys/fs/bpf/sockleak/test")
    root.run(*user, "sh", "-c", f"cd {TEXTFILES} && >.new && mv .new sockleak.prom")
    status, _ = root.run(*user, "touch", os.path.dirname(TEXTFILES) + "/elsewhere", check=False)
    expect(status != 0, "no right to write elsewhere", "a file")
    mode = os.stat(root.path(TEXTFILES)).st_mode
    expect(not mode & stat.S_IWOTH, "a directory that others cannot write to", oct(mode))


RUN_AGENT = """
setpriv --reuid sockleak --regid sockleak --clear-groups --inh-caps "$1" --ambient-caps "$1" \\
    --bounding-set "$1" sockleak agent --config "$2" --write-interval 1s &
tries=0
until [ -s "$3" ] || [ $((tries += 1)) = 600 ] || ! kill -0 $!; do sleep 0.1; done
grep '^sockleak_build_info' "$3" || echo "no textfile"
kill $!
wait $!
"""


def check_agent(root):
    """As the unit starts it, with the configuration that was installed: it writes its file."""
    capabilities = "-all," + ",".join("+" + name for name in unit_file.capabilities())
    textfile = TEXTFILES + "/sockleak.prom"
    status, said = root.run(
        "sh", "-c", RUN_AGENT, "sh", capabilities, CONFIG, textfile, check=False
    )
    expect(status == 0 and "sockleak_build_info{" in said, "a textfile, and exit 0", said)
    expect(not os.path.exists(root.path(textfile)), "no textfile after its end", "one")


# Where systemd runs and the service fails: what answers for it.
SYSTEMCTL = """#!/bin/sh
case "$*" in
*ActiveState*) echo failed ;;
start*|restart*) exit 1 ;;
esac
"""
JOURNALCTL = """#!/bin/sh
case "$*" in
*sockleak.service*) echo "cannot load the BPF programs: a reason (a remedy)" ;;
esac
"""


def check_failed_start(root):
    """Whoever runs dpkg sees why the service did not start, and the package is installed."""
    root.run("mkdir", "-p", "/tmp/fake", "/run/systemd/system")
    for name, text in (("systemctl", SYSTEMCTL), ("journalctl", JOURNALCTL)):
        write_program(root.path(f"/tmp/fake/{name}"), text)
    _, said = root.run("env", f"PATH=/tmp/fake:{os.environ['PATH']}", "dpkg", "-i",
                       "/tmp/sockleak.deb")
    for words in ("the service did not start", "a reason (a remedy)", "sockleak doctor"):
        expect(words in said, words, said)
    root.run("rm", "-r", "/tmp/fake", "/run/systemd")


def check_gone(root, before):
    gone = {name for name in root.changes() - before if not STAYS.match(name)}
    expect(not gone, "nothing left behind", sorted(gone))
    expect(not os.path.exists(root.path("/sys/fs/bpf/sockleak")), "no pins", "some")
    _, said = root.run("getfacl", "-p", TEXTFILES, check=False)
    expect("user:sockleak" not in said, "no right to write to others' directory", said)
    expect(not re.search(r"user:\d", said), "no right of a user that was", said)
    expect("mask:" not in said, "no list of rights that the directory had not", said)
    expect(
        not os.path.exists(root.path(TEXTFILES + "/sockleak.prom")), "no textfile", "an old one"
    )


@case(stage=COMPILES)
def package_deb_built(bench):
    packages = built(bench, "deb")
    debug = [file for file in packages if "dbgsym" in file.name]
    expect(debug, "a package of debug symbols", packages)


@case(stage=COMPILES)
def package_rpm_built(bench):
    packages = built(bench, "rpm")
    source = [file for file in packages if ".src." in file.name]
    expect(len(source) == 1 and len(packages) > 1, "a package and its source", packages)


def built_if_possible(bench, kind):
    try:
        return built(bench, kind)
    except Skip:
        return []


@case(stage=COMPILES)
def package_lint(bench):
    """What their distributions' own checkers say of the packages."""
    checks = [
        (["lintian", "--fail-on", "error,warning", "--suppress-tags", "bogus-mail-host"], "deb"),
        (["rpmlint", "-c", SOURCE / "packaging/rpm/rpmlint.toml"], "rpm"),
    ]
    ran = 0
    for command, kind in checks:
        packages = built_if_possible(bench, kind) if shutil.which(command[0]) else []
        if not packages:
            continue
        done = subprocess.run(
            [*BEHIND, *(str(word) for word in [*command, *packages])], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, start_new_session=True,
        )
        ran += 1
        trouble = [line for line in done.stdout.splitlines() if re.search(r"\b[EW]: ", line)]
        expect(not done.returncode and not trouble, f"{command[0]} content", trouble or done.stdout)
    if not ran:
        raise Skip("no lintian and no rpmlint on this host")


@case(stage=BUILDS)
def package_deb(bench):
    package = next(file for file in built(bench, "deb") if "dbgsym" not in file.name)
    root = Scratch(bench, "deb")
    # As prometheus-node-exporter has it: its directory, inside one of another user's.
    root.run("install", "-d", "-o", "daemon", os.path.dirname(TEXTFILES))
    root.run("chown", "daemon", os.path.dirname(TEXTFILES))
    root.run("install", "-d", TEXTFILES)
    before = root.changes()
    shutil.copy(package, root.path("/tmp/sockleak.deb"))
    root.run("dpkg", "-i", "/tmp/sockleak.deb")  # its dependencies are looked up, and are there
    _, depends = root.run("dpkg-query", "-W", "-f", "${Depends}", "sockleak")
    for library in ("libbpf1", "libdw1", "libelf1", "libinih1", "zlib1g", "sysusers"):
        expect(library in depends, f"a dependency on {library}", depends)
    check_files(root)
    check_hardened(root)
    check_program(root)
    check_rights(root)
    check_agent(root)
    with open(root.path(CONFIG), "a", encoding="utf-8") as config:
        config.write("older-than = 5m\n")
    root.run("dpkg", "-i", "/tmp/sockleak.deb")  # the same again: an upgrade
    check_failed_start(root)
    expect("older-than = 5m" in pathlib.Path(root.path(CONFIG)).read_text(), "an edit", "none")
    root.run("dpkg", "--remove", "sockleak")
    expect(os.path.exists(root.path(CONFIG)), "the configuration kept", "it is gone")
    expect(not os.path.exists(root.path("/usr/bin/sockleak")), "no program", "there it is")
    root.run("dpkg", "--purge", "sockleak")
    check_gone(root, before)


@case(stage=BUILDS)
def package_rpm(bench):
    package = next(file for file in built(bench, "rpm") if ".src." not in file.name)
    root = Scratch(bench, "rpm")
    nodeps = []
    if shutil.which("dpkg"):  # Debian's rpm has an empty database: nothing it needs is there
        nodeps = ["--nodeps"]
    root.run("rm", "-rf", os.path.dirname(TEXTFILES))  # no node_exporter: the service makes it
    before = root.changes()
    shutil.copy(package, root.path("/tmp/sockleak.rpm"))
    _, needs = root.run("rpm", "-qp", "--requires", "/tmp/sockleak.rpm")
    for library in ("libbpf.so.1", "libdw.so.1", "libelf.so.1", "libinih.so", "libz.so.1"):
        expect(library in needs, f"a requirement of {library}", needs)
    root.run(*rpm(), *nodeps, "-i", "/tmp/sockleak.rpm")
    check_files(root)
    check_program(root)
    check_rights(root)
    check_agent(root)
    _, said = root.run(*rpm(), "-q", "--configfiles", "sockleak")
    expect(said == CONFIG + "\n", f"{CONFIG} as configuration", said)
    root.run(*rpm(), "-e", "sockleak")
    check_gone(root, before)


@case
def package_version_checked(bench):
    """A version that no package can have is refused in one line, before anything is built."""
    for wrong in ("", "1.0-1", "1.0/..", "v1", "1 0"):
        command = [str(SOURCE / "packaging/build.sh"), "deb", wrong, str(bench.directory / "deb")]
        status, out, errors = bench.run(command=command)
        if status != 2 or out or len(errors.splitlines()) != 1 or "VERSION=" not in errors:
            raise Failure(f"expected exit 2 and one line, seen: {status}, {out!r}, {errors!r}")


@case(stage=BUILDS)
def install_prefix(bench):
    """`make install` into a prefix of one's own: the unit runs the program that is there."""
    directory = bench.directory / "install"
    environment = {
        name: value for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "SAN", "V")
    }
    done = subprocess.run(
        ["make", "install", f"DESTDIR={directory}", "PREFIX=/opt/sockleak"], cwd=SOURCE,
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )
    expect(done.returncode == 0, "make install to succeed", done.stdout[-1500:])
    root = directory / "opt/sockleak"
    unit = (root / "lib/systemd/system/sockleak.service").read_text()
    for line in ("ExecStart=", "ExecReload="):
        wanted = f"{line}/opt/sockleak/bin/sockleak agent --config /opt/sockleak/etc/sockleak/"
        expect(wanted in unit, wanted, unit)
    for name in ("bin/sockleak", "etc/sockleak/sockleak.conf", "share/man/man8/sockleak.8"):
        expect((root / name).exists(), name, "no such file")
    _, said, _ = bench.run(command=[str(root / "bin/sockleak"), "--version"])
    expect(said == f"sockleak {version()}\n", "the version", said)
