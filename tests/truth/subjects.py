# SPDX-License-Identifier: BSD-2-Clause
"""subjects: the programs whose stacks are compared, how each is started and what it needs."""

import dataclasses
import pathlib
import shutil
import subprocess

from lib.outcome import Failure, Skip
from lib.processes import copy_program

SCRIPTS = pathlib.Path(__file__).parent


@dataclasses.dataclass
class Subject:
    name: str
    what: str  # for the table
    program: str = ""  # below the directory of compiled programs
    script: str = ""  # beside this file, run by `runtime`
    runtime: tuple = ()  # commands that would do, the first one that is there is taken
    options: tuple = ()  # of the runtime
    place: str = ""  # "unshare", "chroot": another mount namespace or root; "deleted"
    strip: bool = False
    cut: bool = False  # sockleak cannot have all of the stack: its frames are the inner ones
    unstripped: bool = False  # gdb is given the program before it was stripped, for its CFI
    compiler: str = ""  # without it `program` is not built, and the subject is skipped


SUBJECTS = [
    Subject("library", "C, no frame pointers, shared library", "c_library"),
    Subject("nonpie", "C, not position independent", "nonpie"),
    Subject("static", "C, static", "static"),
    Subject("static_pie", "C, static PIE", "static_pie"),
    Subject("stripped", "C with a library, stripped", "c_library", strip=True),
    Subject("stripped_static", "C, static, stripped", "static", strip=True),
    Subject("cpp", "C++, exceptions and inlining", "cpp"),
    Subject("signal", "C, signal handlers", "signals"),
    Subject("altstack", "C, handlers on stacks of their own", "altstack"),
    Subject("thread", "C, thread", "thread"),
    Subject("coroutine", "C, coroutine (swapcontext)", "coroutine"),
    Subject("deep", "C, deeper than the snapshot", "deep", cut=True),
    Subject("large_frame", "C, frames larger than the snapshot", "large_frame"),
    Subject("unshare", "C, mount namespace of its own", "c_library", place="unshare"),
    Subject("chroot", "C, chroot of bind mounts", "c_library", place="chroot"),
    Subject("deleted", "C, executable and library deleted", "c_library", place="deleted"),
    Subject("rust", "Rust", "rust", compiler="rustc"),
    Subject("go", "Go", "go", compiler="go"),
    Subject("go_stripped", "Go, stripped", "go", compiler="go", strip=True, unstripped=True),
    Subject("python", "Python", script="leak.py", runtime=("/usr/bin/python3", "python3")),
    Subject("ruby", "Ruby", script="leak.rb", runtime=("ruby",)),
    Subject("perl", "Perl", script="leak.pl", runtime=("perl",)),
    Subject("node", "Node.js", script="leak.js", runtime=("node", "nodejs")),
    Subject("java", "Java", "Leak.class", runtime=("java",), compiler="javac"),
]


def find(subject):
    """The runtime's command, or None for a compiled program."""
    for command in subject.runtime:
        if shutil.which(command):
            return shutil.which(command)
    if subject.runtime:
        raise Skip(f"no {subject.runtime[-1]} on this host")
    return None


def build_directory(subject, programs):
    if not (programs / subject.program).exists():
        if subject.compiler and not shutil.which(subject.compiler):
            raise Skip(f"no {subject.compiler} on this host")
        raise Failure(f"truth program {programs / subject.program} is not built")
    return programs


def own_copy(subject, programs, directory):
    """Program and library where they can be stripped, moved, deleted."""
    directory.mkdir()
    for name in (subject.program, "libtruth.so"):
        copy_program(programs / name, directory / name)
        if subject.strip:
            subprocess.run(["strip", str(directory / name)], check=True)
    return directory / subject.program


def command(subject, programs, directory):
    """The command line; Skip when something is not here."""
    runtime = find(subject)
    if subject.script:
        return [runtime, *subject.options, str(SCRIPTS / subject.script)]
    build_directory(subject, programs)
    if runtime:
        return [runtime, *subject.options, "-cp", str(programs), "Leak"]
    if not (subject.place or subject.strip):
        return [str(programs / subject.program)]
    path = own_copy(subject, programs, directory / subject.name)
    return wrapped(subject, path)


def wrapped(subject, path):
    """In its place; no fork, so that the pid is the program's."""
    if subject.place == "unshare":  # the file is at another path there, and nowhere else
        inner = f"mount --bind {path.parent} /mnt && exec /mnt/{path.name}"
    elif subject.place == "chroot":  # without /proc, so without $ORIGIN
        root = path.parent / "root"
        root.mkdir()
        mounts = [f"mkdir -p {root}{d} && mount --rbind {d} {root}{d}" for d in ("/lib", "/usr")]
        mounts += [f"mkdir -p {root}/app && mount --bind {path.parent} {root}/app"]
        mounts += [f"ln -s usr/lib64 {root}/lib64"]
        inner = " && ".join(mounts)
        inner += f" && LD_LIBRARY_PATH=/app exec chroot {root} /app/{path.name}"
    else:
        return [str(path)]
    return ["unshare", "-m", "sh", "-c", inner]


def remove_files(subject, directory):
    """Once it runs."""
    if subject.place == "deleted":
        for file in (directory / subject.name).iterdir():
            file.unlink()
