# SPDX-License-Identifier: BSD-2-Clause
"""--pprof and --folded: what a decoder of its own and pprof itself read in the files."""

import base64
import email
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from lib.cgroups import inside
from lib.outcome import Failure, Skip
from lib.pprof import Profile
from lib.registry import case
from lib.validation import VALIDATOR

TYPES = [("sockets_created", "count"), ("age", "seconds"), ("sockets_open", "count")]


def watch_profiles(bench, name, *args, **kwargs):
    """An agent that writes both files of these, and their paths."""
    profile, folded = bench.directory / f"{name}.pb.gz", bench.directory / f"{name}.folded"
    agent = bench.agent("--comm", name, "--pprof", profile, "--folded", folded, *args, **kwargs)
    return agent, profile, folded


def go_environment(home):
    """For pprof, which writes to its home."""
    return {**os.environ, "HOME": str(home), "PPROF_TMPDIR": str(home), "GOCACHE": str(home)}


def pprof(bench, *args):
    """What `go tool pprof` prints."""
    if not shutil.which("go"):
        raise Skip("go is not installed")
    home = bench.directory / "go"  # it writes there what it fetches
    home.mkdir(exist_ok=True)
    done = subprocess.run(["go", "tool", "pprof", *map(str, args)], capture_output=True, text=True,
                          check=False, timeout=120, env=go_environment(home))
    if done.returncode:
        raise Failure(f"expected pprof to read it, seen: {done.returncode}: {done.stderr}")
    return done.stdout


def wait_for_profile(agent, path, is_right, what):
    """Ask for reports until the profile in them is right."""

    def written(agent):
        agent.full_sweeps(0)
        return path.exists() and is_right(Profile(path))

    agent.wait_for(written, what)
    return Profile(path)


def expect_lines(text, *patterns):
    for pattern in patterns:
        if not re.search(pattern, text, re.M):
            raise Failure(f"expected {pattern!r}, seen:\n{text}")


@case
def pprof_of_a_trace(bench):
    """With each report, and at the end: function, line, labels and mappings of a leak."""
    agent, path, folded = watch_profiles(bench, "profiled")
    program = bench.program(str(bench.copy("growing", "profiled")), 12, agents=[agent])
    profile = wait_for_profile(agent, path, lambda p: p.open() == 12, "12 sockets in the profile")
    event = next(iter(agent.open_leaks().values()))
    program.next_phase()
    program.wait_ready()
    wait_for_profile(agent, path, lambda p: not p.open(), "a profile without open sockets")
    program.end()
    agent.stop()
    (sample,) = profile.samples
    wanted = {"comm": "profiled", "class": "never_used", "family": "AF_INET", "pid": program.pid,
              "site": event["site"], "culprit": "make_socket"}
    wanted |= {key: event[key] for key in ("unit", "machine", "container", "pod") if event[key]}
    if sample.labels != wanted:
        raise Failure(f"expected the labels {wanted}, seen: {sample.labels}")
    if profile.types != TYPES or profile.default_type != "sockets_open":
        raise Failure(f"expected {TYPES}, seen: {profile.types}, {profile.default_type}")
    frames = [(f["function"], f["file"] or "", f["line"] or 0) for f in event["stack"]
              if f["function"]]
    if sample.frames != frames[1:] or sample.functions[:2] != ["make_socket", "main"]:
        raise Failure(f"expected {frames} without libc's socket, seen: {sample.frames}")
    module = event["stack"][1]["module"]
    if profile.mappings[module]["build_id"] != event["stack"][1]["build_id"]:
        raise Failure(f"expected the build id of {module}, seen: {profile.mappings}")
    if next(iter(profile.mappings)) != module:
        raise Failure(f"expected the program as the first mapping, seen: {profile.mappings}")
    # At the end all were closed: what is left is that they were created.
    (ended,) = Profile(path).samples
    if ended.values != {"sockets_open": 0, "sockets_created": 12, "age": 0}:
        raise Failure(f"expected 12 that have ended, seen: {ended.values}")
    if "pid" in ended.labels or ended.labels["site"] != event["site"] or folded.read_text():
        raise Failure(f"expected a site without a process, seen: {ended.labels}")
    left = sorted(p.name for p in bench.directory.glob("profiled.*"))
    if left != ["profiled.folded", "profiled.pb.gz"]:
        raise Failure(f"expected the two files alone, seen: {left}")


@case
def pprof_reads_it(bench):
    """`go tool pprof`: the function and its line, labels, ages, a scan beside a trace."""
    agent, path, folded = watch_profiles(bench, "pprofreads")
    program = bench.program(str(bench.copy("connect_refused", "pprofreads")), agents=[agent])
    wait_for_profile(agent, path, lambda p: p.open(), "a leak in the profile")
    scanned = bench.directory / "scanned.pb.gz"
    status, _, errors = bench.run("scan", "--comm", "pprofreads", "--history", agent.pid,
                                  "--pprof", scanned)
    agent.stop()
    program.end()
    if status:
        raise Failure(f"expected a scan, seen {status}: {errors}")
    count = Profile(path).open()
    for file in (path, scanned):
        expect_lines(pprof(bench, "-top", file), r"^Type: sockets_open$",
                     rf"^ +{count} +100% +100% +{count} +100%  make_socket$",
                     rf"^ +0 +0% +100% +{count} +100%  main$")
        expect_lines(pprof(bench, "-top", "-lines", file),
                     r"100%  make_socket tests/programs/program\.h:\d+$",
                     r"100%  main tests/programs/connect_refused\.c:\d+$")
        expect_lines(pprof(bench, "-tags", file), r"connect_failed", r"ECONNREFUSED",
                     r"127\.0\.0\.1:1$", rf"\b{program.pid}$")
    expect_lines(pprof(bench, "-top", "-sample_index=age", path), r"make_socket$")
    expect_lines(pprof(bench, "-comments", path), r"^sockleak ")
    site, other = bench.directory / "site.pb.gz", bench.directory / "other.pb.gz"
    wanted = Profile(path).samples[0].labels["site"]
    pprof(bench, "-proto", f"-output={site}", f"-tagfocus=site={wanted}", path)
    pprof(bench, "-proto", f"-output={other}", "-tagfocus=site=0000000000000000", path)
    expect_lines(bench.run("diff", path, site)[1], "no site has changed")
    expect_lines(bench.run("diff", other, site)[1], rf"^came +0 -> +{count}  make_socket")
    expect_lines(pprof(bench, "-top", "-diff_base", path, path), r"^Showing nodes .* for 0, 0% of")
    expect_lines(folded.read_text(), rf"\Approfreads;.*;main;make_socket {count}$")


@case
def pprof_of_a_run(bench):
    """Of `sockleak run`: what the program left open when it ended."""
    path, folded = bench.directory / "run.pb.gz", bench.directory / "run.folded"
    program = bench.copy("growing", "pprofrun")
    # It ends, with its sockets, when nobody answers.
    status, _, errors = bench.run("run", "--pprof", path, "--folded", folded, "--", program, 3,
                                  stdin=subprocess.DEVNULL)
    if Profile(path).open(comm="pprofrun") != 3 or not re.fullmatch(r"pprofrun;.* 3\n",
                                                                     folded.read_text()):
        raise Failure(f"expected 3 sockets, seen {status}: {folded.read_text()} {errors}")
    status, out, errors = bench.run("run", "--pprof", bench.directory / "no/p", "--", "echo", "begun")
    if not status or out or "cannot write to --pprof" not in errors:
        raise Failure(f"expected a refusal before the program begins, seen {status}: {out} {errors}")


@case
def pprof_of_nothing(bench):
    """A host without leaks gives a profile without samples, which pprof reads."""
    path, folded = bench.directory / "nothing.pb.gz", bench.directory / "nothing.folded"
    status, _, errors = bench.run("scan", "--comm", "nosuchcomm", "--pprof", path, "--folded",
                                  folded)
    if status != 2 or "nothing was scanned" not in errors:
        raise Failure(f"expected a scan of nothing, seen {status}: {errors}")
    if Profile(path).samples or folded.read_text():
        raise Failure(f"expected no samples, seen: {Profile(path).samples}")
    expect_lines(pprof(bench, "-top", path), r"^Type: sockets_open$", "0 total")


@case
def pprof_leaves_out_the_suppressed(bench):
    """What --suppress hides from a report is not in its profile either."""
    known = bench.directory / "known.ini"
    known.write_text("[here]\nfunction = make_socket\ncomm = pprofknown\n")
    agent, path, folded = watch_profiles(bench, "pprofknown", "--suppress", known)
    program = bench.program(str(bench.copy("held", "pprofknown")), agents=[agent])
    agent.wait_for(lambda a: a.full_sweeps(0) and a.summaries[-1][1]["suppressed"]["open"],
                   "a suppressed leak")
    agent.stop()
    program.end()
    if Profile(path).samples or folded.read_text():
        raise Failure(f"expected no samples, seen: {[s.labels for s in Profile(path).samples]}")


@case
def pprof_cannot_be_written(bench):
    """Seen at the start where it can be; later logged once, and the exit status says so."""
    for option in ("--pprof", "--folded"):
        for path, remedy in ((bench.directory / "missing/p", "create its directory"),
                             (bench.directory, "name a file")):
            status, out, errors = bench.run("--duration", "1ms", option, path)
            if status != 2 or out or f"cannot write to {option} {path}" not in errors or \
                    remedy not in errors:
                raise Failure(f"expected exit 2 and {remedy}, seen {status}: {errors}")
    directory = bench.directory / "removed"
    directory.mkdir()
    agent = bench.agent("--pprof", directory / "p.pb.gz", "--comm", "nosuchcomm")
    directory.rmdir()
    for reports in (1, 2):
        agent.process.send_signal(signal.SIGUSR1)
        agent.wait_for(lambda a, n=reports: len(a.of("summary")) >= n, "a report")
    agent.process.send_signal(signal.SIGINT)
    if agent.process.wait(20) != 1:
        raise Failure(f"expected exit 1, seen: {agent.describe()}")
    agent.take_lines()
    logged = [line for line in agent.errors if "--pprof" in line]
    if len(logged) != 1 or "create its directory" not in logged[0]:
        raise Failure(f"expected one line, seen: {agent.errors}")
    if len(agent.of("summary")) != 3:
        raise Failure(f"expected three reports, seen: {len(agent.of('summary'))}")


FAST = ("--older-than", "500ms", "--interval", "100ms")


def newest_in(directory):
    """The profiles of a directory, the oldest first."""
    return sorted(directory.glob("sockleak-*Z.pb.gz"))


@case
def agent_profiles_need_a_directory(bench):
    """A directory that is missing is said at the start, and by --check-config."""
    for more in ((), ("--check-config",)):
        status, _, errors = bench.run("agent", "--pprof-dir", bench.directory / "missing", *more)
        if status != 2 or "cannot write to --pprof-dir" not in errors:
            raise Failure(f"expected exit 2, seen {status}: {errors}")


def diff(bench, before, after, *args, status=0):
    """The lines of `sockleak diff --json`, each checked against the schema."""
    seen, out, errors = bench.run("diff", before, after, "--json", *args)
    if seen != status or errors:
        raise Failure(f"expected exit status {status}, seen {seen}: {errors}")
    check = subprocess.run([sys.executable, str(VALIDATOR)], input=out, capture_output=True,
                           text=True, check=False)
    if check.returncode:
        raise Failure(f"the schema: {check.stdout}{check.stderr}"[-2000:])
    return [json.loads(line) for line in out.splitlines()]


@case
def diff_of_profiles_and_json(bench):
    """A site that grows and one that comes: the same from profiles, from JSON, and from both."""
    group, path = bench.cgroups.make(), bench.directory / "differs.pb.gz"
    agent = bench.agent("--cgroup", group, "--pprof", path)

    def run(name, as_name, *args):
        return bench.program(str(bench.copy(name, as_name)), *args, agents=[agent],
                             inside=inside(group))

    few = run("growing", "differs", 2)
    wait_for_profile(agent, path, lambda p: p.open() == 2, "2 sockets in the profile")
    files = {}
    for name in ("before", "after"):
        if name == "after":
            many, other = run("growing", "differs", 3), run("probed", "comes")
            wait_for_profile(agent, path, lambda p: p.open() == 6, "6 sockets in the profile")
        pprof_file, json_file = bench.directory / f"{name}.pb.gz", bench.directory / f"{name}.json"
        bench.run("scan", "--cgroup", group, "--history", agent.pid, "--json", "--pprof",
                  pprof_file, "--output", json_file)
        files[name] = (pprof_file, json_file)
    sites = {event["pid"]: event["site"] for event in agent.open_leaks().values()}
    for program in (few, many, other):
        program.end()
    agent.stop()
    for before in files["before"]:
        for after in files["after"]:
            came, grew, summary = diff(bench, before, after, "--error-exitcode", 9, status=9)
            wanted = [("came", 0, 1, sites[other.pid]), ("grew", 2, 5, sites[few.pid])]
            seen = [(e["change"], e["open_before"], e["open_after"], e["site"])
                    for e in (came, grew)]
            if seen != wanted or {e["function"] for e in (came, grew)} != {"make_socket"}:
                raise Failure(f"expected {wanted}, seen: {came}, {grew}")
            if not grew["file"].endswith("program.h") or not grew["line"]:
                raise Failure(f"expected file and line, seen: {grew}")
            if (summary["came"], summary["grew"], summary["open_after"]) != (1, 1, 6):
                raise Failure(f"expected two sites, seen: {summary}")
        for same in files["before"]:
            if diff(bench, before, same, "--error-exitcode", 9)[0]["same"] != 1:
                raise Failure(f"expected no difference of {before} and {same}")
    status, out, _ = bench.run("diff", files["after"][0], files["before"][1])
    expect_lines(out, r"^6 sockets open before, 2 after: 1 site shrank, 1 site went$",
                 r"^shrank +5 -> +2  make_socket \(differs\) at tests/programs/program\.h:\d+$",
                 r"^went +1 -> +0  make_socket")
    if status:
        raise Failure(f"expected exit 0, seen: {status}")


@case
def diff_of_unknown_origin(bench):
    """A socket that no sockleak saw being created is the same in JSON and in a profile."""
    group = bench.cgroups.make()
    program = bench.program(str(bench.copy("held", "unseen")), inside=inside(group))
    files = [bench.directory / "unseen.jsonl", bench.directory / "unseen.pb.gz"]
    scan = ("scan", "--pid", program.process.pid)
    for args in (("--json", "--output", files[0]), ("--pprof", files[1])):
        status, _, errors = bench.run(*scan, *args)
        if status:
            raise Failure(f"expected exit 0, seen {status}: {errors}")
    seen = diff(bench, *files, "--error-exitcode", 9)
    program.end()
    if seen[-1]["same"] != 1:
        raise Failure(f"expected one site, the same in both, seen: {seen}")


@case
def diff_refuses(bench):
    """Files that are something else, and a command line that lacks one."""
    other = bench.directory / "other"
    other.write_text("hello\n")
    for args, status, part in (
        (("diff", other, other), 1, "neither the output of sockleak --json nor a profile"),
        (("diff", bench.directory / "missing", other), 1, "No such file or directory"),
        (("diff", bench.directory, other), 1, "Is a directory"),
        (("diff", other), 2, "Usage: sockleak diff BEFORE AFTER"),
        (("diff", other, other, other), 2, "unexpected argument"),
    ):
        seen, out, errors = bench.run(*args)
        if seen != status or out or part not in errors:
            raise Failure(f"expected {status} and {part!r}, seen {seen}: {out} {errors}")


class Pages:
    """`go tool pprof -http` on a port of its own."""

    def __init__(self, bench, path):
        home = bench.directory / "go"
        home.mkdir(exist_ok=True)
        self.process = bench.processes.start(
            ["go", "tool", "pprof", "-http=127.0.0.1:", "-no_browser", str(path)],
            stderr=subprocess.PIPE, text=True, env=go_environment(home))
        lines = []
        self.address = None
        while not self.address:
            lines.append(self.process.stderr.readline())
            self.address = re.search(r"http://(\S+)", lines[-1])
            if not lines[-1]:
                raise Failure(f"expected pages, seen: {lines}")

    def get(self, page):
        """It says where it listens before it does."""
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(f"http://{self.address[1]}/ui/{page}") as answer:
                    return answer.read().decode()
            except urllib.error.URLError as error:
                if time.monotonic() > deadline:
                    raise Failure(f"expected {page}, seen: {error}") from None
                time.sleep(0.05)


@case
def pprof_in_a_browser(bench):
    """The pages of `go tool pprof -http`: by function, as a flame graph, and of one tag."""
    if not shutil.which("go"):
        raise Skip("go is not installed")
    agent, path, _ = watch_profiles(bench, "browsed")
    program = bench.program(str(bench.copy("held", "browsed")), agents=[agent])
    wait_for_profile(agent, path, lambda p: p.open(), "a leak in the profile")
    agent.stop()
    program.end()
    pages = Pages(bench, path)
    for page in ("top", "flamegraph", "top?si=age", "top?tagfocus=comm%3Dbrowsed"):
        if "make_socket" not in pages.get(page):
            raise Failure(f"expected the leak in {page}, seen: {pages.get(page)[-2000:]}")
    bench.processes.end(pages.process, 0)


def documented(word):
    """The command of docs/profiles.md that holds the word."""
    page = (pathlib.Path(__file__).parents[2] / "docs" / "profiles.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S)
    (found,) = [block for block in blocks if word in block]
    return found


class Stub(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted: (path, content type, body)."""

    posted = []

    def do_POST(self):  # its name is the base class's
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Stub.posted.append((self.path, self.headers["Content-Type"], body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def parts_of(content_type, body):
    """{name: (file name, content)} of a multipart form."""
    whole = email.message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    return {part.get_param("name", header="content-disposition"):
            (part.get_filename(), part.get_payload(decode=True)) for part in whole.get_payload()}


def check_profile(bench, content):
    path = bench.directory / "arrived.pb.gz"
    path.write_bytes(content)
    if Profile(path).default_type != "sockets_open":
        raise Failure(f"expected the profile, seen: {content[:100]}")


@case
def profiles_can_be_pushed(bench):
    """The commands of docs/profiles.md for Pyroscope and Parca send what those servers read."""
    bench.run("scan", "--comm", "nosuchcomm", "--pprof", bench.directory / "leak.pb.gz")
    server = http.server.HTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = documented("/ingest").replace("localhost:4040", f"127.0.0.1:{server.server_port}")
    status, _, errors = bench.run(command=["bash", "-c", command], cwd=bench.directory)
    server.shutdown()
    server.server_close()
    if status or len(Stub.posted) != 1:
        raise Failure(f"expected one request, seen {status}: {errors} {Stub.posted}")
    (path, content_type, body), = Stub.posted
    address = urllib.parse.urlsplit(path)
    query = dict(urllib.parse.parse_qsl(address.query))
    if address.path != "/ingest" or (query["name"], query["format"]) != ("sockleak", "pprof") or \
            not query["from"].isdigit() or not query["until"].isdigit():
        raise Failure(f"expected name, format and times, seen: {path}")
    parts = parts_of(content_type, body)
    # The server looks at files alone: a part without a file name would be lost.
    if sorted(parts) != ["profile", "sample_type_config"] or not all(n for n, _ in parts.values()):
        raise Failure(f"expected two files, seen: {parts}")
    check_profile(bench, parts["profile"][1])
    if list(json.loads(parts["sample_type_config"][1])) != ["sockets_open"]:
        raise Failure(f"expected the type of the value, seen: {parts['sample_type_config']}")

    grpcurl = bench.directory / "grpcurl"
    grpcurl.write_text('#!/bin/sh\necho "$@" > arguments\ncat > request\n')
    grpcurl.chmod(0o755)
    status, _, errors = bench.run(
        command=["bash", "-c", documented("grpcurl")], cwd=bench.directory,
        env={**os.environ, "PATH": f"{bench.directory}:{os.environ['PATH']}"})
    if status:
        raise Failure(f"expected a request, seen {status}: {errors}")
    (series,) = json.loads((bench.directory / "request").read_text())["series"]
    if {label["name"]: label["value"] for label in series["labels"]["labels"]} != \
            {"__name__": "sockleak"}:
        raise Failure(f"expected the name, seen: {series['labels']}")
    (sample,) = series["samples"]
    check_profile(bench, base64.b64decode(sample["rawProfile"], validate=True))
