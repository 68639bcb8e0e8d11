# SPDX-License-Identifier: BSD-2-Clause
"""sockleak agent: the service, its files, and what it takes up while it runs."""

import contextlib
import json
import os
import re
import signal

from lib.cgroups import inside
from lib.outcome import Failure
from lib.registry import case
from lib.service import Service

FAST = ("--older-than", "500ms", "--interval", "100ms", "--write-interval", "100ms")
LEAKED = "sockleak_leaked_sockets"


def directory_of(bench, name):
    path = bench.directory / name
    path.mkdir()
    return path


@case
def agent_publishes(bench):
    """The metrics count what leaks, the log names it, explain tells of it; a clean end removes."""
    textfile = directory_of(bench, "published") / "sockleak.prom"
    service = Service.start(bench, *FAST, "--comm", "published", "--textfile", textfile)
    program = bench.program(str(bench.copy("growing", "published")), 12)
    service.wait_for(lambda s: s.value(textfile, LEAKED, comm="published") == 12, "12 leaked")
    (_, labels, count), = service.metrics(textfile, "sockleak_site_leaked_sockets")
    if count != 12:
        raise Failure(f"expected the site to have them all, seen: {count}")
    service.wait_for(
        lambda s: [l for l in s.lines if "published" in l and "leaks sockets" in l],
        "a line of who leaks",
    )
    site = labels["site"]
    status, out, errors = bench.run("explain", site[:8], "--textfile", textfile)
    if status or "make_socket" not in out or site not in out:
        raise Failure(f"expected the stack of {site}, seen {status}: {out} {errors}")
    status, out, errors = bench.run("explain", "0000beef", "--textfile", textfile)
    if status != 1 or out or "0000beef" not in errors:
        raise Failure(f"expected 1 and a line, seen {status}: {out} {errors}")
    program.next_phase()
    service.wait_for(lambda s: not s.metrics(textfile, LEAKED), "no series when all are closed")
    if service.value(textfile, "sockleak_leaks_resolved_total", reason="closed") != 12:
        raise Failure("expected 12 resolved")
    program.end()
    mode = os.stat(textfile).st_mode & 0o777
    if mode != 0o644:
        raise Failure(f"expected 0644, seen {mode:o}")
    service.stop()
    left = sorted(path.name for path in textfile.parent.iterdir())
    if left != ["sockleak.stacks.json"]:
        raise Failure(f"expected only the stacks to be left, seen: {left}")
    if not service.was_notified("STOPPING=1"):
        raise Failure(f"expected STOPPING=1, seen: {service.notified[-3:]}")


def lines_of_growth(service, comm):
    return [line for line in service.lines if f"{comm}[" in line and "leaks sockets" in line]


@case
def agent_agrees_with_itself(bench):
    """Log, explain and metrics say the same when the line comes, however seldom files are due."""
    textfile = directory_of(bench, "agrees") / "sockleak.prom"
    options = ("--older-than", "500ms", "--interval", "100ms", "--write-interval", "1h")
    service = Service.start(bench, *options, "--comm", "agrees", "--textfile", textfile)
    program = bench.start_program(str(bench.copy("growing", "agrees")), 40)
    (line,) = service.wait_for(lambda s: lines_of_growth(s, "agrees"), "a line of who leaks")
    open_now, site = re.search(r"leaks sockets: (\d+) open.* site ([0-9a-f]{16})$", line).groups()
    status, out, errors = bench.run("explain", site, "--textfile", textfile, "--json")
    if status:
        raise Failure(f"expected the site of the line to be known, seen {status}: {errors}")
    explained = json.loads(out)
    (counted,) = (value for _, _, value in service.metrics(textfile, "sockleak_site_leaked_sockets"))
    said = (int(open_now), explained["open"], int(counted))
    if len(set(said)) != 1 or not explained["leaking"]:
        raise Failure(f"expected one number of line, explain and metrics, seen: {said}")
    (_, labels, _), = service.metrics(textfile, "sockleak_site_info")
    where = {labels["function"], explained["function"], "make_socket"}
    if where != {"make_socket"} or "in make_socket (agrees" not in line:
        raise Failure(f"expected one culprit, seen: {where}, {line}")
    caller = {labels["caller"], explained["caller"]["function"]}
    if caller != {"main"} or ", called from main (agrees)" not in line:
        raise Failure(f"expected one caller, seen: {caller}, {line}")
    program.wait_ready()
    program.end()
    service.stop()


def held_by(bench, explain, wanted):
    """What explain tells of a site, once these processes hold so many."""
    reported = json.loads(bench.run(*explain, "--json")[1])
    seen = {process["pid"]: process["open"] for process in reported["processes"]}
    return reported if seen == wanted else None


@case
def explain_lists_the_holders(bench):
    """Each process that holds sockets of the site, with how many."""
    textfile = directory_of(bench, "holders") / "sockleak.prom"
    service = Service.start(bench, *FAST, "--comm", "holders", "--textfile", textfile)
    path = str(bench.copy("growing", "holders"))
    few, many = bench.program(path, 4), bench.program(path, 7)
    service.wait_for(lambda s: s.value(textfile, LEAKED, comm="holders") == 11, "11 leaked")
    (_, labels, _), = service.metrics(textfile, "sockleak_site_leaked_sockets")
    explain = ("explain", labels["site"], "--textfile", textfile)
    service.process.send_signal(signal.SIGUSR1)  # or what is new in it comes a minute later
    reported = service.wait_for(lambda s: held_by(bench, explain, {many.pid: 7, few.pid: 4}),
                            "a file with 7 and 4")
    if [process["pid"] for process in reported["processes"]] != [many.pid, few.pid]:
        raise Failure(f"expected the one with most first, seen: {reported['processes']}")
    if reported["more_processes"] or reported["more_open"] or reported["open"] != 11:
        raise Failure(f"expected 11 and no more processes, seen: {reported}")
    lines = bench.run(*explain)[1].splitlines()
    for line in (f"  Held by    holders[{many.pid}]: 7 open, oldest ",
                 f"             holders[{few.pid}]: 4 open, oldest "):
        if not [one for one in lines if one.startswith(line)]:
            raise Failure(f"expected {line!r}, seen: {lines}")
    service.stop()


@case
def agent_feeds_the_watchdog(bench):
    """After each sweep that is complete, and with a status for people."""
    service = Service.start(bench, *FAST, "--comm", "nosuchcomm",
                            environment={"WATCHDOG_USEC": "10000000"})
    fed = service.was_notified("WATCHDOG=1")
    service.wait_for(lambda s: s.was_notified("WATCHDOG=1") > fed + 3, "it to be fed again")
    service.wait_for(lambda s: [t for t in s.notified if t.startswith("STATUS=")], "a status")
    service.stop()
    slow = Service.start(bench, "--interval", "8s", "--comm", "nosuchcomm",
                         environment={"WATCHDOG_USEC": "10000000"})
    slow.wait_for(lambda s: [l for l in s.lines if "WatchdogSec" in l], "a warning")
    slow.stop()


@case
def agent_reloads(bench):
    """SIGHUP: suppressions and options anew, both ways, and nothing that is known is lost."""
    directory = directory_of(bench, "reloads")
    textfile, config, known = (directory / n for n in ("a.prom", "agent.conf", "known.ini"))
    config.write_text(f"textfile = {textfile}\ncomm = reloaded\nolder-than = 500ms\n"
                      "interval = 100ms\nwrite-interval = 100ms\nmax-sockets = 1000\n")
    service = Service.start(bench, "--config", config)
    program = bench.program(str(bench.copy("growing", "reloaded")), 8)
    service.wait_for(lambda s: s.value(textfile, LEAKED) == 8, "8 leaked")
    since = service.value(textfile, "sockleak_oldest_leak_created_timestamp_seconds")

    known.write_text("[known]\nfunction = make_socket\n")
    config.write_text(config.read_text() + f"suppress = {known}\n")
    service.reload()
    service.wait_for(lambda s: s.value(textfile, "sockleak_suppressed_sockets") == 8
                     and not s.metrics(textfile, LEAKED), "8 suppressed, none leaked")

    known.write_text("[other]\nfunction = no_such\n")
    service.reload()
    service.wait_for(lambda s: s.value(textfile, LEAKED) == 8
                     and s.value(textfile, "sockleak_suppressed_sockets") == 0, "8 leaked again")
    if service.value(textfile, "sockleak_oldest_leak_created_timestamp_seconds") != since:
        raise Failure("expected the age to be what it was")
    (site,) = service.metrics(textfile, "sockleak_site_info")
    if site[1]["function"] != "make_socket":
        raise Failure(f"expected the stack to be what it was, seen: {site}")

    moved = directory / "b.prom"
    config.write_text(config.read_text().replace(str(textfile), str(moved)).replace("1000", "99"))
    service.reload()
    service.wait_for(lambda s: s.value(moved, LEAKED) == 8, "the metrics under another name")
    if textfile.exists():
        raise Failure("expected the old textfile to be removed")
    service.wait_for(lambda s: (directory / "b.stacks.json").exists(), "the stacks beside it")
    service.wait_for(lambda s: "sockleak: reloaded; at the next start: max-sockets" in s.lines,
                     "what waits to be named")

    config.write_text("nonsense = 1\n")
    service.reload()
    service.wait_for(lambda s: [l for l in s.lines if "not reloaded" in l and "line 1" in l],
                     "the error and its line")
    before = service.value(moved, "sockleak_sweeps_total", result="ok")
    service.wait_for(lambda s: s.value(moved, "sockleak_sweeps_total", result="ok") > before + 2,
                     "it to go on")
    program.end()
    service.stop()


@case
def agent_of_a_busy_manager(bench):
    """A reload while the service manager has no room: it gets both states later, in order."""
    service = Service.start(bench, *FAST, "--comm", "busymanager")
    service.manager_reads.clear()
    service.fill_manager()
    seen = len(service.notified)
    os.kill(service.pid, signal.SIGHUP)
    service.wait_for(lambda s: [l for l in s.lines if "reloaded" in l], "a reload")
    service.fill_manager()
    service.manager_reads.set()
    service.wait_for(lambda s: any("READY=1" in text for text in s.notified[seen:]), "READY=1")
    states = [text.split("\n")[0] for text in service.notified[seen:]
              if text.startswith(("RELOADING=", "READY="))]
    if states != ["RELOADING=1", "READY=1"]:
        raise Failure(f"expected RELOADING=1 and then READY=1, seen: {states}")
    service.stop()


@case
def agent_reloads_in_a_storm(bench):
    """A hundred reloads put no sweep off, nor does what waits for the next start break."""
    directory = directory_of(bench, "storm")
    textfile, config = directory / "a.prom", directory / "agent.conf"
    settings = f"textfile = {textfile}\ninterval = 2s\nwrite-interval = 100ms\nuid = "
    config.write_text(settings + "1\n")
    service = Service.start(bench, "--config", config)
    service.reload()
    config.write_text(settings + "2\n")
    for _ in range(100):
        service.reload()
    service.wait_for(lambda s: "sockleak: reloaded; at the next start: uid" in s.lines,
                     "what waits to be named")
    # put off by an interval each it would be three minutes, and the wait ends before
    name = "sockleak_sweeps_total"
    before = service.value(textfile, name, result="ok")
    service.wait_for(lambda s: s.value(textfile, name, result="ok") > before + 2, "more sweeps")
    service.stop()


@case
def agent_cannot_write(bench):
    """A directory that is gone is reported once, counted, and written to when it is back."""
    directory = directory_of(bench, "gone")
    textfile = directory / "sockleak.prom"
    service = Service.start(bench, *FAST, "--comm", "nosuchcomm", "--textfile", textfile)
    service.wait_for(lambda s: s.metrics(textfile), "a file")
    away = directory.rename(bench.directory / "away")
    service.wait_for(lambda s: [l for l in s.lines if "cannot write" in l], "an error")
    fed = service.was_notified("WATCHDOG=1")
    service.wait_for(lambda s: s.was_notified("WATCHDOG=1") > fed + 5, "more sweeps")
    away.rename(directory)
    service.wait_for(lambda s: [l for l in s.lines if "can write" in l], "word of the recovery")
    reported = [line for line in service.lines if "cannot write" in line]
    if len(reported) != 1 or (
        "sockleak.stacks.json" in reported[0] and "sockleak.prom" not in reported[0]
    ):
        raise Failure(f"expected one line, seen: {reported}")
    failed = "sockleak_textfile_writes_total"
    service.wait_for(lambda s: (s.value(textfile, failed, result="failed") or 0) > 2, "a count")
    service.stop()


@case
def agent_usage(bench):
    """--check-config says what is wrong and where; the file's name has to be one that is read."""
    good, bad = bench.directory / "good.conf", bench.directory / "bad.conf"
    good.write_text(f"[agent]\ntextfile = {bench.directory}/sockleak.prom\nunit = nginx\n")
    bad.write_text("\nolder-than = soon\n")
    for args, wanted, words in (
        (("--check-config", "--config", good), 0, "configuration OK"),
        (("--check-config", "--config", bad), 2, "bad.conf, line 2: --older-than 'soon'"),
        (("--check-config", "--config", "/no/such"), 2, "cannot read --config /no/such"),
        (("--check-config", "--textfile", "/x/y.txt"), 2, "end in .prom"),
        (("--textfile", "/x/y.txt"), 2, "end in .prom"),
        (("--check-config", "--suppress", "/no/such"), 2, "cannot read --suppress"),
        (("--check-config", "--textfile", "/no/such/a.prom"), 2, "cannot write to --textfile /no"),
        (("--check-config", "--btf", "/no/such"), 2, "cannot read --btf /no/such"),
        (("--check-config", "--btf", "/tmp"), 2, "cannot read --btf /tmp"),
        (("--check-config", "--pin", "/no/such/pins"), 0, "would run without it"),
        (("--check-config", "--pin", str(bench.directory / "pins")), 0, "would run without it"),
        (("--check-config", "--config", good), 0, "not checked: whether the service's user"),
        (("--duration", "3s"), 2, "is not for this command"),
        (("--check-config", "--exclude-cgroup", "/"), 2, "is the root of all cgroups"),
        (("--check-config", "--exclude-cgroup", "."), 2, "is the root of all cgroups"),
    ):
        status, out, errors = bench.run("agent", *args)
        if status != wanted or words not in errors or out:
            raise Failure(f"{args}: expected {wanted} and {words!r}, seen {status}: {out}{errors}")


@case
def agent_logs_for_the_journal(bench):
    """With priorities and without the name, when stderr is the journal or it is told so."""
    status, _, errors = bench.run("agent", "--check-config", "--log", "journald")
    if status:
        raise Failure(errors)
    service = Service.start(bench, "--log", "journald", "--comm", "nosuchcomm")
    service.wait_for(
        lambda s: any(line.startswith("<6>watching by tracepoint: ") for line in s.lines),
        "a line with a priority",
    )
    service.stop()


def fill(pipe):
    """All the room there is; how many bytes."""
    filled = 0
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            filled += os.write(pipe, bytes(4096))
    os.set_blocking(pipe, True)
    return filled


@case
def agent_log_that_nobody_reads(bench):
    """It sweeps, writes and ends all the same, and counts the lines; then says so."""
    directory = directory_of(bench, "unread")
    textfile, log = directory / "sockleak.prom", directory / "log"
    os.mkfifo(log)
    pipe = os.open(log, os.O_RDWR)
    filled = fill(pipe)
    service = Service(bench, (*FAST, "--comm", "nosuchcomm", "--textfile", textfile),
                      wrapper=["sh", "-c", f'exec "$0" "$@" 2> {log}', bench.sockleak])
    service.wait_for(lambda s: s.value(textfile, "sockleak_log_lines_lost_total") == 2,
                     "two lost lines to be counted")
    while filled > 0:
        filled -= len(os.read(pipe, filled))
    service.reload()
    lines = os.read(pipe, 65536).decode()
    if "sockleak: lost 2 lines of this log" not in lines or "sockleak: reloaded" not in lines:
        raise Failure(f"expected word of the lines that were lost, seen: {lines!r}")
    fill(pipe)
    service.reload()
    service.stop()
    os.close(pipe)


@case
def exclude_cgroup(bench):
    """What is excluded is not watched, also when it is made later; the inner rule counts."""
    outer = bench.cgroups.make()
    noisy, kept = bench.cgroups.make(outer, "noisy"), bench.cgroups.make(outer, "kept")
    later = os.path.join(outer, "later")
    inner = bench.cgroups.make(noisy, "inner")
    only = bench.agent("--cgroup", outer, "--exclude-cgroup", noisy, "--exclude-cgroup", later,
                       "--cgroup", inner)
    absent = [line for line in only.errors if ": no such cgroup now" in line]
    if len(absent) != 1 or later not in absent[0]:
        raise Failure(f"expected one line on {later}, seen: {only.errors}")
    rest = bench.agent("--comm", "excluded", "--exclude-cgroup", outer)
    bench.cgroups.make(outer, "later")
    path = str(bench.copy("probed", "excluded"))
    sees, not_seen = [], []
    for cgroup in (noisy, kept, later, inner):
        program = bench.program(path, inside=inside(cgroup), agents=[only, rest])
        (sees if cgroup in (kept, inner) else not_seen).append(program)
    outside = bench.program(path, agents=[only, rest])
    for program in sees:
        (inode,) = program.phase.leaks
        only.wait_for(lambda a, i=inode: a.of("leak", inode=i), "a leak that is not excluded")
    (inode,) = outside.phase.leaks
    rest.wait_for(lambda a: a.of("leak", inode=inode), "the leak outside")
    only.wait_quiet()
    rest.wait_quiet()
    strange = [e for p in not_seen for i in p.phase.leaks for e in only.of("leak", inode=i)]
    strange += [e for p in sees + not_seen for i in p.phase.leaks for e in rest.of("leak", inode=i)]
    strange += only.of("leak", inode=inode)
    if strange:
        raise Failure(f"expected what is excluded not to be reported, seen: {strange}")
    out = bench.run("scan", "--comm", "excluded", "--exclude-cgroup", outer)[1]
    if "1 unconnected socket in 1 process" not in out:
        raise Failure(f"expected a scan to leave it out, too, seen: {out}")
    for program in sees + not_seen + [outside]:
        program.end()
    only.stop()
    rest.stop()
