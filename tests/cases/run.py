# SPDX-License-Identifier: BSD-2-Clause
"""`sockleak run`: a program is started, watched with its children, and judged at its end.

The test programs end when their stdin does: with /dev/null as that, what they expect to be an open
leak is what they leave at their end.
"""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import xml.etree.ElementTree

from lib.outcome import Failure
from lib.processes import copy_program
from lib.registry import case, cases
from lib.validation import VALIDATOR

PATIENCE_S = 60
# Each leaves what it says in its one phase, and nothing else.
PROGRAMS = (
    "held", "held_unix", "held_inet6", "probed", "connect_refused", "bind_failed", "bound_only",
    "connected", "listening", "udp_used", "socketpair", "netlink_used", "netlink_never_used",
    "dup_early", "accepted",
)


def python(code):
    return [sys.executable, "-c", textwrap.dedent(code)]


def run(bench, *args, command, timeout=PATIENCE_S, **kwargs):
    """(status, the program's stdout, stderr)."""
    return bench.run("run", *args, "--", *command, timeout=timeout, **kwargs)


def judged(bench, *args, command, status=0, may_lose=(), **kwargs):
    """(events, summary, the program's stdout), each line checked against the schema."""
    path = bench.directory / f"run-{os.getpid()}-{time.monotonic_ns()}.jsonl"
    seen, out, errors = run(bench, "--json", "--output", path, *args, command=command, **kwargs)
    if seen != status:
        raise Failure(f"expected exit status {status}, seen {seen}: {errors}")
    lines = path.read_text()
    check = subprocess.run([sys.executable, str(VALIDATOR)], input=lines, capture_output=True,
                           text=True, check=False)
    if check.returncode:
        raise Failure(f"the schema: {check.stdout}{check.stderr}"[-2000:])
    events = [json.loads(line) for line in lines.splitlines()]
    if not events or events[-1]["type"] != "summary" or events[-1]["mode"] != "run":
        raise Failure(f"expected a summary of mode run as the last line, seen: {events[-1:]}")
    lost = lost_by(events[-1], may_lose)
    if lost:
        raise Failure(f"expected that nothing is lost, seen: {lost}")
    return events[:-1], events[-1], out


def lost_by(summary, may_lose=()):
    # names of a script, which are in the memory of what has ended
    return {name: count for name, count in summary["dropped"].items()
            if count and name not in ("script_unnamed", *may_lose)}


def expect_open(summary, count):
    if summary["open"] != count:
        raise Failure(f"expected {count} to be left open, seen: {summary['open']}")


def expected_leaks(out):
    """Of a test program: inode -> {field: alternatives}."""
    leaks = {}
    for line in out.splitlines():
        words = line.split()
        if words[:2] == ["expect", "leak"]:
            fields = dict(word.partition("=")[::2] for word in words[2:])
            leaks[int(fields.pop("inode"))] = {
                key: value.split("|") for key, value in fields.items()}
        elif words[:1] == ["broken"] or words[:1] == ["skip"]:
            raise Failure(f"the test program: {line}")
    return leaks


@cases(names=[f"run_{name}" for name in PROGRAMS])
def run_programs(bench):
    """What a program says that it leaves is what is reported: each class, and what is in use."""
    for name in PROGRAMS:
        if not bench.wants(f"run_{name}"):
            continue
        try:
            events, summary, out = judged(bench, command=[bench.programs / name])
            expected = expected_leaks(out)
            seen = {event["inode"]: event for event in events}
            if seen.keys() != expected.keys() or summary["open"] != len(expected):
                raise Failure(f"expected {expected}, seen: {events}")
            for inode, fields in expected.items():
                wrong = "class" in fields and seen[inode]["class"] not in fields["class"]
                if wrong or seen[inode]["stack_source"] != "snapshot":
                    raise Failure(f"expected {fields} and a whole stack, seen: {seen[inode]}")
        except Failure as failure:
            yield f"run_{name}", failure
        else:
            yield f"run_{name}", None


@case
def run_looked_at(bench):
    """A program that sweeps have looked at, and that ends a moment later, has its whole stack."""
    events, _, _ = judged(bench, "--interval", "50ms", command=python("""
        import os, socket, time
        kept = socket.socket()
        time.sleep(0.3)
        os._exit(0)
    """))
    if len(events) != 1 or events[0]["stack_source"] != "snapshot":
        raise Failure(f"expected one leak with its whole stack, seen: {events}")


@case
def run_bounded(bench):
    """No more are kept than --max-sockets; the others are counted as lost, by whichever bound."""
    held = bench.programs / "held"
    path = bench.directory / "bounded.jsonl"
    run(bench, "--json", "--max-sockets", "3", "--output", path,
        command=["sh", "-c", f"for i in 1 2 3 4 5; do {held} > /dev/null; done"])
    summary = json.loads(path.read_text().splitlines()[-1])
    lost = sum(summary["dropped"][name] for name in ("left_not_kept", "map_full"))
    if summary["open"] > 3 or summary["open"] + lost < 5:
        raise Failure(f"expected 3 of 5, and 2 counted as lost, seen: {summary['open']}, {lost}")


@case
def run_exit_status(bench):
    """The program's own status, or what a shell has for one that a signal ends or it cannot run."""
    script = bench.directory / "not-executable"
    script.write_text("")
    for command, expected, word in (
        (["sh", "-c", "exit 0"], 0, ""), (["sh", "-c", "exit 7"], 7, "exited with 7"),
        (["sh", "-c", "kill -KILL $$"], 137, "ended by SIGKILL"),
        (["sh", "-c", "kill -SEGV $$"], 139, "ended by SIGSEGV"),
        (["sockleak-no-such-program"], 127, "cannot execute 'sockleak-no-such-program': No such"),
        ([str(script)], 126, "Permission denied"),
    ):
        status, _, errors = run(bench, command=command)
        if status != expected or word not in errors:
            raise Failure(f"{command}: expected {expected} and '{word}', seen {status}: {errors}")


@case
def run_reaps_adopted_children(bench):
    """A process cloned with CLONE_PARENT is sockleak's child then, and no zombie stays of it."""
    number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    code = f"""
        import ctypes, os, signal, sys, time
        CLONE_PARENT = 0x8000
        pid = ctypes.CDLL(None).syscall({number}, CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0)
        if not pid:
            os._exit(0)
        until = time.monotonic() + 30
        while os.path.exists(f"/proc/{{pid}}"):
            if time.monotonic() > until:
                sys.exit(3)
            time.sleep(0.02)
    """
    status, _, errors = run(bench, command=python(code))
    if status:
        raise Failure(f"expected 0, seen {status}: {errors}")


@case
def run_own_failures(bench):
    """sockleak's own failures have the status of env and timeout, and the program does not run."""
    mark = bench.directory / "it-ran"
    command = ["touch", str(mark)]
    nowhere = bench.directory / "none" / "file"
    for args, word in (
        (["--output", nowhere], "cannot write to --output"),
        (["--junit", nowhere], "cannot write to --junit"),
        (["--user", "sockleak-nobody"], "there is no such user"),
        (["--suppress", nowhere], "cannot read"),
    ):
        status, _, errors = run(bench, *args, command=command)
        if status != 125 or word not in errors or mark.exists():
            raise Failure(f"{args}: expected 125 and '{word}', seen {status}: {errors}")
    for args, word in (
        (["run"], "which program?"),
        (["run", "--"], "which program?"),
        (["run", "--error-exitcode", "256", "--", "true"], "--error-exitcode"),
        (["run", "--no-such-option", "--", "true"], "is not known"),
        (["--quiet", "--verbose", "run", "--", "true"], "exclude each other"),
    ):
        status, _, errors = bench.run(*args)
        if status != 125 or word not in errors:
            raise Failure(f"{args}: expected 125 and '{word}', seen {status}: {errors}")


@case
def run_without_rights(bench):
    """An unprivileged runner gets one line with the remedy, and the program does not run."""
    mark = bench.directory / "it-ran"
    sockleak = copy_program(bench.sockleak, bench.directory / "sockleak-of-run")
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"]
    status, _, errors = bench.run(
        command=drop + [str(sockleak), "run", "--", "touch", str(mark)])
    lines = errors.splitlines()
    if status != 125 or mark.exists() or len(lines) != 1 or "as root" not in lines[0]:
        raise Failure(f"expected 125 and one line with the remedy, seen {status}: {errors}")


CONTAINER = """
set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
for tree in proc sys dev; do mount --rbind "/$tree" "$1/root/$tree"; done
mkdir "$1/root/builds"
cp "$2" "$1/root/builds/sockleak"
cp "$3" "$1/root/builds/held"
exec chroot "$1/root" sh -c 'cd /builds && exec ./sockleak run --error-exitcode 9 -- ./held'
"""


@case
def run_in_container(bench):
    """As in a privileged container with the host's pids: what ended has its names on an overlay."""
    directory = bench.directory / "container"
    directory.mkdir()
    status, _, errors = bench.run(
        command=["unshare", "--mount", "--uts", "--ipc", "sh", "-c", CONTAINER, "sh",
                 str(directory), bench.sockleak, str(bench.programs / "held")],
        timeout=PATIENCE_S)
    if status != 9 or "in make_socket (held) at" not in errors or "#2  main (held)" not in errors:
        raise Failure(f"expected 9 and a stack with names, seen {status}: {errors}")


@case
def run_error_exitcode(bench):
    """A status of its own if something is left, unless it is suppressed or did not grow."""
    held, connected = bench.programs / "held", bench.programs / "connected"
    report = run(bench, "-v", command=[held])[2]
    entries = report[report.index("To suppress these"):].splitlines()[1:]
    entries = entries[:next((n for n, line in enumerate(entries) if not line), len(entries))]
    file = bench.directory / "suppress"
    file.write_text("\n".join(entries) + "\n")
    for args, command, expected in (
        ((), held, 9), ((), connected, 0), (("--suppress", file), held, 0),
        (("--leak-check", "growth"), held, 0), (("--class", "connect_failed"), held, 0),
    ):
        status, _, errors = run(bench, "--error-exitcode", "9", *args, command=[command])
        said = "but for 1 suppressed" in errors
        if status != expected or said != ("--suppress" in args):
            raise Failure(f"{args} {command}: expected {expected}, seen {status}: {errors}")


@case
def run_children(bench):
    """Those of children, threads, a daemon and another program are found; what is used is not."""
    code = """
        import os, socket, subprocess, sys, time
        def leak():
            socket.socket().detach()
        gone, alive = os.pipe()
        if os.fork() == 0:               # a child
            leak()
            os._exit(0)
        if os.fork() == 0:               # a daemon: orphaned before it leaks
            os.setsid()
            parent = os.getpid()
            if os.fork() == 0:
                while os.getppid() == parent:
                    time.sleep(0.001)
                leak()
            os._exit(0)
        os.close(alive)
        os.read(gone, 1)                 # until all have ended
        subprocess.run([sys.executable, "-c",
                        "import socket, os; socket.socket().detach(); os._exit(0)"])
        leak()
    """
    events, summary, _ = judged(bench, command=python(code))
    expect_open(summary, 4)
    if len({event["pid"] for event in events}) != 4:
        raise Failure(f"expected them of four processes, seen: {events}")


@case
def run_shared(bench):
    """A socket that parent and child have is reported once, by the last one, if nobody uses it."""
    code = """
        import os, socket, sys, time
        listener = socket.create_server(("127.0.0.1", 0))
        gone, alive = os.pipe()
        if os.fork() == 0:
            parent = os.getpid()
            shared = socket.socket()
            if os.fork() == 0:
                while os.getppid() == parent:
                    time.sleep(0.001)
                if sys.argv[1] == "use":
                    shared.connect(listener.getsockname())
            os._exit(0)                  # the parent ends first
        os.close(alive)
        os.read(gone, 1)                 # until both have ended
        os._exit(0)
    """
    for word, count in (("leave", 1), ("use", 0)):
        _, summary, _ = judged(bench, command=python(code) + [word])
        expect_open(summary, count)


@case
def run_exec(bench):
    """exec closes what is SOCK_CLOEXEC; what is not is left by the next program."""
    code = """
        import os, socket, sys
        kept, closed = socket.socket(), socket.socket()
        kept.set_inheritable(True)
        os.execv("/bin/true", ["true"])
    """
    events, summary, _ = judged(bench, command=python(code))
    expect_open(summary, 1)
    if events[0]["comm"] != "true":
        raise Failure(f"expected it of 'true', seen: {events}")


@case
def run_growth(bench):
    """--leak-check growth: a site that goes on making sockets counts, a pool of old ones does not."""
    code = """
        import os, socket, sys, time
        def pool():
            return [socket.socket() for _ in range(20)]
        def leak():
            socket.socket().detach()
        kept = pool()
        for _ in range(8 if sys.argv[1] == "leak" else 0):
            leak()
            time.sleep(0.15)
        os._exit(0)                      # Python itself would close the pool
    """
    args = ("--leak-check", "growth", "--interval", "50ms", "--error-exitcode", "9")
    status, _, errors = run(bench, *args, command=python(code) + ["pool"])
    if status or "no site grew" not in errors:
        raise Failure(f"a pool: expected 0 and that none grew, seen {status}: {errors}")
    status, _, errors = run(bench, *args, command=python(code) + ["leak"])
    if status != 9 or "8 sockets were open until the end or the last moment" not in errors:
        raise Failure(f"a leak: expected 9 and 8 sockets of a site, seen {status}: {errors}")


@case
def run_names_scripts(bench):
    """A function of a script has its name, though the script has ended when the report is made."""
    code = """
        import os, socket, time
        def forgets():
            socket.socket().detach()
        for _ in range(40):              # one of them is named if a sweep comes in time
            forgets()
            time.sleep(0.05)
        os._exit(0)
    """
    events, _, _ = judged(bench, "--interval", "50ms", command=python(code))
    named = [event for event in events if event["culprit"]["function"] == "forgets"]
    if len(events) != 40 or not named:
        raise Failure(f"expected 40 sockets, some of 'forgets', seen: {len(events)}, {events[-1:]}")


@case
def run_still_running(bench):
    """A daemon that goes on is counted, and not waited for."""
    code = """
        import os, signal
        if os.fork() == 0:
            os.setsid()
            print(os.getpid(), flush=True)
            os.close(1), os.close(2)
            signal.pause()
    """
    _, summary, out = judged(bench, command=python(code))
    os.kill(int(out), signal.SIGKILL)
    if summary["run"]["still_running"] != 1:
        raise Failure(f"expected one process that goes on, seen: {summary['run']}")


@case
def run_passes_stdin(bench):
    """Input and output are the program's own; the report is on stderr, or in a file."""
    process = bench.processes.start(
        [bench.sockleak, "run", "--", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    out, errors = process.communicate("a line\n", timeout=PATIENCE_S)
    if process.returncode or out != "a line\n" or "No leaked sockets" not in errors:
        raise Failure(f"expected the line and a report, seen {process.returncode}: {out} {errors}")
    path = bench.directory / "report"
    status, out, errors = run(bench, "--output", path, command=["echo", "hello"])
    if status or out != "hello\n" or errors or "No leaked sockets" not in path.read_text():
        raise Failure(f"expected the report in a file alone, seen {status}: {out} {errors}")


def state(*command):
    """What a program has from its parent: descriptors, signals, rights and limits."""
    return list(command) + python("""
        import os
        for fd in sorted(os.listdir("/proc/self/fd"), key=int):
            try:
                print("fd", fd, os.readlink(f"/proc/self/fd/{fd}").split(":")[0])
            except OSError:
                pass                     # that of the listing
        for line in open("/proc/self/status"):
            if line.startswith(("Sig", "Shd", "Cap", "NoNew", "Seccomp", "Groups", "Uid")):
                print(line.split()) if not line.startswith("SigQ") else None
        print(open("/proc/self/limits").read())
        print(os.nice(0), os.umask(0), os.getcwd(), sorted(os.environ.items()))
    """)


@case
def run_inherits_nothing(bench):
    """The program has the descriptors, signals, rights and limits that it has without sockleak."""
    read_end, write_end = os.pipe()
    try:
        for prefix in (["sh", "-c", 'exec "$@"', "sh"],
                       ["sh", "-c", 'trap "" HUP USR2; exec "$@" 0<&-', "sh"]):
            kwargs = {"pass_fds": (write_end,), "stdin": subprocess.DEVNULL}
            bare = bench.run(command=state(*prefix), **kwargs)
            seen = bench.run(command=prefix + [bench.sockleak, "run", "--", *state()],
                             timeout=PATIENCE_S, **kwargs)
            if bare[0] or bare[1] != seen[1]:
                raise Failure(f"expected\n{bare[1]}{bare[2]}seen\n{seen[1]}{seen[2]}")
    finally:
        os.close(read_end)
        os.close(write_end)


@case
def run_user(bench):
    """--user: the program has that user's rights and groups, and its leaks are still found."""
    held = bench.copy("held", "held")
    events, _, out = judged(bench, "--user", "nobody", command=[
        "sh", "-c", '"$1"; cat /proc/self/status', "sh", str(held)])
    if "Uid:\t65534\t65534\t65534" not in out or "CapEff:\t0000000000000000" not in out:
        raise Failure(f"expected the rights of nobody, seen: {out}")
    if len(events) != 1 or events[0]["uid"] != 65534:
        raise Failure(f"expected its leak, seen: {events}")


def read_junit(path):
    """(tests, failures, test cases), if the document is as servers want it."""
    root = xml.etree.ElementTree.parse(path).getroot()
    suites = list(root)
    if root.tag != "testsuites" or [suite.tag for suite in suites] != ["testsuite"]:
        raise Failure(f"expected one suite, seen: {root.tag} {suites}")
    suite = suites[0]
    tests = suite.findall("testcase")
    failures = [test for test in tests if test.find("failure") is not None]
    for element in (root, suite):
        counts = {"tests": len(tests), "failures": len(failures), "errors": 0}
        wrong = {name: element.get(name) for name, count in counts.items()
                 if element.get(name) != str(count)}
        if wrong or element.get("name") != "sockleak" or float(element.get("time")) < 0:
            raise Failure(f"expected {counts}, seen: {element.attrib}")
    time.strptime(suite.get("timestamp"), "%Y-%m-%dT%H:%M:%S.%fZ")
    bad = [test.attrib for test in tests if not test.get("name") or not test.get("classname")]
    if bad or len({(test.get("classname"), test.get("name")) for test in tests}) != len(tests):
        raise Failure(f"expected test cases with names of their own, seen: {bad or tests}")
    return len(tests), len(failures), tests


@case
def run_junit(bench):
    """A failed test case for each site, with its stack; or one that passed."""
    path = bench.directory / "junit.xml"
    hostile = bench.copy("held", "<&\"'\x01>")
    run(bench, "--junit", path, command=["sh", "-c", '"$1"; "$2"', "sh", str(hostile),
                                         str(bench.programs / "connect_refused")])
    tests, failures, cases_seen = read_junit(path)
    texts = [test.find("failure").text for test in cases_seen]
    if (tests, failures) != (2, 2) or not all("#0" in text and "main" in text for text in texts):
        raise Failure(f"expected two failures with stacks, seen {tests}, {failures}: {texts}")
    if not any("<&\"'" in test.get("classname") for test in cases_seen):
        raise Failure(f"expected the program's name, seen: {[t.attrib for t in cases_seen]}")
    run(bench, "--junit", path, command=[bench.programs / "connected"])
    if read_junit(path)[:2] != (1, 0):
        raise Failure(f"expected one test case that passed, seen: {path.read_text()}")
