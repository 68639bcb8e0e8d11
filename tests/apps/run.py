#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Have real applications leak through real clients: their developer's line must be named.

    tests/apps/run.py [--sockleak FILE] [--root .output/apps] [--only NAME]... [-v]

Needs root and Debian 12. Each application runs as in production, with its server and workers, in
a root directory that enter.sh makes. No client gets a connection, and kept.c keeps what they then
close. The line of the application that has called the client is marked with `culprit: CLIENT`;
sockleak must name it, as one site for each client. `nobody: CLIENT` marks a call that the runtime
carries out later, without the application on the stack: no line is to be named. Prints a line for each application, as a row of
docs/truth.md, and ends with "N passed, N failed".
"""

import argparse
import collections
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]
sys.dont_write_bytecode = True

from lib import guard  # noqa: E402
from lib.bench import Bench  # noqa: E402
from lib.outcome import Failure  # noqa: E402

CALLS = 5  # of each client
STANDS_S = 120
QUIET_S = 120
NOBODY = ("code of the language", None)
KEPT = "LD_PRELOAD=/srv/apps/kept.so"
BY_HTTP = "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/{}', timeout=60).read()"
JARS = ("spring3-core spring3-web spring3-context spring3-beans spring3-jdbc spring3-web.servlet "
        "spring3-aop spring3-expression spring3-transaction jetty9-server jetty9-util jetty9-io "
        "jetty9-http jetty9-servlet jetty9-security servlet-api postgresql mariadb-java-client "
        "okhttp okio httpclient httpcore commons-logging aopalliance commons-codec tomcat9-dbcp "
        "tomcat9-juli slf4j-api")  # fmt: skip
CLASSPATH = ":".join(f"/usr/share/java/{name}.jar" for name in JARS.split())


@dataclasses.dataclass(frozen=True)
class App:
    name: str
    what: str
    command: str  # in its own directory
    build: str = ":"
    packages: tuple = ()  # whose versions are told
    fastcgi: str = ""  # the socket by which it is called, in place of HTTP

    def marks(self):
        """(file, line) -> the client whose culprit it is."""
        found = {}
        for path in sorted((HERE / self.name).rglob("*.*")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                mark = re.search(r"(culprit|nobody): (\w+)$", line)
                if mark:
                    found[NOBODY if mark[1] == "nobody" else (path.name, number)] = mark[2]
        return found

    def calls(self, clients):
        """The commands that have it call the clients."""
        if self.fastcgi:
            script = "SCRIPT_FILENAME=/srv/apps/php/index.php REQUEST_METHOD=GET"
            query = f"QUERY_STRING={','.join(clients)}"
            return [["sh", "-c", f"env {script} {query} cgi-fcgi -bind -connect {self.fastcgi} &"]]
        return [[sys.executable, "-c", BY_HTTP.format(name)] for name in clients] * CALLS


APPS = [
    App("django", "Django under gunicorn, preloaded",
        "gunicorn --preload --workers 1 --bind 127.0.0.1:8000 --timeout 120 shop",
        packages=("python3", "python3-django", "gunicorn")),
    App("rails", "Rails under puma, preloaded",
        "puma --preload --workers 1 --bind tcp://127.0.0.1:8000 --environment production",
        packages=("ruby3.1", "ruby-rails", "puma")),
    App("spring", "Spring in Jetty", f"java -cp {CLASSPATH}:/srv Shop",
        build=f"javac -nowarn -source 8 -target 8 -cp {CLASSPATH} -d /srv Shop.java 2>/srv/log || "
        "! cat /srv/log", packages=("openjdk-17-jdk-headless", "libspring-web-servlet-java",
                                    "libjetty9-java")),
    App("php", "php-fpm", "php-fpm8.2 --nodaemonize --fpm-config fpm.conf",
        packages=("php8.2-fpm", "php-redis", "php-predis"), fastcgi="/run/shop.sock"),
    App("perl", "PSGI under Starman, preloaded",
        "starman --listen 127.0.0.1:8000 --workers 1 --preload-app app.psgi",
        packages=("perl", "starman", "libwww-perl")),
    App("node", "Express", "NODE_PATH=/usr/share/nodejs node shop.js",
        packages=("nodejs", "node-express")),
]  # fmt: skip


class Root:
    """The root directory, and what runs in it."""

    def __init__(self, bench, directory):
        self.bench = bench
        self.directory = directory
        subprocess.run([HERE / "enter.sh", directory, "install"], check=True)
        apps = directory / "upper" / "srv" / "apps"
        shutil.rmtree(apps, ignore_errors=True)
        shutil.copytree(HERE, apps)
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", apps / "kept.so", HERE / "kept.c"],
                       check=True)

    def start(self, app, cgroup):
        """It says 'started' before its server does."""
        script = (f"cd /srv/apps/{app.name}; export PATH=/usr/sbin:/usr/bin:/sbin:/bin; "
                  f"{app.build} || exit; echo started; exec env {KEPT} {app.command}")
        join = f"echo $$ >{cgroup}/cgroup.procs; exec \"$@\""
        log = open(self.bench.directory / f"{app.name}.log", "w", encoding="utf-8")
        process = self.bench.processes.start(
            ["sh", "-c", join, "sh", HERE / "enter.sh", self.directory, "alone", "sh", "-c", script],
            stdout=subprocess.PIPE, stderr=log, text=True,
        )
        if process.stdout.readline() != "started\n":
            raise Failure(f"{app.name} is not built: {self.log(app)}")
        return process

    def log(self, app):
        return (self.bench.directory / f"{app.name}.log").read_text()[-2000:]

    @staticmethod
    def call(process, command):
        """Run a command beside the server. Its exit status."""
        enter = ["nsenter", "--target", str(process.pid), "--mount", "--net", "--root", "--wd=/"]
        return subprocess.run([*enter, *command], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode


def wait_stands(root, app, process):
    if app.fastcgi:
        test = ["test", "-S", app.fastcgi]
    else:
        test = [sys.executable, "-c", "import socket as s; s.create_connection(('127.0.0.1', 8000))"]
    deadline = time.monotonic() + STANDS_S
    while root.call(process, test):
        if time.monotonic() > deadline or process.poll() is not None:
            raise Failure(f"{app.name} does not stand: {root.log(app)}")
        time.sleep(0.2)


def place_of(event):
    culprit = event["culprit"] or {}
    if culprit.get("language") and not culprit["function"]:
        return NOBODY
    return pathlib.Path(culprit.get("file") or "?").name, culprit.get("line")


def judge(app, leaks):
    """What is wrong; nothing: each client's sockets are of its line and of one site."""
    marks, sites, wrong = app.marks(), collections.defaultdict(set), []
    for event in leaks:
        client = marks.get(place_of(event))
        if client:
            sites[client].add(event["site"])
        else:
            wrong.append(f"not the application's line: {event['culprit']}")
    wrong += [f"{name}: not reported" for name in marks.values() if name not in sites]
    wrong += [f"{name}: {len(ids)} sites" for name, ids in sites.items() if len(ids) > 1]
    return wrong


def run_app(app, bench, root):
    cgroup = bench.cgroups.make()
    try:
        return watch(app, bench, root, cgroup)
    finally:  # its workers are no children of ours
        pathlib.Path(cgroup, "cgroup.kill").write_text("1")
        bench.end_case()
        bench.cgroups.remove(cgroup)


def watch(app, bench, root, cgroup):
    process = root.start(app, cgroup)
    wait_stands(root, app, process)
    agent = bench.agent("--min-growth", "1", "--sample-after", "0", "--cgroup", cgroup)
    clients = list(dict.fromkeys(app.marks().values()))
    for command in app.calls(clients):
        root.call(process, command)
    want = set(app.marks())
    agent.wait_for(lambda a: want <= {place_of(e) for e in a.open_leaks().values()} or
                   len(a.open_leaks()) >= CALLS * len(want), "a leak of each client", QUIET_S)
    agent.wait_quiet(QUIET_S)
    leaks = [e for e in agent.open_leaks().values() if e["class"] != "unknown_origin"]
    agent.stop()
    return clients, leaks, judge(app, leaks)


def examine(app, bench, root, is_verbose):
    """What is wrong, and a line for it or for the table."""
    try:
        clients, leaks, wrong = run_app(app, bench, root)
    except Failure as failure:
        clients, leaks, wrong = [], [], [str(failure)]
    for event in leaks if is_verbose else []:
        print(f"  {place_of(event)} {event['culprit']}")
    if wrong:
        return wrong, f"FAIL {app.name}: {len(wrong)} wrong; " + "; ".join(wrong[:8])
    return wrong, f"| {app.what} | {versions(root, app)} | {', '.join(clients)} |"


def versions(root, app):
    """Of its packages, without the epoch and what the distribution adds."""
    query = subprocess.run(
        ["dpkg-query", f"--admindir={root.directory}/upper/var/lib/dpkg", "-W",
         "-f", "${Package} ${Version}\n", *app.packages],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    number = re.compile(r" (\S+\+really|\d+:)?(\S+?)[-+~]\S*$")
    return ", ".join(number.sub(r" \2", line) for line in query.splitlines())


def main():
    parser = argparse.ArgumentParser(description="Real applications that leak by real clients.")
    parser.add_argument("--sockleak", default="./sockleak", metavar="FILE")
    parser.add_argument("--root", default=".output/apps", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--only", action="append", default=[], choices=[app.name for app in APPS])
    parser.add_argument("-v", "--verbose", action="store_true", help="print each leak")
    options = parser.parse_args()
    options.programs = "."
    if os.geteuid() != 0:
        print("tests/apps/run.py: must be root", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    guard.begin()
    options.root.mkdir(parents=True, exist_ok=True)
    failed = passed = 0
    bench = Bench(options)
    try:
        root = Root(bench, options.root.resolve())
        for app in APPS:
            if options.only and app.name not in options.only:
                continue
            wrong, line = examine(app, bench.for_case(), root, options.verbose)
            failed += bool(wrong)
            passed += not wrong
            print(line, flush=True)
    finally:
        bench.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
