# SPDX-License-Identifier: BSD-2-Clause
"""Completion: what bash and fish offer for a line, as they themselves say; zsh reads its file."""

import os
import re
import shlex
import shutil
import subprocess

from cases.manuals import built
from lib import help as help_text
from lib.hooks import KINDS
from lib.outcome import Failure, Skip
from lib.registry import case


def bash(bench, *words):
    """The words that bash offers for the last of these, as it splits them (at = too)."""
    script = (
        f"source {shlex.quote(str(built(bench, 'completion/bash')))}\n"
        f"COMP_WORDS=({shlex.join(['sockleak', *words])}) COMP_CWORD={len(words)}\n"
        '_sockleak; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-u", "-c", script], capture_output=True, text=True, check=False,
        cwd=bench.directory,
    )
    if done.stderr:
        raise Failure(f"expected bash to complete {words}, seen: {done.stderr}")
    return [line for line in done.stdout.splitlines() if line]


def options_of(reported, command):
    mine = [option for option in reported.options if option.is_of(command)]
    return {f"--{option.name}" for option in mine} | {
        f"-{option.letter}" for option in mine if option.letter
    }


def expect_equal(what, wanted, seen):
    if set(seen) != set(wanted):
        raise Failure(f"expected of {what}: {sorted(wanted)}, seen: {sorted(seen)}")


@case
def completion_bash(bench):
    reported = help_text.read(bench)
    expect_equal("no word", reported.commands, bash(bench, ""))
    expect_equal("-", options_of(reported, "trace"), bash(bench, "-"))
    for command in reported.commands:
        expect_equal(f"{command} -", options_of(reported, command), bash(bench, command, "-"))
    # An option's argument is no command, wherever the two stand.
    expect_equal("--comm scan -", options_of(reported, "trace"), bash(bench, "--comm", "scan", "-"))
    expect_equal("--comm=scan -", options_of(reported, "trace"),
                 bash(bench, "--comm", "=", "scan", "-"))
    expect_equal("-q scan -", options_of(reported, "scan"), bash(bench, "-q", "scan", "-"))
    expect_equal("--top 3 scan --err", ["--error-exitcode"],
                 bash(bench, "--top", "3", "scan", "--err"))
    expect_equal("scan and no word", [], bash(bench, "scan", ""))


@case
def completion_bash_arguments(bench):
    (bench.directory / "completion dir").mkdir()
    (bench.directory / "completion file").touch()
    expect_equal("--hooks", ["auto", *KINDS], bash(bench, "--hooks", ""))
    expect_equal("--hooks=", ["auto", *KINDS], bash(bench, "--hooks", "="))
    expect_equal("--hooks=r", ["raw_syscalls", "raw_tp"], bash(bench, "--hooks", "=", "r"))
    expect_equal("--hooks kp", ["kprobe.multi"], bash(bench, "--hooks", "kp"))
    expect_equal("--class pr", ["probed"], bash(bench, "--class", "pr"))
    expect_equal("a list", ["probed,connect_failed"], bash(bench, "--class", "probed,c"))
    again = bash(bench, "--class", "probed,")
    if "probed,probed" in again or "probed,all" not in again:
        raise Failure(f"expected a class once in a list, seen: {again}")
    expect_equal("--output", ["completion dir", "completion file"],
                 bash(bench, "--output", "completion"))
    pids = bash(bench, "-p", str(os.getpid()))  # others may begin with the same digits
    if str(os.getpid()) not in pids or not all(pid.startswith(str(os.getpid())) for pid in pids):
        raise Failure(f"expected process ids that begin with {os.getpid()}, seen: {pids}")
    expect_equal("--uid", ["root"], [name for name in bash(bench, "--uid", "roo")])
    expect_equal("--interval", [], bash(bench, "--interval", ""))
    cgroup = os.path.basename(bench.cgroups.make())
    expect_equal("--cgroup", [cgroup + "/"], bash(bench, "--cgroup", cgroup))
    if "python3" not in bash(bench, "--comm", "python"):
        raise Failure("expected our own comm of --comm")


@case
def completion_fish(bench):
    if not shutil.which("fish"):
        raise Skip("no fish on this host")
    reported = help_text.read(bench)
    file = str(built(bench, "completion/fish"))

    def fish(line):
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source {file}; complete -C {shlex.quote(line)}"],
            capture_output=True, text=True, check=False,
            env={**os.environ, "HOME": str(bench.directory)},
        )
        if done.returncode or done.stderr:
            raise Failure(f"expected fish to complete {line!r}, seen: {done.stderr}")
        return [found.split("\t")[0] for found in done.stdout.splitlines()]

    expect_equal("no word", reported.commands, fish("sockleak "))
    for command in reported.commands:
        wanted = {name for name in options_of(reported, command) if name.startswith("--")}
        seen = [name.rstrip("=") for name in fish(f"sockleak {command} --")]
        expect_equal(f"{command} --", wanted, seen)
    expect_equal("--hooks", ["auto", *KINDS], fish("sockleak --hooks "))
    expect_equal("a list", ["probed,connect_failed"], fish("sockleak --class probed,connect"))
    cgroup = os.path.basename(bench.cgroups.make())
    expect_equal("--cgroup", [cgroup + "/"], fish(f"sockleak --cgroup {cgroup}"))


@case
def completion_zsh(bench):
    """It parses, and compinit takes it for sockleak's."""
    if not shutil.which("zsh"):
        raise Skip("no zsh on this host")
    directory = bench.directory / "zsh"
    directory.mkdir()
    shutil.copy(built(bench, "completion/zsh"), directory / "_sockleak")
    script = (
        f"fpath=({directory} $fpath); autoload -Uz compinit; compinit -u -D\n"
        "zsh -n $fpath[1]/_sockleak; autoload +X _sockleak; print $_comps[sockleak]"
    )
    done = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode or done.stderr or done.stdout != "_sockleak\n":
        raise Failure(f"expected _sockleak, seen: {done.stdout}{done.stderr}")
    text = (directory / "_sockleak").read_text(encoding="utf-8")
    reported = help_text.read(bench)
    for command in reported.commands:
        part = text.split(f"\t({command}) options=(\n")[1].split("\t\t) ;;")[0]
        seen = set(re.findall(r"'\*?(--[a-z-]+)=?\[", part))
        for both in re.findall(r"\{(-\w)\+?,(--[a-z-]+)=?\}'\[", part):
            seen |= set(both)
        expect_equal(f"zsh's {command}", options_of(reported, command), seen)
