# SPDX-License-Identifier: BSD-2-Clause
"""--suppress: what is known is counted, and not reported."""

from lib.outcome import Failure
from lib.registry import case


@case
def suppress(bench):
    """The entry that -v prints suppresses the site, in a trace and in a scan; others stay."""
    path = bench.copy("probed", "suppressed")
    text = bench.agent("--comm", "suppressed", "-v", "--duration", "5s", as_json=False)
    program = bench.program(str(path))
    text.wait_end()
    program.end()
    lines = "".join(text.lines).splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("[site ")), None)
    if start is None:
        raise Failure(f"expected an entry, seen: {lines}")
    entry = lines[start : start + 4]
    site = entry[0].removeprefix("[site ").removesuffix("]")
    if entry[1:] != ["# in make_socket (suppressed)", "comm = suppressed", f"site = {site}"]:
        raise Failure(f"expected comm and site, seen: {entry}")
    known = bench.directory / "known.ini"
    known.write_text("\n".join(entry) + "\n[never]\nfunction = no_such_function\n")

    agent = bench.agent("--comm", "suppressed", "--suppress", known)
    plain = bench.agent("--comm", "suppressed")
    program = bench.program(str(path), agents=[plain])
    (inode,) = program.phase.leaks
    plain.wait_for(lambda a: a.of("leak", inode=inode), "the leak, without --suppress")
    agent.wait_quiet()
    status, out, _ = bench.run("scan", "--comm", "suppressed", "--suppress", known,
                               "--history", plain.pid, "--error-exitcode", 9)
    if status or "No unconnected sockets" not in out or "1 leak suppressed" not in out:
        raise Failure(f"expected the scan to leave it out, seen {status}: {out}")
    if "unused entries: never" not in out:
        raise Failure(f"expected the entry of no use to be named, seen: {out}")
    program.end()
    summary = agent.stop()
    if agent.of("leak") or summary["open"] or summary["total"]:
        raise Failure(f"expected no leak, seen: {agent.of('leak')}, {summary}")
    totals = [entry["total"] for entry in summary["suppressed"]["entries"]]
    if totals != [1, 0]:
        raise Failure(f"expected one leak by the first entry, seen: {summary['suppressed']}")


def suppressed(agent):
    """The last summary's word of it: (ever, open); asks for another."""
    agent.full_sweeps(0)
    if not agent.summaries:
        return 0, 0
    reported = agent.summaries[-1][1]["suppressed"]
    return sum(entry["total"] for entry in reported["entries"]), reported["open"]


@case
def suppress_gives_back(bench):
    """What is kept for a scan of suppressed leaks goes with them: more of them than fit."""
    known = bench.directory / "all.ini"
    known.write_text("[all]\ncomm = suppressall\n")
    agent = bench.agent("--comm", "suppressall", "--suppress", known, "--max-sockets", 4)
    path = str(bench.copy("probed", "suppressall"))
    for number in range(1, 8):
        program = bench.program(path)
        agent.wait_for(lambda a, n=number: suppressed(a) == (n, 1), f"leak {number} suppressed")
        program.end()
        agent.wait_for(lambda a, n=number: suppressed(a) == (n, 0), f"the end of leak {number}")
    summary = agent.stop()
    if summary["dropped"]["stacks_not_reported"]:
        raise Failure(f"expected nothing dropped, seen: {summary['dropped']}")


@case
def suppress_usage(bench):
    """A file that cannot be read or understood is an error of usage, with its line."""
    bad = bench.directory / "bad.ini"
    bad.write_text("[a]\nprocess = x\n")
    for name, words in (
        (bad, "line 2: the keys are site, culprit, function"),
        ("/no/such", "cannot read --suppress"),
        (bench.directory, "cannot read --suppress"),
    ):
        for command in ("trace", "scan"):
            status, _, errors = bench.run(command, "--suppress", name)
            if status != 2 or words not in errors:
                raise Failure(f"{command}: expected {words!r} and 2, seen {status}: {errors}")
