# SPDX-License-Identifier: BSD-2-Clause
"""What sockleak costs, as far as that can be reported exactly: memory, instructions, and losses."""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import subprocess
import time

from cases.pins import MANY, bpffs, leak
from lib.bpf_stack import LIMIT, deepest_chains
from lib.hooks import kinds_here
from lib.outcome import Failure, Skip
from lib.registry import ALONE, case
from lib.resolver import resolver_of

MIB = 1024 * 1024
KERNEL_MEMORY = 45 * MIB
RECORD = pathlib.Path(__file__).parent.parent / "verifier.txt"
GROWTH = 1.25  # of a program, before the record must be changed
LOAD_CPU_S = 3.0  # ten times what it is
IDLE_DESCRIPTORS = 200_000
IDLE_INTERVAL_S = 0.1
IDLE_S = 4
# bpf(2) by its number, which libc has no function for.
SYS_BPF, BPF_ENABLE_STATS = {"x86_64": 321, "aarch64": 280}.get(os.uname().machine), 32
BPF_OBJECTS = ("sockleak.bpf.o", "scan.bpf.o")
NAMED_LOSSES = ("young_busy", "socket_unreadable")


def of_fdinfo(pid):
    """What the kernel tells of each file that a process has open, as dictionaries."""
    for path in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            lines = path.read_text(encoding="ascii", errors="replace").splitlines()
        except FileNotFoundError:
            continue
        yield {k: v.strip() for k, _, v in (line.partition(":") for line in lines)}


@case
def kernel_memory(bench):
    """The maps at their defaults take less than 45 MiB, and the summary says what they take."""
    agent = bench.agent("--comm", "nobody-at-all")
    maps = {i["map_id"]: int(i["memlock"]) for i in of_fdinfo(agent.pid) if "map_id" in i}
    reported = agent.stop()["kernel_memory_bytes"]
    if abs(reported - sum(maps.values())) > MIB:  # some grow and shrink
        raise Failure(f"expected {sum(maps.values())} bytes reported, seen: {reported}")
    if not 20 * MIB < reported < KERNEL_MEMORY:
        raise Failure(f"expected less than {KERNEL_MEMORY} bytes of maps, seen: {reported}")


def program_name(number):
    reported = subprocess.run(
        ["bpftool", "-j", "prog", "show", "id", number], stdout=subprocess.PIPE, check=True
    )
    return json.loads(reported.stdout)["name"]


def verified(bench, *args):
    """Instructions that the verifier went through for each program that is loaded."""
    agent = bench.agent("--comm", "nobody-at-all", *args)
    programs = {i["prog_id"]: i for i in of_fdinfo(agent.pid) if "prog_type" in i}
    found = {}
    for number, info in programs.items():
        if "verified_insns" not in info:
            raise Skip("this kernel does not tell verified instructions")
        found[program_name(number)] = int(info["verified_insns"])
    agent.stop()
    return found


def compiler(program):
    """The major version of the clang that built the BPF side, by the debug information of the
    object, which sockleak has without it."""
    found = set(re.findall(rb"clang version (\d+)", program.read_bytes()))
    if len(found) != 1:
        raise Failure(f"expected the version of one clang in {program}, seen: {sorted(found)}")
    return found.pop().decode()


def read_record():
    """The compilers on record, and {program: {compiler: instructions}}."""
    lines = RECORD.read_text(encoding="ascii").splitlines()
    head, *rows = [line.split() for line in lines if line and not line.startswith("#")]
    return head[1:], {
        name: {of: int(count) for of, count in zip(head[1:], counts, strict=True) if count != "-"}
        for name, *counts in rows
    }


def recorded(name):
    """The program whose record counts: that of its tracepoint for one on a function, with its body."""
    return re.sub("^(fentry|kprobe)_", "sys_", name)


def absent(bench, record):
    """What is attached to functions alone, on a host that has no hooks on functions."""
    on_functions = {"fentry", "kprobe.multi"} & set(kinds_here(bench))
    return set() if on_functions else {name for name in record if "_uring_" in name}


@case
def verified_instructions(bench):
    """No program has grown by more than a quarter of what is on record for its compiler."""
    clang = compiler(pathlib.Path(bench.options.programs).parent / "sockleak.bpf.o")
    compilers, record = read_record()
    found = {}
    for kind in kinds_here(bench):
        found.update(verified(bench, "--hooks", kind, "--watch-close"))
    text = "\n".join(f"{name} {count}" for name, count in sorted(found.items()))
    allowed = {name: of.get(clang, max(of.values())) for name, of in record.items()}
    grown = [n for n in found if recorded(n) not in record
             or found[n] > GROWTH * allowed[recorded(n)]]
    gone = sorted(set(record) - set(map(recorded, found)) - absent(bench, record))
    if grown or gone:
        raise Failure(
            f"expected what is in {RECORD.name}; more than a quarter above it: {grown}; not "
            f"loaded any more: {gone}. Seen, to be written there for clang {clang} if it must be "
            f"so:\n{text}"
        )
    if clang not in compilers:
        print(f"     clang {clang} has no column in {RECORD.name}; seen:\n{text}")


@case
def stack_of_programs(bench):
    """What each program calls fits on the stack that kernels before Linux 6.13 give it."""
    for name in BPF_OBJECTS:
        chains = deepest_chains(pathlib.Path(bench.options.programs).parent / name)
        depth, functions = max(chains)
        if len(chains) < 2 or not 0 < depth <= LIMIT:
            raise Failure(f"expected at most {LIMIT} bytes, seen: {depth} by {functions}")


@case
def load_time(bench):
    """To load, look once and end: processor time, which a busy host does not lengthen."""
    with open(bench.directory / "load_time", "w+", encoding="utf-8") as errors:
        process = bench.processes.start(
            [bench.sockleak, "trace", "--duration", "1ms", "-q"], stdout=errors, stderr=errors
        )
        # Its own time and its children's; other cases have children of this process, too.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if process.returncode:
            raise Failure(f"expected exit 0, seen {process.returncode}: {errors.read()}")
    took = usage.ru_utime + usage.ru_stime
    if took > LOAD_CPU_S:
        raise Failure(f"expected at most {LOAD_CPU_S} s of processor time, seen: {took:.2f}")


def flooded(bench, agent, name, *args, count=1):
    """Run the program that makes sockets, until it has made them all. The programs."""
    path = bench.copy("flood", name)
    programs = [bench.start_program(str(path), *args) for _ in range(count)]
    for program in programs:
        trouble = program.wait_ready(timeout=600)
        if trouble:
            raise Failure(trouble)
    return programs


def expect_exact(summary, sockets):
    """Every socket that was made was tracked, or is counted by name."""
    events, dropped = summary["counters"], summary["dropped"]
    lost = sum(dropped[name] for name in NAMED_LOSSES)
    if events["socket"] != sockets or events["socket_enter"] != sockets:
        raise Failure(f"expected {sockets} calls of socket, seen: {events}")
    if events["tracked"] + lost != sockets:
        raise Failure(f"expected {sockets} tracked or lost by name, seen: {events}, {dropped}")


@case(stage=ALONE)
def nothing_lost(bench):
    """Two threads make sockets as fast as they can: each is counted, tracked, and forgotten."""
    sockets = 200000 if bench.options.quick else 1000000
    agent = bench.agent("--comm", "flood2", "--interval", "1s", "--full-sweep-interval", "60s",
                        "--watch-close")
    begun = time.monotonic()
    (program,) = flooded(bench, agent, "flood2", 2, sockets // 2)
    rate = sockets / (time.monotonic() - begun)
    program.end()
    summary = agent.stop()
    expect_exact(summary, sockets)
    if summary["counters"]["close"] < sockets or summary["counters"]["connect"] != sockets // 2:
        raise Failure(f"expected {sockets} closed and half connected, seen: {summary['counters']}")
    lost = {k: v for k, v in summary["dropped"].items() if v and k != "stack_collision"}
    if lost or summary["total"] or summary["pending"]:
        raise Failure(f"expected nothing lost and nothing left, seen: {lost}, {summary}")
    print(f"     none of {sockets:,} lost, at {rate:,.0f} a second")


@case(stage=ALONE)
def losses_have_names(bench):
    """12,000 leaks of one user and room for 4,096, of which it may have four fifths: what is kept
    is reported as it was seen, what is not is counted, and found by the sweeps alone."""
    agent = bench.agent("--comm", "leaks3", "--max-sockets", 4096, "--stack-size", 0,
                        "--watch-close")
    programs = flooded(bench, agent, "leaks3", 1, 4000, 4000, count=3)
    # At most an eighth of the room is reported in a sweep, so it takes as many sweeps as it takes.
    agent.wait_for(lambda a: kept_of(a) and len(kept_of(a)) + refused_by(a) == 12000,
                   "each of 12,000 leaks reported or counted", timeout=120)
    agent.wait_for(lambda a: len(a.open_leaks()) > len(kept_of(a)), "others found", timeout=60)
    kept, open_leaks = kept_of(agent), agent.open_leaks().values()
    classes = {leak["class"] for leak in open_leaks}
    if not 3000 < len(kept) <= 4096 * 4 / 5 or classes != {"never_used", "unknown_origin"}:
        raise Failure(f"expected four fifths of 4096 kept, seen: {len(kept)}, {classes}")
    for program in programs:
        program.end()
    agent.wait_for(lambda a: not a.open_leaks(), "all leaks resolved", timeout=60)
    summary = agent.stop()
    expect_exact(summary, 12000)
    if summary["dropped"]["share_full"] + summary["dropped"]["map_full"] != 12000 - len(kept):
        raise Failure(f"expected {len(kept)} kept and the rest counted, seen: {summary}")


def kept_of(agent):
    return [leak for leak in agent.open_leaks().values() if leak["class"] == "never_used"]


def refused_by(agent):
    """How many sockets found no room, by its last summary; asks for another one."""
    agent.full_sweeps(0)
    dropped = agent.losses()
    return dropped.get("share_full", 0) + dropped.get("map_full", 0)


def resident(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


@case(stage=ALONE)
def many_sites(bench):
    """10,000 ways to one site: the agent takes less than 100 MiB for all of them, as its resolver."""
    sites = 1000 if bench.options.quick else 10000
    agent = bench.agent("--comm", "sites", "--snapshots", 4096, "--sample-after", 0)
    program = bench.start_program(str(bench.copy("sites", "sites")), sites, 1000)
    trouble = program.wait_ready(timeout=300)
    if trouble:
        raise Failure(trouble)
    agent.wait_for(lambda a: len(a.open_leaks()) == sites, f"{sites} leaks", timeout=120)
    taken = {"agent": resident(agent.pid), "resolver": resident(resolver_of(agent))}
    leaks = agent.open_leaks().values()
    found = {tuple(frame["pc"] for frame in event["stack"]) for event in leaks}
    now = time.monotonic()
    agent.wait_for(lambda a: a.full_sweeps(now), "a summary")
    (kept,) = agent.summaries[-1][1]["ways"]
    program.end()
    summary = agent.stop()
    # On a busy host the agent is late, and some find no slot for their stack: that is counted.
    without = summary["dropped"]["no_slot"] + summary["dropped"]["no_slot_share"]
    if len(found) < sites / 2 or len(found) + without < sites * 0.99:
        raise Failure(f"expected {sites} ways, seen: {len(found)}, {summary['dropped']}")
    if len(kept["ways"]) != 8 or kept["more_ways"] + 8 < len(found):
        raise Failure(f"expected 8 ways, and the others counted, seen: {kept['more_ways']} more")
    if max(taken.values()) > 100 * 1024:
        raise Failure(f"expected less than 100 MiB each, seen: {taken} KiB")
    print(f"     {len(found)} ways: {taken} KiB")


def cpu_s(pid):
    """Processor time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@case(stage=ALONE)
def idle_descriptors(bench):
    """200,000 descriptors without a suspect: between two full sweeps none of them is looked at."""
    holders = [bench.program("hoard", IDLE_DESCRIPTORS // 20) for _ in range(20)]
    agent = bench.agent("--interval", IDLE_INTERVAL_S, "--full-sweep-interval", "1h", "--comm", "hoard")
    agent.wait_for(lambda a: a.full_sweeps(0), "a summary")
    begun, before = time.monotonic(), cpu_s(agent.pid)
    time.sleep(IDLE_S)
    spent, took = cpu_s(agent.pid) - before, time.monotonic() - begun
    taken = resident(agent.pid)
    for holder in holders:
        holder.end()
    summary = agent.stop()
    if summary["full_sweeps"] != 2 or summary["processes_swept"]:
        raise Failure(f"expected a full sweep at the start and at the end alone, seen: {summary}")
    # Ten sweeps for each that the default interval would make: 1 % is 10 % here. Had each been
    # a full sweep, which costs some 60 ms, it would be 60 %; the one of each minute adds 0.1 %.
    share = spent / took * IDLE_INTERVAL_S
    if share > 0.01:
        raise Failure(f"expected less than 1 %, seen: {spent:.2f} s of {took:.1f} s")
    if taken > 60 * 1024:
        raise Failure(f"expected less than 60 MiB resident, seen: {taken} KiB")
    print(f"     {share:.2%} of a processor at an interval of 1 s, {taken} KiB resident")


@contextlib.contextmanager
def runs_counted():
    """The kernel counts the runs of BPF programs meanwhile. It ends with the descriptor, even if
    this process is killed; the sysctl would stay, and each program of the host would pay for it."""
    attributes = ctypes.create_string_buffer(8)  # its first member, 0, is BPF_STATS_RUN_TIME
    fd = ctypes.CDLL(None, use_errno=True).syscall(SYS_BPF, BPF_ENABLE_STATS, attributes, 8)
    if fd < 0:
        raise Failure(f"expected statistics, seen: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        os.close(fd)


def runs_of(pid):
    """How often each program of a process has run."""
    return {program_name(info["prog_id"]): int(info["run_cnt"])
            for info in of_fdinfo(pid) if "run_cnt" in info}


@case
def pins_orders(bench):
    """What is to be done in the maps for many leaks of one sweep is done at once, not for each."""
    with bpffs(bench) as pin:
        agent = bench.agent("--comm", "pinsorders", "--pin", pin)
        program = bench.program(str(bench.copy("many", "pinsorders")), MANY, agents=[agent])
        with runs_counted():
            leak(program, agent)
            runs = runs_of(agent.pid)
        agent.stop()
        program.end()
        # Each run of either is one for each map of the host. A sweep has one harvest.
        if not runs.get("harvest_maps") or not runs.get("carry_out_orders"):
            raise Failure(f"expected programs that ran, seen: {runs}")
        if runs["carry_out_orders"] > 3 * runs["harvest_maps"]:
            raise Failure(f"expected orders to be carried out together, seen: {runs}")
