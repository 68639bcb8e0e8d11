# SPDX-License-Identifier: BSD-2-Clause
"""Functions and lines of scripts: those that sockleak shows are those that the language itself has.

Other versions than the installed one: TEST_PYTHONS="/path/to/python3.8 ..." tests/run.py --only
'scripts_*', and TEST_RUBYS, TEST_PHPS and TEST_PERLS likewise.
"""

import json
import os
import pathlib
import shutil
import subprocess

from lib.outcome import Failure, Skip
from lib.registry import LONG, case, cases

SCRIPTS = pathlib.Path(__file__).parent.parent / "scripts"
TOLD_S = 60
ENOUGH = 83  # frames that there is room for in any case (docs/stacks.md)


class Script:
    """A script of tests/scripts/, which waits for a line before it leaks."""

    def __init__(self, bench, command):
        self.process = bench.processes.start(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self):
        """Have it leak. What it says of its sockets, by inode."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        sockets, line = {}, None
        while line != {}:
            text = self.process.stdout.readline()
            if not text:
                raise Failure(f"expected a line that ends it, seen: exit {self.process.wait(10)}")
            line = json.loads(text)
            if line:
                sockets[line["inode"]] = line
        return sockets

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)


def seen_of(event, language):
    """The frames of scripts of a leak, as a script says them."""
    return [
        [frame["function"], frame["file"], frame["line"]]
        for frame in event["stack"] or []
        if frame["kind"] == "script" and frame["language"] == language
    ]


def difference(wanted, seen):
    """In which frame they differ first; None: in none."""
    for number in range(max(len(wanted), len(seen))):
        pair = [frames[number] if number < len(frames) else None for frames in (wanted, seen)]
        if pair[0] != pair[1]:
            return f"frame {number}: expected {pair[0]}, seen: {pair[1]}"
    return None


# What has a native stack of its own; those who have started it are its callers all the same.
STARTED = {("PHP", "fiber"), ("Perl", "thread")}


def misplaced(event, was_started):
    """Each run of frames stands before a function that executes it."""
    kinds = [frame["kind"] for frame in event["stack"]]
    is_cut = event["stack_truncated"] or was_started
    if kinds[0] != "native" or (kinds[-1] != "native" and not is_cut):
        return f"expected native frames at both ends, seen: {kinds}"
    return None


def check(bench, command, language, own_library):
    """Run a script of tests/scripts/ and compare all its stacks."""
    script = Script(bench, command)
    agent = bench.agent(
        "--min-growth", "1", "--sample-after", "0", "--pid", str(script.process.pid)
    )
    sockets = script.run()
    mine = {inode for inode, socket in sockets.items() if socket["case"] != "fork"}
    agent.wait_for(lambda a: mine <= set(a.open_leaks()), "all leaks of the script", TOLD_S)
    leaks = agent.open_leaks()
    wrong, cut = [], 0
    for inode in mine:
        seen = seen_of(leaks[inode], language)
        while seen and own_library(seen[0]):
            seen = seen[1:]  # between the script and socket()
        wanted = sockets[inode]["frames"]
        if ENOUGH <= len(seen) < len(wanted):
            cut += 1  # a deep native stack leaves less room
            wanted = wanted[: len(seen)]
        trouble = difference(wanted, seen) or misplaced(
            leaks[inode], (language, sockets[inode]["case"]) in STARTED
        )
        if trouble:
            wrong.append(f"{sockets[inode]['case']}: {trouble}")
    dropped = agent.stop()["dropped"]
    if wrong:
        raise Failure(f"{len(wrong)} of {len(mine)} differ; " + "; ".join(wrong[:5]))
    if any(dropped[name] for name in ("script_fault", "script_unnamed")) or (
        dropped["script_cut"] != cut
    ):
        raise Failure(f"expected no losses, seen: {dropped}")
    script.end()


def versions(variable, installed):
    found = os.environ.get(variable, "").split() or [shutil.which(name) for name in installed]
    return [path for path in found if path]


@cases(names=["scripts_python"], stage=LONG)
def python(bench):
    found = versions("TEST_PYTHONS", ["/usr/bin/python3"])
    if not found:
        yield "scripts_python", Skip("needs python3")
        return
    for path in found:
        try:
            check(bench, [path, str(SCRIPTS / "leaks.py")], "Python",
                  lambda frame: frame[1].endswith("/socket.py"))
        except Failure as failure:
            yield "scripts_python", Failure(f"{path}: {failure}")
            return
    yield "scripts_python", None


@cases(names=["scripts_ruby"], stage=LONG)
def ruby(bench):
    found = versions("TEST_RUBYS", ["/usr/bin/ruby"])
    if not found:
        yield "scripts_ruby", Skip("needs ruby")
        return
    for path in found:
        try:
            check(bench, [path, str(SCRIPTS / "leaks.rb")], "Ruby", lambda frame: False)
        except Failure as failure:
            yield "scripts_ruby", Failure(f"{path}: {failure}")
            return
    yield "scripts_ruby", None


@cases(names=["scripts_php"], stage=LONG)
def php(bench):
    found = versions("TEST_PHPS", ["/usr/bin/php"])
    if not found:
        yield "scripts_php", Skip("needs php")
        return
    for path in found:
        try:
            check(bench, [path, str(SCRIPTS / "leaks.php")], "PHP", lambda frame: False)
        except Failure as failure:
            yield "scripts_php", Failure(f"{path}: {failure}")
            return
    yield "scripts_php", None


@cases(names=["scripts_perl"], stage=LONG)
def perl(bench):
    found = versions("TEST_PERLS", ["/usr/bin/perl"])
    if not found:
        yield "scripts_perl", Skip("needs perl")
        return
    for path in found:
        try:
            check(bench, [path, str(SCRIPTS / "leaks.pl")], "Perl", lambda frame: False)
        except Failure as failure:
            yield "scripts_perl", Failure(f"{path}: {failure}")
            return
    yield "scripts_perl", None


@case(stage=LONG)
def scripts_reused(bench):
    """Functions made where others were freed have their own names; --script-depth cuts, counted."""
    if not pathlib.Path("/usr/bin/python3").exists():
        raise Skip("needs /usr/bin/python3")
    process = bench.processes.start(
        ["/usr/bin/python3", str(SCRIPTS / "reused.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    agent = bench.agent("--min-growth", "1", "--sample-after", "0", "--script-depth", "2",
                        "--pid", str(process.pid))
    wrong = []
    for _ in range(6):
        process.stdin.write("\n")
        process.stdin.flush()
        made = json.loads(process.stdout.readline())
        agent.wait_for(lambda a, made=made: made["inode"] in a.open_leaks(), "the leak", TOLD_S)
        seen = [frame for frame in seen_of(agent.open_leaks()[made["inode"]], "Python")
                if not (frame[1] or "").endswith("/socket.py")]
        wanted = [made["function"], made["file"], 2]
        if seen != [wanted]:
            wrong.append(f"expected {wanted}, seen: {seen}")
    process.stdin.close()
    cut = agent.stop()["dropped"]["script_cut"]
    if wrong or cut != 6:
        raise Failure("; ".join(wrong) or f"expected 6 that were cut, seen: {cut}")


def wait_ready(process):
    """The inodes of the sockets that it has announced since it was ready before."""
    said = []
    for line in process.stdout:
        if line == "ready\n":
            return said
        said += [int(part[6:]) for part in line.split() if part.startswith("inode=")]
    raise Failure(f"expected 'ready', seen: exit {process.wait(10)}")


@case(stage=LONG)
def scripts_sentence(bench):
    """The report names the line of the script; --script-frames leaves a language out."""
    if not pathlib.Path("/usr/bin/python3").exists():
        raise Skip("needs /usr/bin/python3")
    process = bench.processes.start(
        ["/usr/bin/python3", str(SCRIPTS.parent / "truth" / "runtimes" / "leak.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.readline()  # "ready": its interpreter is looked at when the agents start
    of_process = ("--min-growth", "1", "--pid", str(process.pid))
    report = bench.agent(*of_process, as_json=False)
    without = bench.agent(*of_process, "--script-frames", "ruby")
    process.stdin.write("\n")
    process.stdin.flush()
    without.wait_for(lambda a: len(a.open_leaks()) >= 20, "20 leaks", TOLD_S)
    without.wait_quiet()  # and the other one has seen as much
    for event in without.open_leaks().values():
        if seen_of(event, "Python") or event["culprit"]["function"]:
            raise Failure(f"expected no functions of Python, seen: {event['stack']}")
    without.stop()
    report.stop()
    text = "".join(report.lines)
    for wanted in (
        "in open_one (truth/runtimes/leak.py:10)",
        "called from fill (truth/runtimes/leak.py:22)",
    ):
        if wanted not in text:
            raise Failure(f"expected {wanted!r}, seen: {text}")
    process.stdin.close()
    process.wait(20)


@case(stage=LONG)
def scripts_daemon(bench):
    """A daemon of Perl's, by a library of Perl's: the line of its own that is to be mended.

    Each piece of a frame is read by itself here. Agents with another language show none of it.
    """
    if not pathlib.Path("/usr/bin/perl").exists():
        raise Skip("needs /usr/bin/perl")
    process = bench.processes.start(
        ["/usr/bin/perl", str(SCRIPTS / "daemon.pl")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.readline()  # "ready"
    of_process = ("--min-growth", "1", "--sample-after", "0", "--pid", str(process.pid))
    report = bench.agent(*of_process, "--script-frames", "perl", "--stack-size", "2048",
                         as_json=False)
    others = [bench.agent(*of_process, "--script-frames", name) for name in ("php", "java")]
    process.stdin.write("\n")
    process.stdin.flush()
    for other in others:
        other.wait_for(lambda a: len(a.open_leaks()) == 5, "5 leaks", TOLD_S)
        other.wait_quiet()
        for event in other.open_leaks().values():
            if seen_of(event, "Perl"):
                raise Failure(f"expected no functions of Perl, seen: {event['stack']}")
        other.stop()
    report.stop()
    text = "".join(report.lines)
    for wanted in (
        "in Notifier::prepare (tests/scripts/daemon.pl:15)",
        "called from Notifier::run (tests/scripts/daemon.pl:20)",
        "IO::Socket::INET::new (Perl)",
    ):
        if wanted not in text:
            raise Failure(f"expected {wanted!r}, seen: {text}")
    process.stdin.close()
    process.wait(20)


@case(stage=LONG)
def scripts_apart(bench):
    """Two scripts make the same call; the leak of one is never at a function of the other."""
    if not pathlib.Path("/usr/bin/python3").exists():
        raise Skip("needs /usr/bin/python3")
    scripts = {
        name: bench.processes.start(
            ["/usr/bin/python3", str(SCRIPTS / "two.py"), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        for name in ("first", "second")
    }
    pids = {name: script.pid for name, script in scripts.items()}

    def make(name, count):
        scripts[name].stdin.write(f"{count}\n")
        scripts[name].stdin.flush()
        scripts[name].stdout.readline()

    def sites(agent, name):
        leaks = agent.open_leaks().values()
        return [event["site"] for event in leaks if event["pid"] == pids[name]]

    options = [option for pid in pids.values() for option in ("--pid", str(pid))]
    agent = bench.agent("--min-growth", "1", "--sample-after", "1", *options)
    make("first", -4)
    make("first", 5)  # of a call that is clean: their stacks are not copied
    agent.wait_for(lambda a: len(sites(a, "first")) == 5, "5 leaks of the first", TOLD_S)
    make("second", 5)
    agent.wait_for(lambda a: len(sites(a, "second")) == 5, "5 leaks of the second", TOLD_S)
    agent.wait_quiet()
    of_second = [e for e in agent.open_leaks().values() if e["pid"] == pids["second"]]
    if {event["culprit"]["function"] for event in of_second} != {"second"}:
        raise Failure(f"expected second(), seen: {[event['culprit'] for event in of_second]}")
    if set(sites(agent, "first")) & set(sites(agent, "second")):
        raise Failure(f"expected sites of their own, seen: {agent.open_leaks()}")
    agent.stop()
    for script in scripts.values():
        script.stdin.close()
        script.wait(20)


# Not position independent: the kernel's side knows a library by where its dynamic section is, and
# in two files that are as small as these it may be at one place.
LOADS = """
#include <dlfcn.h>
int main(int argc, char **argv)
{
	int (*forged)(int, char **) = dlsym(RTLD_DEFAULT, "forged_main");

	return forged ? forged(argc, argv) : 1;
}
"""


@case
def scripts_preloaded(bench):
    """A program whose interpreter is a library has it from a library of root, not of anybody."""
    if subprocess.run(["gcc", "--version"], capture_output=True, check=False).returncode:
        raise Skip("needs gcc")
    for owner, wanted in ((54321, []), (0, [["forged", "forged", 7]])):
        directory = bench.directory / f"preloaded{owner}"
        directory.mkdir()
        (directory / "loads.c").write_text(LOADS)
        library, program = directory / "libpython3.11.so.1.0", directory / "python3.11"
        source = pathlib.Path(__file__).parent.parent / "programs" / "forged_python.c"
        for build in (["-shared", "-fPIC", "-Dmain=forged_main", source, "-o", library],
                      ["-no-pie", directory / "loads.c", "-o", program]):
            subprocess.run(["gcc", "-O2", "-w", "-D_GNU_SOURCE", *build], check=True)
        os.chown(library, owner, -1)
        process = bench.processes.start(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "LD_PRELOAD": str(library)},
        )
        wait_ready(process)
        agent = bench.agent("--min-growth", "1", "--sample-after", "0", "--pid", str(process.pid))
        process.stdin.write("\n")
        process.stdin.flush()
        inodes = wait_ready(process)
        agent.wait_for(lambda a, i=inodes: set(i) <= set(a.open_leaks()), "all leaks", TOLD_S)
        seen = seen_of(agent.open_leaks()[inodes[0]], "Python")
        agent.stop()
        process.stdin.close()
        process.wait(20)
        if seen != wanted:
            raise Failure(f"expected {wanted} of a library of {owner}, seen: {seen}")


TWO_FILES = """
for dir in "$1/a" "$1/b"; do mkdir "$dir" && mount -t tmpfs none "$dir" || exit; done
cp "$2" "$1/a/python3.11" && cp "$3" "$1/b/python3.11" || exit
size=$(($(stat -c %s "$2") + $(stat -L -c %s "$3")))
truncate -s $size "$1/a/python3.11" "$1/b/python3.11"
stat -c %i "$1/a/python3.11" "$1/b/python3.11" | uniq -d
read -r end
"""


@case(stage=LONG)
def scripts_namesake(bench):
    """A forged file of the same inode and size, elsewhere, does not take the names of the real one.

    A tmpfs numbers its files in turn, so the first files of two of them have one inode.
    """
    real = pathlib.Path("/usr/bin/python3").resolve()  # a host's own knows its library
    if not real.exists():
        raise Skip("needs /usr/bin/python3")
    directory = bench.copy("forged_python", "forged").parent
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    mounts = bench.processes.start(
        ["unshare", "--mount", "sh", "-c", TWO_FILES, "sh", directory, directory / "forged", real],
        **pipes,
    )
    if not mounts.stdout.readline().strip():
        raise Failure("expected two files with one inode")
    enter = ["nsenter", "--mount", "--target", str(mounts.pid), "env", "PYTHONHOME=/usr"]
    forged = bench.processes.start([*enter, directory / "a" / "python3.11"], **pipes)
    forged.stdout.readline()
    script = bench.processes.start(
        [*enter, directory / "b" / "python3.11", SCRIPTS.parent / "truth" / "runtimes" / "leak.py"],
        **pipes,
    )
    script.stdout.readline()
    agent = bench.agent(
        "--min-growth", "1", "--sample-after", "0",
        "--pid", str(forged.pid), "--pid", str(script.pid),
    )  # fmt: skip
    forged.stdin.write("\n")
    forged.stdin.flush()
    agent.wait_for(lambda a: a.open_leaks(), "a leak of the forged one", TOLD_S)
    agent.wait_quiet()  # its recipe is written by now
    script.stdin.write("\n")
    script.stdin.flush()

    def leaks():
        return [leak for leak in agent.open_leaks().values() if leak["pid"] == script.pid]

    agent.wait_for(lambda a: len(leaks()) >= 20, "20 leaks of the script", TOLD_S)
    without = [leak["stack"] for leak in leaks() if not seen_of(leak, "Python")]
    agent.stop()
    if without:
        raise Failure(f"expected functions of Python in all stacks, seen: {without[0]}")
    for process in (script, forged, mounts):
        process.stdin.close()
        process.wait(20)


@case
def scripts_cut_of_healthy(bench):
    """Too many frames of a socket that was closed in time are no loss: nobody is shown its stack."""
    if not pathlib.Path("/usr/bin/python3").exists():
        raise Skip("needs /usr/bin/python3")
    code = """
import socket, sys
sys.setrecursionlimit(10000)
def deep(levels):
    return deep(levels - 1) if levels else socket.socket()
deep(400).close()  # the program is met
print(flush=True)
for line in sys.stdin:
    made = deep(int(line))
    if line == "400\\n":
        made.close()
    print(flush=True)
"""
    process = bench.processes.start(["/usr/bin/python3", "-c", code], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    agent = bench.agent("--min-growth", "1", "--sample-after", "0", "--pid", str(process.pid))
    for levels in (400, 400, 1):
        process.stdin.write(f"{levels}\n")
        process.stdin.flush()
        process.stdout.readline()
        agent.full_sweeps(1)
    agent.wait_for(lambda a: a.open_leaks(), "the one that leaks", TOLD_S)
    dropped = agent.stop()["dropped"]
    process.stdin.close()
    process.wait(20)
    if dropped["script_cut"] or dropped["script_fault"]:
        raise Failure(f"expected no loss, seen: {dropped}")
