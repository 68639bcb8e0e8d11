# SPDX-License-Identifier: BSD-2-Clause
"""Processes that have no descriptor left: who they are, how often they failed, and from where."""

import re

from lib import monitoring
from lib.cgroups import inside
from lib.hooks import KINDS, kinds_here
from lib.monitoring import Exporter, Prometheus, TextfileAgent, wait_until
from lib.outcome import Failure, Skip
from lib.registry import case, cases
from lib.service import Service

LIMIT = 64
TRIES = 193


def limited(agent, pid):
    """What the newest summary says of a process at its limit, or None; asks for another one."""
    agent.full_sweeps(0)
    reported = agent.summaries[-1][1]["at_limit"] if agent.summaries else []
    return next((process for process in reported if process["pid"] == pid), None)


def wait_limited(agent, pid, **wanted):
    """Until the summary says this of the process; what it says is returned."""

    def has_it(agent):
        seen = limited(agent, pid)
        return seen and all(seen[key] == value for key, value in wanted.items()) and seen

    return agent.wait_for(has_it, f"process {pid} at its limit with {wanted}")


def advance(program):
    program.next_phase()
    trouble = program.wait_ready()
    if trouble:
        raise Failure(trouble)


def functions(event):
    return [frame["function"] for frame in event["stack"] or []]


def expect_line(agent, pid, **wanted):
    """The line of its own that a process had when it began to fail; exactly one."""
    lines = agent.of("at_limit", pid=pid)
    if len(lines) != 1:
        raise Failure(f"expected one line of type at_limit, seen: {lines}")
    seen = {key: lines[0][key] for key in wanted}
    if seen != wanted:
        raise Failure(f"expected {wanted}, seen: {seen}")
    return lines[0]


@cases(names=[f"at_limit@{hooks}" for hooks in KINDS])
def at_limit(bench):
    """It leaks up to its limit, fails, fails again, recovers, and ends; the stack is whole."""
    for hooks in KINDS:
        if hooks not in kinds_here(bench):
            yield f"at_limit@{hooks}", Skip("this kind of hooks is refused here")
            continue
        name = f"lim_{hooks}"[:15]
        agent = bench.agent("--comm", name, "--hooks", hooks)
        program = bench.program(str(bench.copy("at_limit", name)), "sockets", TRIES)
        full = {"now": True, "ended": False, "fds_open": LIMIT, "fds_limit": LIMIT}
        wait_limited(agent, program.pid, failures=TRIES, errno="EMFILE", comm=name, **full)
        line = expect_line(
            agent, program.pid, errno="EMFILE", comm=name, family="AF_INET6",
            socket_type="SOCK_DGRAM", stack_source="snapshot", stack_truncated=False, **full,
        )
        if line["culprit"]["function"] != "ask_in_vain" or "main" not in functions(line):
            raise Failure(f"expected ask_in_vain, in a stack up to main, seen: {functions(line)}")
        advance(program)
        wait_limited(agent, program.pid, failures=2 * TRIES, **full)
        advance(program)
        wait_limited(agent, program.pid, failures=2 * TRIES, now=False, fds_open=3 + LIMIT // 2)
        program.end()
        wait_limited(agent, program.pid, failures=2 * TRIES, now=False, ended=True)
        expect_line(agent, program.pid)  # and no other one since
        summary = agent.stop()
        counts = (summary["counters"]["socket_emfile"], summary["dropped"]["refusals_full"])
        if counts != (2 * TRIES, 0):
            raise Failure(f"expected {2 * TRIES} failures and none lost, seen: {counts}")
        yield f"at_limit@{hooks}", None


@case
def at_limit_first_line(bench):
    """The report begins with it, the leak's own line comes next, and each row has its descriptors."""
    agent = bench.agent("--comm", "lim_text", as_json=False)
    program = bench.program(str(bench.copy("at_limit", "lim_text")), "sockets", TRIES)
    agent.wait_for(lambda a: report(a, "holds 61|leaks sockets: 61"), "a report with 61 sockets")
    agent.stop()
    lines = report(agent, "")
    first = (
        rf"lim_text\[{program.pid}\] is at its limit now: {LIMIT} of {LIMIT} descriptors, "
        rf"socket\(\) failed {TRIES} times, called from ask_in_vain \(lim_text\)"
    )
    if not re.fullmatch(first, lines[0]):
        raise Failure(f"expected the first line to be {first}, seen: {lines[:4]}")
    if not lines[1].startswith(f"lim_text[{program.pid}] ") or "make_socket" not in lines[1]:
        raise Failure(f"expected the leak's own line as the second, seen: {lines[:4]}")
    if not any(line.startswith(f"         {LIMIT} of {LIMIT} descriptors open") for line in lines):
        raise Failure(f"expected the row to have its descriptors, seen: {lines}")
    if not any("ask_in_vain (lim_text) at " in line for line in lines):
        raise Failure(f"expected the stack of the calls that failed, seen: {lines}")


def report(agent, pattern):
    """The lines of the newest whole report that has this; asks for another one."""
    agent.full_sweeps(0)
    reports = re.split(r"(?<=Nothing was lost\.\n)", "".join(agent.lines))
    whole = [text for text in reports if text.endswith("lost.\n") and re.search(pattern, text)]
    return whole[-1].splitlines() if whole else None


@case
def at_limit_by_files(bench):
    """What fills the table are files: no leak of sockets, and the first line all the same."""
    agent = bench.agent("--comm", "lim_files")
    program = bench.program(str(bench.copy("at_limit", "lim_files")), "files", 7)
    seen = wait_limited(agent, program.pid, failures=7, now=True, fds_open=LIMIT)
    if seen["culprit"]["function"] != "ask_in_vain":
        raise Failure(f"expected ask_in_vain, seen: {seen}")
    text = bench.agent("--comm", "lim_files", as_json=False)
    advance(program)
    wanted = r"None of its descriptors is a leaked socket: \d+ devices"
    text.wait_for(lambda a: report(a, wanted), "a report of what fills its table")
    lines = report(text, wanted)
    if not re.match(wanted, lines[1]) or not lines[2].startswith(("No leaked sockets", "Too early")):
        raise Failure(f"expected '{wanted}' and no leak, seen: {lines[:4]}")
    text.stop()
    if agent.stop()["total"]:
        raise Failure("expected no leak")


@case
def at_limit_threads(bench):
    """Eight threads fail side by side: every call is counted, one stack is taken."""
    agent = bench.agent("--comm", "lim_threads")
    program = bench.program(str(bench.copy("at_limit", "lim_threads")), "files", 500, 8)
    wait_limited(agent, program.pid, failures=8 * 500)
    line = expect_line(agent, program.pid, stack_source="snapshot")
    if "ask_in_vain" not in functions(line):
        raise Failure(f"expected ask_in_vain in the stack, seen: {functions(line)}")
    advance(program)
    wait_limited(agent, program.pid, failures=16 * 500)
    if agent.stop()["counters"]["snapshots"] != 1:
        raise Failure("expected one snapshot")


@case
def at_limit_short_lived(bench):
    """One that fails and ends at once is reported: how often, and that it has ended."""
    agent = bench.agent("--comm", "lim_short")
    path = str(bench.copy("at_limit", "lim_short"))
    status, _, errors = bench.run(command=[path, "files", "7"], stdin=-3)  # DEVNULL
    if status:
        raise Failure(f"the test program ended with {status}: {errors}")
    line = agent.wait_for(lambda a: a.of("at_limit", comm="lim_short"), "a line of it")[0]
    wait_limited(agent, line["pid"], failures=7, ended=True, now=False)
    agent.stop()


@case
def at_limit_host(bench):
    """ENFILE is the host's limit: one line for all who fail, with the host's figures."""
    agent = bench.agent("--comm", "lim_host")
    path = str(bench.copy("at_limit", "lim_host"))
    programs = [bench.program(path, "host", 5) for _ in range(3)]
    for program in programs:
        seen = wait_limited(agent, program.pid, failures=5, errno="ENFILE")
        if seen["culprit"]["function"] != "ask_in_vain":
            raise Failure(f"expected ask_in_vain, seen: {seen}")
    if len(agent.of("at_limit")) != 1:
        raise Failure(f"expected one line of type at_limit, seen: {agent.of('at_limit')}")
    summary = agent.stop()
    with open("/proc/sys/fs/file-nr", encoding="ascii") as file:
        most = int(file.read().split()[2])
    files = summary["host_files"]
    if not files or files["max"] != most or not 0 < files["open"]:
        raise Failure(f"expected {most} files at the most, seen: {files}")
    if summary["counters"]["socket_enfile"] != 15 or summary["counters"]["socket_emfile"]:
        raise Failure(f"expected 15 calls with ENFILE, seen: {summary['counters']}")


@case
def descriptors_of_old_rows(bench):
    """Also what is older than sockleak has its descriptors and its limit: a trace, and a scan."""
    program = bench.program(str(bench.copy("at_limit", "lim_old")), "sockets", 0)
    wanted = f"         {LIMIT} of {LIMIT} descriptors open, EMFILE now"
    agent = bench.agent("--comm", "lim_old", as_json=False)
    agent.wait_for(lambda a: report(a, r"old +\d+ lim_old"), "a report with an old row")
    lines = report(agent, r"old +\d+ lim_old")
    agent.stop()
    status, out, errors = bench.run("scan", "--comm", "lim_old", "-q")
    if status:
        raise Failure(f"scan: exit {status}: {errors}")
    for text in (lines, out.splitlines()):
        rows = [i for i, line in enumerate(text) if re.match(r"(old +)? *\d+ lim_old  ", line)]
        if not rows or text[rows[0] + 1] != wanted:
            raise Failure(f"expected '{wanted}' below the row, seen: {text}")
    (held,) = agent_holding(bench, program.pid)
    if (held["fds_open"], held["fds_limit"], held["class"]) != (LIMIT, LIMIT, "unknown_origin"):
        raise Failure(f"expected {LIMIT} of {LIMIT}, seen: {held}")
    program.end()


def agent_holding(bench, pid):
    """What a summary says of the descriptors of this process."""
    agent = bench.agent("--comm", "lim_old")
    agent.wait_for(lambda a: len(a.open_leaks()) == 61, "61 leaks")
    return [held for held in agent.stop()["holding"] if held["pid"] == pid]


@case
def at_limit_filters(bench):
    """--pid and --cgroup: nobody else's failures are reported."""
    path = str(bench.copy("at_limit", "lim_filter"))
    cgroup = bench.cgroups.make()
    wanted = bench.program(path, "files", 3, inside=inside(cgroup))
    other = bench.program(path, "files", 4)
    agents = [bench.agent("--pid", wanted.pid), bench.agent("--cgroup", cgroup),
              bench.agent("--comm", "lim_filter", "--exclude-cgroup", cgroup)]
    for program in (wanted, other):
        advance(program)
    for agent, program, count in zip(agents, (wanted, wanted, other), (3, 3, 4)):
        wait_limited(agent, program.pid, failures=count)
        agent.wait_quiet()
        strange = [line for line in agent.of("at_limit") if line["pid"] != program.pid]
        reported = agent.stop()["counters"]["socket_emfile"]
        if strange or reported != count:
            raise Failure(
                f"expected {count} failures of {program.pid}, seen: {reported}, {strange}"
            )


@case
def at_limit_full_table(bench):
    """More processes than are kept: counted. Those that end make room."""
    agent = bench.agent("--comm", "lim_many")
    program = bench.program(str(bench.copy("at_limit_many", "lim_many")), 300)
    agent.wait_for(lambda a: lost(a) == 300 - 256, "44 processes that did not fit")
    program.next_phase()  # which ends them, and has 300 others
    program.wait_ready()
    agent.wait_for(lambda a: emfile(a) == 600, "600 failures")
    before = lost(agent)
    program.end()
    agent.wait_quiet()
    few = bench.program(str(bench.copy("at_limit_many", "lim_many")), 200)
    agent.wait_for(lambda a: emfile(a) == 800, "800 failures")
    summary = agent.stop()
    few.end()
    if summary["dropped"]["refusals_full"] != before:
        raise Failure(f"expected room for 200 more, seen: {summary['dropped']}")


def newest(agent):
    agent.full_sweeps(0)
    return agent.summaries[-1][1] if agent.summaries else None


def lost(agent):
    summary = newest(agent)
    return summary and summary["dropped"]["refusals_full"]


def emfile(agent):
    summary = newest(agent)
    return summary and summary["counters"]["socket_emfile"]


@case
def at_limit_agent(bench):
    """The agent: a line in the log, once; the status; a count that outlives the process."""
    textfile = bench.directory / "at_limit.prom"
    service = Service.start(
        bench, "--comm", "lim_agent", "--textfile", textfile, "--write-interval", "200ms",
        "--interval", "100ms", "--log", "plain",
    )
    program = bench.program(str(bench.copy("at_limit", "lim_agent")), "files", TRIES)
    wanted = f"lim_agent[{program.pid}] is at its limit now: 64 of 64 descriptors, socket() failed "

    def reported(service):
        return [line for line in service.lines if wanted in line]

    line = service.wait_for(reported, f"'{wanted}' in the log")[0]
    if "called from ask_in_vain (lim_agent)" not in line:
        raise Failure(f"expected the function in the line, seen: {line}")
    status = f"STATUS=lim_agent[{program.pid}] is at its limit of 64 descriptors; 0 of 0 sites leak"
    service.wait_for(lambda s: any(status in text for text in s.notified), f"'{status}...'")
    total = "sockleak_process_fd_limit_failures_total"
    service.wait_for(
        lambda s: s.value(textfile, total, comm="lim_agent") == TRIES, f"{total} of {TRIES}"
    )
    last = service.value(textfile, total.replace("failures_total", "last_failure_timestamp_seconds"))
    scanned = service.value(textfile, "sockleak_last_sweep_timestamp_seconds")
    if not 0 < scanned - last < 600:
        raise Failure(f"expected the time of the last failure, seen: {last}, now {scanned}")
    program.end()
    again = bench.program(str(bench.copy("at_limit", "lim_agent")), "files", TRIES)
    service.wait_for(
        lambda s: s.value(textfile, total, comm="lim_agent") == 2 * TRIES, f"{total}, twice that"
    )

    def at_limit(service):
        return [line for line in service.lines if "at its limit now" in line]

    service.wait_for(lambda s: len(at_limit(s)) >= 2, "a line for the other process")
    if len(reported(service)) != 1 or len(at_limit(service)) != 2:
        raise Failure(f"expected one line for each of the two processes, seen: {service.lines}")
    again.end()
    service.stop()


@case
def at_limit_alert(bench):
    """From a call that fails to the alert, by the real node_exporter and Prometheus."""
    directory = bench.directory / "textfile-at-limit"
    directory.mkdir(mode=0o755)
    agent = TextfileAgent(bench, directory / "sockleak.prom", "--comm", "lim_alert")
    exporter = Exporter(bench, directory)
    rules = monitoring.hurried(monitoring.RULES.read_text())
    prometheus = Prometheus(bench, exporter, rules)
    wait_until(lambda: prometheus.value("sockleak_build_info"), "metrics of a scrape")
    program = bench.program(str(bench.copy("at_limit", "lim_alert")), "files", TRIES)
    (alert,) = wait_until(
        lambda: prometheus.firing("SockleakAtFdLimit", comm="lim_alert"), "SockleakAtFdLimit"
    )
    said = alert["annotations"]
    if "lim_alert on " not in said["summary"] or f"{TRIES} calls" not in said["description"]:
        raise Failure(f"expected the program and {TRIES} calls, seen: {said}")
    if prometheus.firing("SockleakHostAtFileLimit"):
        raise Failure("expected no alert for the host")
    program.end()
    agent.stop()
