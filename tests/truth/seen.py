# SPDX-License-Identifier: BSD-2-Clause
"""seen: runs the program of a row, and what sockleak says of it, field by field of row.FIELDS."""

import collections
import os
import re
import subprocess
import time

from lib.outcome import Failure
from truth import watch
from truth.compare import Result, compare
from truth.suite import BAR

REPORTED_S = 20  # until a leak is reported that ever will be: twenty times what an idle host needs
PREPARE_S = 60
V8_TIER = r"^JS:[~^*+]"  # by which compiler, which is no part of the name


def start(bench, row, place, inside):
    return bench.processes.start(
        inside(place.command(row.run)), cwd=place.directory, env=place.environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace",
    )  # fmt: skip


def prepare(bench, row, place, pid):
    if not row.prepare:
        return
    process = bench.processes.start(
        place.command(row.prepare), cwd=place.directory, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, env=place.environment(PID=pid),
    )  # fmt: skip
    said, _ = process.communicate(timeout=PREPARE_S)
    if process.returncode:
        raise Failure(f"expected '{row.prepare}' to succeed, seen: {said[-500:]}")


def leaks_of(agent, pid):
    """inode -> the last leak event of each open leak that this process has made. A socket that it
    keeps for a moment, to try what the kernel can do, is one while gdb has stopped it."""
    leaks = agent.open_leaks().items()
    return {inode: leak for inode, leak in leaks if leak["creator_pid"] == pid}


def wait_for_leaks(agent, pid, count):
    """As many as there are to be; as many as there are when no more come."""
    try:
        agent.wait_for(lambda agent: len(leaks_of(agent, pid)) >= count, "leaks", REPORTED_S)
    except Failure:
        if agent.ended():
            raise
    return list(leaks_of(agent, pid).values())


def module_name(place):
    return os.path.basename(place["module"] or "no module")


def name_of(place):
    """Whose code a place is, as reports name it."""
    if not place:
        return "nobody"
    if place["language"]:
        function = place["function"]
        return f"{function} ({place['language']})" if function else f"{place['language']} code"
    function = re.sub(V8_TIER, "JS:", place["function"] or "code without a name")
    return f"{function} ({module_name(place)})"


def sentence(culprit):
    """The same of a culprit, with the line; it may be hidden."""
    if culprit and culprit["emulator"]:
        return f"code that {culprit['emulator']} hides"
    is_known = culprit and culprit["file"]
    line = f", {os.path.basename(culprit['file'])}:{culprit['line']}" if is_known else ""
    return name_of(culprit) + line


def commonest(values):
    """The one value; of several, each, the commonest first."""
    counts = sorted(collections.Counter(values).items(), key=lambda item: (-item[1], item[0]))
    return " | ".join(value for value, _ in counts)


def end_of(leak):
    return leak["stack_end"] or "not known"


def frames_of(result):
    """`agree`, or what gdb sees otherwise. Outer frames that sockleak says it lacks may lack."""
    for frames, agree in (
        (result.gdb - result.missing, result.agree),
        (result.helped if not result.missing else 0, result.helped_agree),
        (result.inlined if result.inlined_reported else 0, result.inlined_agree),
    ):
        if agree < BAR * frames:
            return f"{agree} of {frames} agree"
    return f"{result.missing} are missing" if result.silent else "agree"


def stack_text(leak):
    """The frames, for a reader who asks why."""
    frames = leak["stack"] or []
    return [
        f"{frame['function'] or '?'} ({module_name(frame)}), {frame['unwound']}" for frame in frames
    ]


def stacks_of(leaks):
    """One stack for each site and culprit that was reported."""
    kinds = {(leak["site"], sentence(leak["culprit"])): leak for leak in leaks}
    return [stack_text(leak) for leak in kinds.values()]


def fields_of(leaks):
    sites = len({leak["site"] for leak in leaks})
    return {
        "sockets": f"{len(leaks)} at {sites} site{'s' if sites != 1 else ''}",
        "culprit": commonest(sentence(leak["culprit"]) for leak in leaks),
        "caller": commonest(name_of((leak["culprit"] or {}).get("caller")) for leak in leaks),
        "end": commonest(end_of(leak) for leak in leaks),
    }


def compared(gdbs, leaks, pid):
    by_inode = {leak["inode"]: leak for leak in leaks}
    total = Result()
    for inode, stack in gdbs.items():
        if inode in by_inode:
            total.add(compare(stack["frames"], by_inode[inode], pid))
    return total


def wait_until_looked_at(agent, row):
    """A program that executes scripts is looked at in the first sweep after it has begun."""
    if not row.executes_scripts:
        return
    since = time.monotonic()

    def has_swept(agent):
        swept = agent.full_sweeps(since)
        return swept and swept[-1] > swept[0]

    agent.wait_for(has_swept, "a sweep", REPORTED_S)


def observe(bench, agent, row, place, inside, with_gdb):
    """(what is seen: field -> text, the stacks, the comparison with gdb or None)."""
    process = start(bench, row, place, inside)
    lines = watch.Lines(process, row.name)
    gdb = result = None
    try:
        lines.until("ready")
        prepare(bench, row, place, process.pid)
        wait_until_looked_at(agent, row)
        if with_gdb and not row.no_gdb:
            gdb = watch.start_gdb(bench, process.pid, f"/proc/{process.pid}/exe", place.directory)
            said = watch.Lines(gdb, f"gdb on {row.name}")
            gdbs = watch.stacks_of_gdb(process, lines, said)
            count = len(gdbs)
        else:
            process.stdin.write("\n")
            process.stdin.flush()
            count = int(lines.until("leaked"))
        leaks = wait_for_leaks(agent, process.pid, count)
        seen = fields_of(leaks)
        if gdb:
            result = compared(gdbs, leaks, process.pid)
            seen["frames"] = frames_of(result)
        return seen, stacks_of(leaks), result
    finally:
        watch.end(bench, *[p for p in (gdb, process) if p])
