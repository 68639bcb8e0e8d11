# SPDX-License-Identifier: BSD-2-Clause
"""targets: what sockleak may cost, as ratios within one run.

A verdict is one of: "met" and "missed", where the whole interval of the figure is on that
side; "met, within noise" and "missed, within noise", where only its middle is; and "not
known", where a figure is missing. `make bench-quick` fails on a figure that is over its
`quick` bar with the whole interval: far from the target, so that noise is not what fails it.
"""

import collections

import driver
import figures

Target = collections.namedtuple("Target", "words question operation most quick")
Verdict = collections.namedtuple("Verdict", "words most figure low high verdict broken")

TARGETS = [
    Target("getppid takes at most {} times what it takes with nothing attached",
           "times", "getppid", 1.03, 1.3),
    Target("dup + close: adds at most {} times what empty tracepoints add",
           "added", "dup", 1.5, 3.0),
    Target("socket + close at a healthy site: adds at most {} times what empty tracepoints add",
           "added", "socket", 2.0, 5.0),
    Target("a TCP cycle takes at most {} times what it takes with nothing attached",
           "times", "tcp", 1.08, 1.5),
]
# By tracepoints, of what another build of sockleak (`--before`) and bpftrace add, at most so much.
COMPARED = [
    ("dup", {"before": 0.25}),
    ("socket", {"before": 0.5, "bpftrace": 0.25}),
    ("udp", {"before": 0.6, "bpftrace": 0.6}),
    ("tcp", {"before": 0.55, "bpftrace": 0.45}),
]
NAMES = {"before": "the earlier build", "bpftrace": "bpftrace"}
RIVALS = ["bpftrace", "perf_trace", "strace"]


def reported(words, most, quick, interval, measured=True):
    """The verdict on a figure; one that noise has swallowed is no reason to fail."""
    if not interval:
        verdict = "not known: noise" if measured else "not known: not measured"
        return Verdict(words, most, None, None, None, verdict, not measured)
    figure, low, high = interval
    verdict = "met" if figure <= most else "missed"
    if low is None or low <= most < high:
        verdict += ", within noise"
    return Verdict(words, most, figure, low, high, verdict, low is not None and low > quick)


def ratios(samples, case):
    """The targets that are ratios, of one way to run the operations (its threads and depth)."""
    verdicts = []
    for target in TARGETS:
        key = driver.key(case._replace(operation=target.operation))
        ours, base, floor = (samples.get(name, {}).get(key, [])
                             for name in ("sockleak", "nothing", "empty"))
        interval = (figures.times(ours, base) if target.question == "times"
                    else figures.added_times(ours, floor, base))
        verdicts.append(reported(target.words.format(target.most), target.most, target.quick,
                             interval, bool(ours and base and floor)))
    return verdicts


def compared(samples, case):
    """What sockleak adds beside what another build and bpftrace add; none without `--before`."""
    if "before" not in samples:
        return []
    verdicts = []
    for operation, bars in COMPARED:
        key = driver.key(case._replace(operation=operation))
        for name, most in bars.items():
            ours, theirs, base = (samples.get(which, {}).get(key, [])
                                  for which in ("sockleak", name, "nothing"))
            what = driver.OPERATIONS[operation]
            words = f"{what}: adds at most {most} of what {NAMES[name]} adds"
            verdicts.append(reported(words, most, most, figures.added_times(ours, theirs, base),
                                 bool(ours and theirs and base)))
    return verdicts


def rivals(samples):
    """(case, rival, Verdict) of each row: sockleak's time as a part of the rival's."""
    compared = []
    for name in RIVALS:
        for key, theirs in samples.get(name, {}).items():
            words = f"{driver.in_words(driver.case_of(key))}: cheaper than {name}"
            interval = figures.times(samples["sockleak"][key], theirs)
            compared.append((key, name, reported(words, 1.0, 1.0, interval)))
    return compared
