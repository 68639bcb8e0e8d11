# SPDX-License-Identifier: BSD-2-Clause
"""Profiles that are asked for by a signal, by interval, or of what an agent has recorded."""

import signal

from cases.profiles import FAST, expect_lines, newest_in, pprof, watch_profiles
from lib.outcome import Failure
from lib.pprof import Profile
from lib.registry import case
from lib.service import Service


def explain_writes(bench, textfile, wanted):
    """The same site, from what the agent has recorded for people: its functions and lines."""
    path = bench.directory / "explained.pb.gz"
    (sample,) = {tuple(s.frames): s for s in wanted.samples}.values()
    site = sample.labels["site"]
    status, out, errors = bench.run("explain", site, "--textfile", textfile, "--pprof", path)
    if status or "make_socket" not in out:
        raise Failure(f"expected the page of {site}, seen {status}: {out} {errors}")
    profile = Profile(path)
    (explained,) = profile.samples
    places = [(name.split(" (")[0], file, line) for name, file, line in explained.frames]
    if profile.open() != 4 or places != sample.frames:
        raise Failure(f"expected 4 of {sample.frames}, seen: {profile.open()}, {places}")
    labels = {key: sample.labels[key] for key in ("site", "comm", "class", "culprit")}
    if not labels.items() <= explained.labels.items():
        raise Failure(f"expected {labels}, seen: {explained.labels}")
    expect_lines(pprof(bench, "-top", "-lines", path), r"make_socket \(agentprof\) tests/programs")
    status, _, errors = bench.run("explain", site, "--textfile", textfile, "--pprof", "/no/p")
    if status != 2 or "cannot write to --pprof /no/p" not in errors:
        raise Failure(f"expected exit 2, seen {status}: {errors}")


@case
def sigusr2_of_a_trace(bench):
    """It asks for the files, and not for a report."""
    agent, path, folded = watch_profiles(bench, "usr2")
    program = bench.program(str(bench.copy("growing", "usr2")), 3, agents=[agent])
    agent.wait_for(lambda a: len(a.open_leaks()) == 3, "the leaks")
    agent.process.send_signal(signal.SIGUSR2)
    agent.wait_for(lambda a: path.exists() and folded.exists(), "the files")
    if Profile(path).open() != 3 or agent.of("summary"):
        raise Failure(f"expected 3 and no report, seen: {Profile(path).open()}, "
                      f"{agent.of('summary')}")
    program.end()
    agent.stop()


@case
def agent_profiles(bench):
    """By interval into a directory, of which some are kept; SIGUSR1 and the end write at once."""
    directory = bench.directory / "profiles"
    directory.mkdir()
    path, textfile = bench.directory / "agent.pb.gz", bench.directory / "profiles.prom"
    service = Service.start(bench, *FAST, "--comm", "agentprof", "--pprof-dir", directory,
                            "--pprof-interval", "1s", "--pprof-keep", "2", "--pprof", path,
                            "--textfile", textfile, "--write-interval", "100ms")
    program = bench.program(str(bench.copy("growing", "agentprof")), 4)
    service.wait_for(lambda s: any(Profile(p).open() == 4 for p in newest_in(directory)[-1:]),
                     "a profile with 4 sockets")
    service.wait_for(lambda s: s.value(textfile, "sockleak_profile_writes_total", result="ok") >= 3,
                     "a third profile")
    if len(newest_in(directory)) > 2:
        raise Failure(f"expected 2 to be kept, seen: {newest_in(directory)}")
    if path.exists():
        raise Failure("expected --pprof to wait until it is asked for")
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        service.process.send_signal(number)
        service.wait_for(lambda s: path.exists() and Profile(path).open() == 4, "a profile")
        wanted = Profile(path)
        path.unlink()
    explain_writes(bench, textfile, wanted)
    program.end()
    service.stop()
    if not path.exists() or len(newest_in(directory)) != 2:
        raise Failure(f"expected a last profile, seen: {newest_in(directory)}")
    expect_lines(pprof(bench, "-top", path), "^Type: sockets_open$")
