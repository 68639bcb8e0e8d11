# SPDX-License-Identifier: BSD-2-Clause
"""A process that exits or crashes with its leaks: the report of the run still names it."""

import contextlib
import os
import re
import signal
import time

from cases.output import ask_for_report, expect_in
from lib.outcome import Failure
from lib.registry import case, cases
from lib.service import Service
from lib.session import expect_all

ENDS = {"ended_by_exit": None, "ended_by_sigkill": signal.SIGKILL,
        "ended_by_sigsegv": signal.SIGSEGV}


def watched(bench, comm):
    """An agent for text and one for JSON, which watch this comm."""
    return bench.agent("--comm", comm, as_json=False), bench.agent("--comm", comm)


def end_by(program, how):
    if how:
        program.process.send_signal(how)
        program.process.wait(20)
    with contextlib.suppress(Failure):
        program.end()


def summary_of(agent, question, what):
    """A summary of this answer, and then the last one, at the end."""
    agent.wait_for(lambda a: a.full_sweeps(0) and any(question(e) for _, e in a.summaries), what)
    return agent.stop()


@cases(names=list(ENDS))
def ended_by(bench):
    """However it ends: the first line, the row, its evidence and the stack; the same in JSON."""
    for name, how in ENDS.items():
        if not bench.wants(name):
            continue
        try:
            check_end(bench, name[:15], how)
            yield name, None
        except Failure as failure:
            yield name, failure


def check_end(bench, comm, how):
    text, as_json = watched(bench, comm)
    program = bench.program(str(bench.copy("growing", comm)), 12)
    ask_for_report(text, f"{comm}[{program.pid}] leaks sockets: 12 open")
    as_json.wait_for(lambda a: len(a.open_leaks()) == 12, "12 leaks")
    end_by(program, how)
    ask_for_report(text, f"{comm}[{program.pid}] leaked 12 sockets and exited ")
    before_end = len(text.lines)
    text.stop()
    report = "".join(text.lines[before_end:])
    row = rf"^{comm}\[{program.pid}\] leaked 12 sockets and exited \S+ ago(, |\n)in make_socket "
    row += rf"(?s:.*)^ended +{program.pid} {comm} +12 +- +- +never used\n"
    row += r"         exited \S+ ago with them open, \S+ after the first was created\n"
    row += r"         AF_INET SOCK_STREAM: not connected, not bound\n(?s:.*)"
    row += rf"^Where {comm} creates them \(site (?P<site>[0-9a-f]{{16}})\), stack by snapshot:\n"
    match = re.search(row, report, re.MULTILINE)
    if not match or not re.search(r"^  #\d +make_socket ", report, re.MULTILINE):
        raise Failure(f"expected the site that has ended, seen:\n{report}")
    expect_in(report, "12 in total: 0 closed, 0 used, 12 exited", "\nNothing was lost.\n")

    summary = summary_of(as_json, lambda e: e["ended_sites"], "a site that has ended")
    (site,) = summary["ended"]
    reported = {key: site[key] for key in ("comm", "site", "sockets", "processes", "pid", "class")}
    if reported != {"comm": comm, "site": match["site"], "sockets": 12, "processes": 1,
                "pid": program.pid, "class": "never_used"}:
        raise Failure(f"expected what the text says, seen: {reported}")
    if not any(frame["function"] == "make_socket" for frame in site["stack"]):
        raise Failure(f"expected the stack, seen: {site['stack']}")
    if summary["ended_sites"] != 1 or len(as_json.of("resolved", reason="exited")) != 12:
        raise Failure(f"expected 12 that exited at one site, seen: {summary}")


@case
def ended_with_one_socket(bench):
    """A healthy program that exits with its only socket is no leak: it is counted, -v lists it."""
    text, as_json = watched(bench, "exitsclean")
    verbose = bench.agent("--comm", "exitsclean", "-v", as_json=False)
    program = bench.program(str(bench.copy("held", "exitsclean")))
    as_json.wait_for(lambda a: a.of("leak"), "its socket")
    for agent in (text, verbose):
        ask_for_report(agent, "exitsclean")
    program.end()
    for agent in (text, verbose):
        ask_for_report(agent, "No leaked sockets are open now; 1 were: 1 ended with their")
    summary = summary_of(as_json, lambda e: e["resolved"]["exited"], "its end")
    if summary["ended_sites"] or summary["ended"]:
        raise Failure(f"expected no site that has ended, seen: {summary['ended']}")
    for agent, wanted in ((text, False), (verbose, True)):
        before_end = len(agent.lines)
        agent.stop()
        report = "".join(agent.lines[before_end:])
        if ("\nexited " in report) != wanted or "\nended " in report:
            raise Failure(f"expected it to be listed: {wanted}, seen:\n{report}")


@case
def closed_before_the_exit(bench):
    """Closed by the program, and then it exits, before a sweep has come by: it did clean up.

    Right after a sweep: while one looks at a file, it refers to the file as well, and the hook
    cannot know that the descriptor which is closed is the last."""
    agent = bench.agent("--comm", "closesall", "--interval", "3s", "--full-sweep-interval", "3s",
                        "--watch-close")
    program = bench.program(str(bench.copy("growing", "closesall")), 70)
    agent.wait_for(lambda a: len(a.open_leaks()) == 70, "70 leaks")
    since = time.monotonic()
    before = agent.wait_for(lambda a: a.full_sweeps(since), "a summary")[0]
    agent.wait_for(lambda a: a.full_sweeps(since)[-1] > before, "the next full sweep")
    program.next_phase()
    program.wait_ready()
    program.end()
    agent.wait_for(lambda a: len(a.of("resolved")) == 70, "70 ends")
    summary = agent.stop()
    if summary["resolved"]["closed"] != 70 or summary["ended"]:
        raise Failure(f"expected 70 closed, seen: {summary['resolved']}, {summary['ended']}")


@case
def ended_processes_of_a_pool(bench):
    """Short-lived workers that each leak some are one site, with the sockets of them all."""
    text, as_json = watched(bench, "poolleaks")
    program = bench.program(str(bench.copy("workers", "poolleaks")), 10, 5)
    as_json.wait_for(lambda a: len(a.open_leaks()) == 50, "50 leaks")
    ask_for_report(text, "poolleaks (10 procs) leaks sockets: 50 open")
    program.next_phase()
    program.wait_ready()
    ask_for_report(text, "poolleaks (10 procs) leaked 50 sockets and exited, the last")
    text.stop()
    summary = summary_of(as_json, lambda e: e["ended_sites"], "a site that has ended")
    program.end()
    (site,) = summary["ended"]
    if (site["sockets"], site["processes"]) != (50, 10):
        raise Failure(f"expected 50 sockets of 10 processes, seen: {site}")


@case
def ended_processes_by_the_thousand(bench):
    """One idle socket each is no leak, however many processes exit with one; the list is short."""
    agent = bench.agent("--comm", "thousand")
    verbose = bench.agent("--comm", "thousand", "-v", as_json=False)
    program = bench.start_program(str(bench.copy("workers", "thousand")), 1000, 1)
    trouble = program.wait_ready(60)
    if trouble:
        raise Failure(trouble)
    agent.wait_for(lambda a: len(a.open_leaks()) == 1000, "1,000 leaks", timeout=60)
    ask_for_report(verbose, "1000 unconnected at 1 site")
    program.next_phase()
    program.wait_ready()
    agent.wait_for(lambda a: len(a.of("resolved", reason="exited")) == 1000, "1,000 ends",
                   timeout=60)
    ask_for_report(verbose, "1000 exited")
    summary = agent.stop()
    before_end = len(verbose.lines)
    verbose.stop()
    program.end()
    report = verbose.lines[before_end:]
    if summary["ended_sites"] or not report[0].startswith("No leaked sockets are open now"):
        raise Failure(f"expected no leak, seen: {summary['ended']}, {report[:4]}")
    expect_in("".join(report), "\nexited   1000 procs thousand         1000 ", " and 936 more\n")


LEAKED, RESOLVED = "sockleak_leaked_sockets", "sockleak_leaks_resolved_total"
FAST = ("--older-than", "500ms", "--interval", "100ms", "--write-interval", "100ms")


def explained(bench, site, textfile, *parts):
    """What explain says of a site has all of these."""
    status, out, errors = bench.run("explain", site, "--textfile", textfile)
    missing = [part for part in parts if not re.search(part, out, re.MULTILINE)]
    if status or errors or missing:
        raise Failure(f"expected {missing}, seen {status}: {out} {errors}")


@case
def ended_is_explained(bench):
    """The agent, and the next one: what the site was, when it ended and how; no alert goes on."""
    directory = bench.directory / "ended"
    directory.mkdir()
    textfile = directory / "sockleak.prom"
    args = (*FAST, "--comm", "explained", "--textfile", textfile)
    service = Service.start(bench, *args)
    program = bench.program(str(bench.copy("growing", "explained")), 12)
    service.wait_for(lambda s: s.value(textfile, LEAKED) == 12, "12 leaked")
    ((_, labels, _),) = service.metrics(textfile, "sockleak_site_leaked_sockets")
    site = labels["site"]
    program.process.send_signal(signal.SIGKILL)
    service.wait_for(lambda s: s.value(textfile, RESOLVED, reason="exited") == 12, "12 exited")
    if service.metrics(textfile, LEAKED) or service.metrics(textfile, "sockleak_site_info"):
        raise Failure("expected the series to be gone, for an alert to end with them")
    reported = (r"^explained leaked sockets and exited; none is open now\nin make_socket ",
            rf"^  Ended      \S+Z, \S+ ago: 12 sockets, when {program.pid} exited$",
            r"^  Class      12 never used \(never_used\)$",
            r"^  #\d +make_socket \(explained\)")
    stacks = directory / "sockleak.stacks.json"
    service.wait_for(lambda s: '"ended":{' in stacks.read_text(), "the end in the stacks file")
    explained(bench, site, textfile, *reported)
    service.wait_for(
        lambda s: [line for line in s.lines if "12 ended with their process" in line],
        "a line of the end",
    )
    service.stop()
    explained(bench, site, textfile, *reported)
    service = Service.start(bench, *args)
    service.wait_for(lambda s: s.metrics(textfile), "its first file")
    explained(bench, site, textfile, *reported)
    # The same site again, which ends before the agent: both ends are there.
    program = bench.program(str(bench.copy("growing", "explained")), 10)
    service.wait_for(lambda s: s.value(textfile, LEAKED) == 10, "10 leaked")
    explained(bench, site, textfile, r"^explained .*: \d+ open$", r"^  Ended  .*: 12 sockets, ")
    program.end()
    service.wait_for(lambda s: '"sockets":22,' in stacks.read_text(), "both ends")
    explained(bench, site, textfile, rf"^  Ended .*: 22 sockets of 2 ", r"last when \d+ exited$")
    service.stop()


@case
def stacks_file_of_another_user(bench):
    """It is not taken over: the directory may be another user's. One line says so."""
    directory = bench.directory / "foreign"
    directory.mkdir()
    stacks = directory / "sockleak.stacks.json"
    stacks.write_text('{"version":1,"sites":[]}')
    os.chown(stacks, 65534, 65534)
    service = Service.start(bench, *FAST, "--comm", "nosuchcomm", "--textfile",
                            directory / "sockleak.prom")
    service.wait_for(lambda s: [line for line in s.lines if "does not belong to root" in line], "a line")
    service.stop()


@case
def held_again(bench):
    """Quick sweeps see that a leak is in use for a moment, full sweeps do not. When it is reported
    again it has all its holders again. The intervals are as far apart as that needs."""
    agent = bench.agent(
        "--comm", "held_again", "--interval", "100ms", "--full-sweep-interval", "2s"
    )
    for _ in range(2):
        program = bench.program("held_again", agents=[agent])
        expect_all(program, [agent])
    agent.stop()
