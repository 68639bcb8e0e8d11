# SPDX-License-Identifier: BSD-2-Clause
"""`sockleak scan`: what is unconnected now, with and without a sockleak that was watching."""

import datetime
import hashlib
import json
import os
import re

from lib.cgroups import inside
from lib.outcome import Failure
from lib.registry import ALONE, case, cases
from lib.validation import fault_of

ROUNDING_S = 0.0015  # two dates of one moment are 1 ms apart at most,
ROUNDED = 0.02  # and only a few are
SHOWN = 4


def scan(bench, *args, status=0):
    """The lines of leaks, and the summary; each checked against the schema."""
    seen, out, errors = bench.run("scan", "--json", *args)
    if seen != status:
        raise Failure(f"expected exit status {status}, seen {seen}: {errors}")
    wrong = fault_of(out)
    if wrong:
        raise Failure(f"the schema: {wrong}"[-2000:])
    events = [json.loads(line) for line in out.splitlines()]
    if not events or events[-1]["type"] != "summary" or events[-1]["mode"] != "scan":
        raise Failure(f"expected a summary of mode scan as the last line, seen: {events[-1:]}")
    return events[:-1], events[-1]


def birth(event):
    return datetime.datetime.fromisoformat(event["created"].replace("Z", "+00:00")).timestamp()


def only(events, inode):
    found = [event for event in events if event["inode"] == inode]
    if len(found) != 1:
        raise Failure(f"expected one line for inode {inode}, seen: {found}")
    return found[0]


def expect(event, **fields):
    wrong = {key: event[key] for key, value in fields.items() if event[key] != value}
    if wrong:
        raise Failure(f"expected {fields}, seen: {wrong}")


@case
def scan_without_history(bench):
    """A leak from before is found, of unknown age; what is connected, listens or is bound not."""
    path = bench.copy("held", "scanheld")
    program = bench.program(str(path))
    in_use = [bench.program(str(bench.copy(name, "scanheld")))
              for name in ("connected", "listening", "udp_used", "socketpair")]
    # No sockleak that other cases run has this comm in its sight for certain: ask none.
    events, summary = scan(bench, "--comm", "scanheld", "--history", lonely(bench).pid)
    expect(only(events, next(iter(program.inodes))), **{
        "class": "unknown_origin", "pid": program.pid, "created": None, "age_s": None,
        "stack": None, "may_be_in_use": False})
    if len(events) != 1 or summary["open"] != 1:
        raise Failure(f"expected one socket of {len(in_use) + 1} programs, seen: {events}")
    status, out, errors = bench.run("scan", "--pid", in_use[0].pid, "--error-exitcode", "9")
    if status or "No unconnected sockets" not in out or "scanned" in errors:
        raise Failure(f"expected none, seen {status}: {out} {errors}")


def lonely(bench):
    """A sockleak that sees nothing of any program."""
    return bench.agent("--comm", "nosuchcomm")


@case
def scan_says_what_is_known(bench):
    """Whose ages and stacks are shown is said where some are shown, and not otherwise."""
    program = bench.program(str(bench.copy("held", "scanknown")))
    agent = bench.agent("--comm", "scanknown")
    for watcher, comm, words in (
        (agent, "nosuchcomm", None),
        (lonely(bench), "scanknown", "Ages and stacks are unknown: these sockets were made"),
    ):
        args = ["scan", "--comm", comm, "--history", watcher.pid]
        text = bench.run(*args)[1]
        if words not in text if words else "Ages" in text or "ages" in text:
            raise Failure(f"expected {words!r}, seen: {text}")
    later = bench.program(str(bench.copy("probed", "scanknown")), agents=[agent])
    (inode,) = later.phase.leaks
    agent.wait_for(lambda a: a.of("leak", inode=inode), "the leak")
    text = bench.run("scan", "--comm", "scanknown", "--history", agent.pid)[1]
    if f"Ages and stacks are from sockleak[{agent.pid}], which has watched part" not in text:
        raise Failure(f"expected that one named, seen: {text}")
    for each in (program, later):
        each.next_phase()
        each.end()
    agent.stop()


@case
def scan_with_history(bench):
    """Age, class, evidence and stack are those that a running sockleak knows."""
    agent = bench.agent("--comm", "scanhist")
    program = bench.program(str(bench.copy("probed", "scanhist")), agents=[agent])
    (inode,) = program.phase.leaks
    reported = agent.wait_for(lambda a: a.of("leak", inode=inode), "the leak")[0]
    events, summary = scan(bench, "--comm", "scanhist", "--history", agent.pid,
                           "--error-exitcode", 9, status=9)
    expect(summary, history_pid=agent.pid, hooks=None)
    event = only(events, inode)
    expect(event, **{key: reported[key] for key in (
        "class", "created", "creator_pid", "tid", "site", "culprit", "package", "stack_source",
        "cgroup_id", "holders")})
    if event["evidence"]["getpeername_enotconn"] < 1 or not event["age_s"]:
        raise Failure(f"expected evidence and age, seen: {event}")
    frames = [[frame["function"] for frame in event["stack"]] for event in (reported, event)]
    if frames[0] != frames[1] or "make_socket" not in frames[0]:
        raise Failure(f"expected the same functions, seen: {frames}")
    _, text, _ = bench.run("scan", "--comm", "scanhist", "--history", agent.pid)
    first, second = text.splitlines()[:2]
    if not re.fullmatch(rf"1 unconnected socket in 1 process: scanhist\[{program.pid}\], "
                        r"oldest \d+m?s", first) or second != "in make_socket (scanhist)":
        raise Failure(f"expected count, process, age and function, seen: {first} {second}")
    program.next_phase()
    program.end()
    agent.stop()


@case
def scan_of_many_with_history(bench):
    """So many that what is known of them is read in batches: each has its own age and stack."""
    agent = bench.agent("--comm", "scanmany")
    program = bench.program(str(bench.copy("many", "scanmany")), 600, agents=[agent])
    program.next_phase()
    program.wait_ready()
    wanted = set(program.phase.leaks)
    agent.wait_for(lambda a: wanted <= set(a.open_leaks()), "600 leaks", timeout=60)
    reported = agent.open_leaks()
    events, _ = scan(bench, "--comm", "scanmany", "--history", agent.pid)
    _, text, _ = bench.run("scan", "--comm", "scanmany", "--history", agent.pid)
    if f"from sockleak[{agent.pid}], which has watched part of the host for" not in text:
        raise Failure(f"expected it to say how little that one watches, seen: {text[-600:]}")
    seen = {event["inode"]: event for event in events}
    if set(seen) != wanted or len(events) != len(wanted):
        raise Failure(f"expected the 600, seen: {len(events)}, without {len(wanted - set(seen))}")
    agent.stop()
    wrong = [*other_fields(seen, reported), *other_births(seen, reported)]
    if wrong:
        raise Failure(f"expected 600 as the agent has them, seen {len(wrong)} that differ:"
                      + "".join(f"\n      {line}" for line in wrong[:SHOWN]))


def other_fields(seen, reported):
    """What a scan says that was not reported."""
    keys = ("tid", "stack_source", "site", "culprit", "stack")
    for inode, event in seen.items():
        for key in keys:
            if event[key] != reported[inode][key]:
                yield f"{key} of {inode}: {event[key]}, and reported was {reported[inode][key]}"


def other_births(seen, reported):
    """The same of their births. Each process asks by itself how far its clocks are apart, so a few
    dates may be rounded otherwise."""
    others = [inode for inode, event in seen.items()
              if event["created"] != reported[inode]["created"]]
    for inode in others:
        event, before = seen[inode], reported[inode]
        if len(others) > ROUNDED * len(seen) or abs(birth(event) - birth(before)) > ROUNDING_S:
            yield f"created of {inode}: {event['created']}, and reported was {before['created']}"


@case
def scan_tells_sources(bench):
    """Two stacks of the same addresses, taken in two ways: each is reported as it was taken."""
    agent = bench.agent("--comm", "scansources", "--snapshots", 1)
    program = bench.program(str(bench.copy("turned", "scansources")), agents=[agent])
    wanted = set(program.phase.leaks)
    agent.wait_for(lambda a: wanted <= set(a.open_leaks()), f"leaks of inodes {sorted(wanted)}")
    program.next_phase()
    program.wait_ready()
    wanted |= set(program.phase.leaks)
    agent.wait_for(lambda a: wanted <= set(a.open_leaks()), f"leaks of inodes {sorted(wanted)}")
    events, _ = scan(bench, "--comm", "scansources", "--history", agent.pid)
    reported = [agent.open_leaks()[inode] for inode in wanted]
    # The first ones are of a clean call; of the others one finds a slot.
    if not {"call", "fp"} <= {event["stack_source"] for event in reported}:
        raise Failure(f"expected calls, and stacks by frame pointers, seen: {reported}")
    for event in reported:
        expect(only(events, event["inode"]), **{
            key: event[key] for key in ("stack_source", "stack_truncated", "site", "culprit")})
    program.next_phase()
    program.end()
    agent.stop()


@case(stage=ALONE)
def scan_asks_who_sees_all(bench):
    """One that watches a part of the host is not asked, though it has run longer."""
    of_part = [bench.agent(*options).pid for options in (("--comm", "no"), ("--uid", 4242))]
    bench.agent()
    asked = scan(bench)[1]["history_pid"]
    if not asked or asked in of_part:  # it may be one that the host has anyhow
        raise Failure(f"expected one that is none of {of_part} asked, seen: {asked}")


@case
def scan_of_the_young(bench):
    """Younger than the running sockleak's threshold: age, evidence, stack and function."""
    look_at_the_young(bench, "scanyoung")


@case
def scan_of_the_youngest(bench):
    """The same of one that no sweep has met yet."""
    look_at_the_young(bench, "scanyoungest", "--interval", "60s", "--full-sweep-interval", "60s")


def look_at_the_young(bench, name, *more):
    agent = bench.agent("--comm", name, "--older-than", "1h", *more)
    program = bench.program(str(bench.copy("probed", name)))
    (inode,) = program.phase.leaks
    events, _ = scan(bench, "--comm", name, "--history", agent.pid)
    event = only(events, inode)
    expect(event, **{"class": "probed", "creator_pid": program.pid, "stack_source": "snapshot"})
    if event["culprit"]["function"] != "make_socket" or not event["age_s"] or not event["site"]:
        raise Failure(f"expected age, function and site, seen: {event}")
    if "main" not in [frame["function"] for frame in event["stack"]]:
        raise Failure(f"expected a whole stack, seen: {event['stack']}")
    # It is only looked at: the agent still has it, and so has the next scan.
    expect(only(scan(bench, "--comm", name, "--history", agent.pid)[0], inode),
           site=event["site"], stack=event["stack"])
    events, _ = scan(bench, "--comm", name, "--history", agent.pid, "--older-than", "1h")
    if events:
        raise Failure(f"expected none older than an hour, seen: {events}")
    agent.stop()


@case
def scan_of_the_young_without_snapshots(bench):
    """Likewise where stacks are taken by frame pointers alone."""
    agent = bench.agent("--comm", "scanyoungfp", "--older-than", "1h", "--stack-size", 0)
    program = bench.program(str(bench.copy("held", "scanyoungfp")))
    (inode,) = program.phase.leaks
    event = only(scan(bench, "--comm", "scanyoungfp", "--history", agent.pid)[0], inode)
    expect(event, stack_source="fp")
    if event["culprit"]["function"] != "make_socket":
        raise Failure(f"expected the function, seen: {event}")
    agent.stop()


@case
def scan_adds_up(bench):
    """Sockets from before the agent, and later ones: one sum, and the function of these."""
    program = bench.program(str(bench.copy("leak_by_leak", "scansum")), 6)
    for _ in range(2):
        leak_one(program)
    agent = bench.agent("--comm", "scansum", "--older-than", "1h")
    agent.wait_quiet()  # the first two are of unknown origin to it
    for _ in range(3):
        leak_one(program)
    _, summary = scan(bench, "--comm", "scansum", "--history", agent.pid)
    (process,) = summary["processes"]
    expect(process, pid=program.pid, name="scansum", open=5, may_be_in_use=False, culprit_open=3,
           classes={"never_used": 3, "unknown_origin": 2})
    if process["culprit"]["function"] != "make_socket":
        raise Failure(f"expected the function of the three, seen: {process}")
    _, text, _ = bench.run("scan", "--comm", "scansum", "--history", agent.pid)
    first, second = text.splitlines()[:2]
    if not re.fullmatch(rf"5 unconnected sockets in 1 process: scansum\[{program.pid}\], "
                        r"oldest at least \d+m?s", first) or (
            second != "3 of 5 created in make_socket (scansum)"):
        raise Failure(f"expected the sum, and the function of most, seen: {first} | {second}")
    for part in ("3 of the 5", "2 of the 5"):
        if f"{part} that this process holds" not in text:
            raise Failure(f"expected the share of each row, seen: {text}")
    agent.stop()


def leak_one(program):
    program.next_phase()
    trouble = program.wait_ready()
    if trouble:
        raise Failure(trouble)


@case
def scan_holders(bench):
    """Two processes that hold one socket: one line, the creator first."""
    program = bench.program(str(bench.copy("fork_both", "scanfork")))
    (inode,) = program.phase.leaks
    events, _ = scan(bench, "--comm", "scanfork")
    held_by = sorted(holder["pid"] for holder in only(events, inode)["holders"])
    if len(held_by) != 2 or program.pid not in held_by:
        raise Failure(f"expected parent and child of {program.pid}, seen: {held_by}")


@case
def scan_was_connected(bench):
    """lsof's look-alike is shown when it is asked for."""
    bench.program(str(bench.copy("was_connected", "scandead")))
    events, _ = scan(bench, "--comm", "scandead")
    if events:
        raise Failure(f"expected nothing by default, seen: {events}")
    events, _ = scan(bench, "--comm", "scandead", "--class", "was_connected")
    if [event["class"] for event in events] != ["was_connected"]:
        raise Failure(f"expected the dead connection, seen: {events}")


@case
def scan_may_be_in_use(bench):
    """A socket that may be in use is reported as such, and is no reason for --error-exitcode."""
    bench.program(str(bench.copy("udp_ioctl", "scanudp")))
    events, summary = scan(bench, "--comm", "scanudp", "--error-exitcode", 9)
    if [event["may_be_in_use"] for event in events] != [True]:
        raise Failure(f"expected one that may be in use, seen: {events}")
    _, text, _ = bench.run("scan", "--comm", "scanudp")
    if "1 more may be in use" not in text or "scanudp" in text:
        raise Failure(f"expected it to be counted and not listed, seen: {text}")
    _, text, _ = bench.run("scan", "--comm", "scanudp", "-v")
    if "scanudp" not in text or "may be in use" not in text:
        raise Failure(f"expected -v to list it, seen: {text}")


@case
def scan_grown(bench):
    """A socket that may be in use is a finding where a running sockleak has seen its site grow."""
    agent = bench.agent("--comm", "scangrown")
    program = bench.program(str(bench.copy("udp_ioctl_leaked", "scangrown")), agents=[agent])
    program.next_phase()  # it leaks one every 300 ms
    count = 8
    agent.wait_for(lambda a: len(a.open_leaks()) == count, "the leaks")
    history = ("--comm", "scangrown", "--history", agent.pid, "--error-exitcode", 9)
    status, text, _ = bench.run("scan", *history)
    if status != 9 or f"{count} unconnected sockets in 1 process" not in text:
        raise Failure(f"expected {count} in the headline, and 9, seen {status}: {text}")
    events, summary = scan(bench, *history, status=9)
    if len(events) != count or summary["open"] != count:
        raise Failure(f"expected {count} leaks, seen: {events}")
    # Without that knowledge it is not known.
    plain = bench.agent("--comm", "nothing_at_all")
    status, text, _ = bench.run("scan", "--comm", "scangrown", "--history", plain.pid,
                                "--error-exitcode", 9)
    if status or "No unconnected sockets" not in text:
        raise Failure(f"expected nothing that is certain, seen {status}: {text}")


@case
def scan_of_the_busy(bench):
    """Sockets on their way to a connection are no findings: that is what is looked twice for.

    A busy host may keep a thread from connecting for longer than the looks are apart. One
    look alone would find some in almost every scan, two in almost none.
    """
    bench.program(str(bench.copy("busy_client", "scanbusy")))
    agent = lonely(bench)
    scans = [scan(bench, "--comm", "scanbusy", "--history", agent.pid)[0] for _ in range(20)]
    found = sum(1 for events in scans if events)
    if found > 10:
        raise Failure(f"expected none, seen some in {found} of 20 scans")


CONTAINER = hashlib.sha256(b"scan").hexdigest()
POD = "0a1b2c3d-1111-2222-3333-444455556666"

# name: (options, what is said on stderr, is the status that of a wrong option)
TYPOS = {
    "scan_unit_typo": (["--unit", "scanrihgt"], "did you mean scanright.service?", True),
    "scan_unit_part": (["--unit", "right"], "--unit right: no such unit runs", True),
    "scan_unit_right": (["--unit", "scanright"], None, False),
    "scan_unit_and_typo": (["--unit", "scanright", "--unit", "nosuchunit"],
                           "--unit nosuchunit: no such unit runs ('systemctl", True),
    "scan_container_typo": (["--container", "0123456789ab"], "no such container runs (", True),
    "scan_container_right": (["--container", CONTAINER[:12]], None, False),
    "scan_container_in_unit": (["--unit", "scanright", "--container", CONTAINER[:12]], None, False),
    "scan_pod_typo": (["--pod", POD.replace("a", "b")], "no such pod runs (", True),
    "scan_pod_right": (["--pod", POD], None, False),
    "scan_comm_typo": (["--comm", "nosuchcomm"], "nothing was scanned: no process matches", True),
    "scan_uid_typo": (["--uid", "54398"], "nothing was scanned: no process matches", True),
    "scan_empty_cgroup": (["--cgroup", "EMPTY"], "nothing was scanned: no process matches", True),
}


@cases(names=list(TYPOS))
def scan_of_what_is_not_there(bench):
    """A name that nothing has: said, with what to do, and no success, for a CI gate or without."""
    unit = bench.cgroups.make(bench.cgroups.make(), "scanright.service")
    pod = bench.cgroups.make(unit, f"kubepods-pod{POD.replace('-', '_')}.slice")
    container = bench.cgroups.make(pod, f"cri-containerd-{CONTAINER}.scope")
    bench.program("connected", inside=inside(container))
    empty = bench.cgroups.make()
    for name, (options, words, is_error) in TYPOS.items():
        if not bench.wants(name):
            continue
        args = ["scan", *(empty if option == "EMPTY" else option for option in options)]
        plain, gate = bench.run(*args, "--json"), bench.run(*args, "--error-exitcode", 9)
        seen = (plain[0], gate[0], words in plain[2] and words in gate[2] if words else
                not plain[2] and not gate[2], len(plain[2].splitlines()),
                json.loads(plain[1].splitlines()[-1])["nothing_watched"])
        nothing = is_error and name != "scan_unit_and_typo"
        wanted = (*[2 if is_error else 0] * 2, True, int(is_error), nothing)
        yield name, None if seen == wanted else Failure(f"expected {wanted}, seen: {seen} {gate}")


@case
def trace_of_what_never_came(bench):
    """The end of a watch that had nothing to watch says so, in text, in JSON and by its status."""
    for args, words in ((["--json"], '"nothing_watched":true'), ([], "Nothing was watched: no")):
        status, out, errors = bench.run("--unit", "nosuchunit", "--duration", "100ms", *args)
        said = ("nothing matches --unit nosuchunit yet", "--unit nosuchunit: no such unit runs (")
        if status != 2 or words not in out or not all(part in errors for part in said):
            raise Failure(f"expected 2 and {words!r}, seen {status}: {out} {errors}")
    program = bench.program(str(bench.copy("connected", "herecomm")))
    for name, wanted in (("nosuchcomm", True), ("herecomm", False)):
        status, out, errors = bench.run("--comm", name, "--duration", "100ms", "--json")
        said = "nothing was watched: no process matched the options ('ps" in errors
        seen = json.loads(out.splitlines()[-1])["nothing_watched"]
        if (status, seen, said) != (2 if wanted else 0, wanted, wanted):
            raise Failure(f"expected nothing_watched {wanted}, seen {status}: {out} {errors}")
    program.end()


@case
def run_of_what_never_came(bench):
    """--comm and --uid that no process of a run has: an error for --error-exitcode, else a line."""
    gate, away = ["--error-exitcode", 9], ["sh", "-c", "true; exit 4"]
    goes_on = ["sh", "-c", "sleep 2 > /dev/null 2>&1 &"]  # or has ended: either way it was there
    for options, program, wanted in ((["--comm", "nosuchcomm"], away, 4),
                                     (["--comm", "nosuchcomm", *gate], away, 125),
                                     (["--uid", 54321, *gate], away, 125),
                                     (["--comm", "sh", *gate], away, 4),
                                     (["--comm", "sleep", "--max-climbing", 0, *gate], goes_on, 0),
                                     (["--uid", os.getuid(), *gate], ["true"], 0)):
        status, _, errors = bench.run("run", "-q", *options, "--", *program)
        said = "nothing was watched: no process matched the options\n" in errors
        if status != wanted or said != ("nosuchcomm" in options or 54321 in options):
            raise Failure(f"{options}: expected {wanted}, seen {status}: {errors}")


@case
def scan_usage(bench):
    """Options of the other command, and a history that is none, are errors of usage."""
    no_btf = bench.directory / "no.btf"
    no_btf.write_bytes(bytes(4096))
    status, _, errors = bench.run("scan", "--btf", no_btf)
    if status != 3 or f" with --btf {no_btf}: " not in errors:
        raise Failure(f"expected the file to be blamed and 3, seen {status}: {errors}")
    for args, words in (
        (("scan", "--duration", "5s"), "is not for this command; it is for: trace"),
        (("--error-exitcode", "5"), "is not for this command; it is for: scan"),
        (("scan", "--history", "1"), "not a running sockleak"),
        (("scan", "trace"), "unexpected argument"),
    ):
        status, _, errors = bench.run(*args)
        if status != 2 or words not in errors:
            raise Failure(f"{args}: expected {words!r} and 2, seen {status}: {errors}")
