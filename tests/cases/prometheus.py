# SPDX-License-Identifier: BSD-2-Clause
"""From a socket that leaks to an alert that names the function, with the real programs.

sockleak writes, node_exporter serves, Prometheus scrapes and evaluates the shipped rules,
whose times are shortened (lib/monitoring.py). Each agent watches a cgroup of the test's own:
what else happens on the host does not count.
"""

import concurrent.futures
import os
import re
import resource
import subprocess
import threading

from lib import monitoring
from lib.cgroups import inside
from lib.monitoring import Exporter, Prometheus, TextfileAgent, wait_until, wait_value
from lib.outcome import Failure
from lib.registry import case

FIRST = 100
WRITTEN = 'sockleak_textfile_writes_total{result="ok"}'
FAILED = 'sockleak_textfile_writes_total{result="failed"}'
SCANS = 'sockleak_sweeps_total{result="ok"}'


class Watched:
    """A cgroup, an agent that watches it alone, and a directory with its textfile."""

    def __init__(self, bench, name, **kwargs):
        self.directory = bench.directory / f"textfile-{name}"
        self.directory.mkdir(mode=0o755)
        self.cgroup = bench.cgroups.make()
        self._bench = bench
        self.agent = TextfileAgent(
            bench, self.directory / "sockleak.prom", "--cgroup", self.cgroup, **kwargs
        )

    def leaker(self, *args, cgroup=None):
        """One that begins to leak; wait_leaked() until it has what it leaks at first."""
        program = self._bench.program("leaker", *args, inside=inside(cgroup or self.cgroup))
        program.next_phase()
        return program


def wait_leaked(program):
    trouble = program.wait_ready()
    if trouble:
        raise Failure(trouble)


def go_on(program):
    program.next_phase()
    wait_leaked(program)


def expect(what, wanted, seen):
    if seen != wanted:
        raise Failure(f"expected {what} to be {wanted}, seen: {seen}")


@case(slow=True)
def prometheus_end_to_end(bench):
    """The right numbers, an alert that names the function, and its end when the leak ends."""
    watched = Watched(bench, "end-to-end")
    exporter = Exporter(bench, watched.directory)
    prometheus = Prometheus(bench, exporter, monitoring.hurried(monitoring.RULES.read_text()))
    wait_until(lambda: prometheus.value("sockleak_build_info"), "metrics of a scrape")
    expect("leaks of an idle cgroup", None, prometheus.value("sum(sockleak_leaked_sockets)"))

    program = watched.leaker(FIRST)
    wait_leaked(program)
    check_numbers(prometheus, program)
    go_on(program)
    (alert,) = wait_until(
        lambda: prometheus.firing("SockleakLeakGrowing"), "SockleakLeakGrowing", 240
    )
    check_growing(prometheus, alert)
    check_exhaustion(prometheus, program)
    go_on(program)  # the leak ends, what it has leaked stays
    wait_until(lambda: not prometheus.firing("SockleakLeakGrowing"), "an end of the alert", 240)
    held = sockets_of(program.pid)
    if held <= FIRST:
        raise Failure(f"expected more than {FIRST} sockets, seen: {held}")
    wait_value(prometheus, "sum(sockleak_leaked_sockets)", held)
    program.end()
    wait_until(lambda: not prometheus.query("sockleak_leaked_sockets"), "no leaks any more")
    resolved = prometheus.query("sockleak_leaks_resolved_total > 0")
    expect("resolved leaks", [("exited", held)], [(l["reason"], n) for l, n in resolved])
    check_agent_gone(prometheus, watched)


def sockets_of(pid):
    directory = f"/proc/{pid}/fd"
    links = [os.readlink(f"{directory}/{fd}") for fd in os.listdir(directory)]
    return sum(link.startswith("socket:") for link in links)


def check_numbers(prometheus, program):
    """What PromQL answers for a program that has leaked FIRST sockets."""
    wait_value(prometheus, "sum(sockleak_leaked_sockets)", FIRST)
    ((labels, _),) = prometheus.query("sockleak_leaked_sockets")
    del labels["instance"]
    wanted = {"__name__": "sockleak_leaked_sockets", "job": "node", "scope": "host"}
    expect("its labels", {**wanted, "comm": "leaker", "class": "never_used"}, labels)
    ((labels, count),) = prometheus.query(
        "sockleak_site_leaked_sockets * ignoring (unit, machine, module, function, source, caller, package) "
        "group_left (module, function, package) sockleak_site_info"
    )
    expect("its site", (FIRST, "leaker"), (count, labels["module"]))
    expect("its function", "leak_socket", labels["function"])
    expect("detected", FIRST, prometheus.value("sockleak_leaks_detected_total"))
    expect("open fds", len(os.listdir(f"/proc/{program.pid}/fd")),
           prometheus.value("sockleak_process_open_fds"))
    expect("max fds", resource.prlimit(program.pid, resource.RLIMIT_NOFILE)[0],
           prometheus.value("sockleak_process_max_fds"))
    age = prometheus.value("time() - sockleak_oldest_leak_created_timestamp_seconds")
    if not 1 <= age < 300:
        raise Failure(f"expected an age of some seconds, seen: {age}")


def check_growing(prometheus, alert):
    labels, annotations = alert["labels"], alert["annotations"]
    expect("the alert's function", "leak_socket", labels["function"])
    expect("the alert's host", "node", labels["job"])
    if "leak_socket leaks sockets" not in annotations["summary"]:
        raise Failure(f"expected the function in the summary, seen: {annotations}")
    if f"sockleak explain {labels['site']}" not in annotations["action"]:
        raise Failure(f"expected the command that explains, seen: {annotations}")
    if not re.search(r"in that unit: leaker \(\d+\)\.", annotations["description"]):
        raise Failure(f"expected the program in the description, seen: {annotations}")
    expect("scrape errors", 0, prometheus.value("max_over_time(node_textfile_scrape_error[1h])"))


def check_exhaustion(prometheus, program):
    """A limit that is nearly reached is one of that alert within two of its minutes."""
    expect("full processes", [], prometheus.firing("SockleakFdExhaustion", severity="critical"))
    used = len(os.listdir(f"/proc/{program.pid}/fd"))
    resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (used, 4096))
    (alert,) = wait_until(
        lambda: prometheus.firing("SockleakFdExhaustion", severity="critical"),
        "SockleakFdExhaustion",
    )
    if "leak_socket (leaker)" not in alert["annotations"]["description"]:
        raise Failure(f"expected what leaks most, seen: {alert['annotations']}")


def check_agent_gone(prometheus, watched):
    """One that hangs, then one that is stopped and takes its file along: each has an alert."""
    os.kill(watched.agent.process.pid, 19)  # SIGSTOP: its last file is served on
    wait_until(lambda: prometheus.firing("SockleakAgentStale"), "SockleakAgentStale")
    os.kill(watched.agent.process.pid, 18)
    wait_until(lambda: not prometheus.firing("SockleakAgentStale"), "an end of it")
    watched.agent.stop()
    wait_until(lambda: prometheus.firing("SockleakMetricsMissing"), "SockleakMetricsMissing")


@case(slow=True)
def prometheus_rewrites(bench):
    """200 rewrites under scrapes without a pause: never a part of a file, never an error."""
    watched = Watched(bench, "rewrites", write_interval="20ms", interval="20ms")
    exporter = Exporter(bench, watched.directory)
    wait_leaked(watched.leaker(50))
    enough = threading.Event()
    series = f"\n{WRITTEN} "

    def scrape():
        seen = set()
        while not enough.is_set():
            metrics = exporter.scrape()
            written = metrics.partition(series)[2].partition("\n")[0]
            if "\nnode_textfile_scrape_error 0\n" not in metrics or not written:
                seen_last = metrics[-800:] + exporter.log()[-800:]
                raise Failure(f"expected a whole file, seen: {seen_last}")
            seen.add(float(written))
        return seen

    first = watched.agent.count(WRITTEN)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        scrapers = [pool.submit(scrape) for _ in range(3)]
        try:
            wait_until(
                lambda: watched.agent.count(WRITTEN) >= first + 200
                or any(scraper.done() for scraper in scrapers),
                "200 rewrites", 300,
            )
        finally:
            enough.set()
        seen = set().union(*(scraper.result() for scraper in scrapers))
    if len(seen) < 20:
        raise Failure(f"expected scrapes of many different files, seen: {len(seen)}")
    expect("failed writes", 0, watched.agent.count(FAILED))
    left = sorted(os.listdir(watched.directory))
    watched.agent.stop()
    strange = [name for name in left if not re.fullmatch(r"sockleak\.(prom|stacks\.json).*", name)]
    expect("other files", [], strange)


# comm: 15 bytes at most. A cgroup's name has no newline (the kernel refuses it) and no slash.
HOSTILE_COMMS = [
    b'a"b\\c', b"two\nlines\t\r", b"\xff\xfe\x80bad", b"# HELP x {} 1", b"\xe2\x82\xaccut\xe2\x82",
    b" ", b"\x01\x1b[31m",
]
HOSTILE_UNITS = [
    b'q"uo\\te.service', b"\xff\xfe\x80.service", b"{}=,# HELP.service", b"\x1b[31m\t\r.service",
    b"l" * 247 + b".service", b"\xff" * 247 + b".service", b'"' * 247 + b".service",
]


@case
def prometheus_hostile_names(bench):
    """Whatever a comm or a cgroup's name holds, the file is read and the sockets are counted."""
    watched = Watched(bench, "hostile")
    exporter = Exporter(bench, watched.directory)
    programs = [watched.leaker(10, os.fsdecode(comm)) for comm in HOSTILE_COMMS]
    for name in HOSTILE_UNITS:
        cgroup = bench.cgroups.make(parent=watched.cgroup, name=os.fsdecode(name))
        programs.append(watched.leaker(10, "plain", cgroup=cgroup))
    for program in programs:
        wait_leaked(program)
    prometheus = Prometheus(bench, exporter, "groups: []\n")
    wanted = 10 * (len(HOSTILE_COMMS) + len(HOSTILE_UNITS))
    wait_value(prometheus, "sum(sockleak_leaked_sockets)", wanted)
    check_hostile(prometheus)
    metrics = exporter.scrape()
    expect("scrape errors", 0, prometheus.value("node_textfile_scrape_error"))
    promtool = monitoring.binary(bench, "promtool")
    text = watched.agent.textfile.read_bytes()
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True)
    if checked.returncode != 0:
        raise Failure(f"expected what promtool takes, seen: {checked.stderr[-500:]!r}")
    for family in ("sockleak_leaked_sockets", "sockleak_site_info"):
        written = [series for series in watched.agent.samples() if series.startswith(family + "{")]
        expect(f"samples of {family}", len(written), metrics.count(f"\n{family}{{"))
    watched.agent.stop()


def check_hostile(prometheus):
    """The names as the world sees them: each distinguished, valid, and bounded."""
    comms = {l.get("comm", ""): n for l, n in prometheus.query(
        "sum by (comm) (sockleak_leaked_sockets)") if l.get("comm") != "plain"}
    if len(comms) != len(HOSTILE_COMMS) or set(comms.values()) != {10}:
        raise Failure(f"expected 10 sockets of each hostile comm, seen: {comms}")
    if 'a"b\\c' not in comms or "\ufffd\ufffd\ufffdbad" not in comms:
        raise Failure(f"expected what was printable as it was, seen: {sorted(comms)}")
    units = {l.get("unit", ""): n for l, n in prometheus.query(
        'sum by (unit) (sockleak_leaked_sockets{comm="plain"})')}
    expect("hostile units", len(HOSTILE_UNITS), len(units))
    if 'q"uo\\te.service' not in units or max(len(unit.encode()) for unit in units) > 256:
        raise Failure(f"expected bounded names, seen: {sorted(units)}")


@case
def prometheus_failed_writes(bench):
    """A full disk, a read-only one, none: the old file is whole; one line, and it recovers."""
    mount = bench.directory / "textfile-failing"
    mount.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(mount)])
    try:
        (mount / "textfile").mkdir()
        agent = TextfileAgent(bench, mount / "textfile" / "sockleak.prom", "--cgroup",
                              bench.cgroups.make())
        wait_until(lambda: agent.count(WRITTEN) > 2, "a first file")
        exporter = Exporter(bench, mount / "textfile")
        check_full(agent, exporter, mount)
        check_read_only(agent, exporter, mount)
        check_gone(agent, mount)
        agent.stop()
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=False)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip()}")


def reported(agent, word):
    return [line for line in agent.errors if "cannot write" in line and word in line]


def check_failing(agent, exporter, word):
    """While it fails: one line, and the file of before stays and is served."""
    wait_until(lambda: reported(agent, word), f"a line of '{word}'")
    before = agent.textfile.read_bytes()
    if b"\nsockleak_stacks_file_writes_total" not in before or not before.endswith(b"\n"):
        raise Failure(f"expected a whole file, seen: {before[-200:]!r}")
    cpu = agent_ticks(agent)
    wait_until(lambda: agent_ticks(agent) > cpu, "an agent that goes on")
    expect("the file", before, agent.textfile.read_bytes())
    if "\nnode_textfile_scrape_error 0\n" not in exporter.scrape():
        raise Failure("expected that the old file is served")


def agent_ticks(agent):
    """Processor time it has used: it grows with each sweep, whether files are written or not."""
    with open(f"/proc/{agent.process.pid}/stat", encoding="utf-8") as stat:
        return sum(int(field) for field in stat.read().rpartition(") ")[2].split()[11:13])


def check_recovered(agent, word, before):
    wait_until(lambda: agent.count(FAILED) > before, "failures counted in the file that is new")
    written = agent.count(WRITTEN)
    wait_until(lambda: agent.count(WRITTEN) > written, "writes again")
    expect(f"lines of '{word}'", 1, len(reported(agent, word)))


def check_full(agent, exporter, mount):
    before = agent.count(FAILED)
    with open(mount / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 512)
        except OSError:
            pass
    check_failing(agent, exporter, "No space left")
    (mount / "ballast").unlink()
    check_recovered(agent, "No space left", before)


def check_read_only(agent, exporter, mount):
    before = agent.count(FAILED)
    run(["mount", "-o", "remount,ro", str(mount)])
    check_failing(agent, exporter, "Read-only")
    run(["mount", "-o", "remount,rw", str(mount)])
    check_recovered(agent, "Read-only", before)


def check_gone(agent, mount):
    before = agent.count(FAILED)
    (mount / "textfile").rename(mount / "elsewhere")
    wait_until(lambda: reported(agent, "No such file"), "a line of 'No such file'")
    (mount / "textfile").mkdir()
    check_recovered(agent, "No such file", before)
