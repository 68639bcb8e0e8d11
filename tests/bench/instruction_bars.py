# SPDX-License-Identifier: BSD-2-Clause
"""instruction_bars: what sockleak may cost in instructions, on each kernel.

They repeat, so that no noise decides whether a bar is met. Where no kind of hooks that has bars was
measured, that is a shortfall, too: nobody knows then that they are met.
"""

import collections

import driver

Bar = collections.namedtuple("Bar", "operation question most")
Verdict = collections.namedtuple("Verdict", "release kind words seen met")

# Of a kind of hooks whose programs run at the watched calls alone, and that leaves others alone.
APART_NAMES = ("sockleak:kprobe", "sockleak:fentry")
APART_BARS = [
    Bar("getppid", "times", 1.01),
    Bar("dup", "times", 1.01),
    Bar("open", "times", 1.01),
    Bar("socket", "added", 1000),
    Bar("udp", "added", 1300),
    Bar("tcp", "added", 2000),
]
# Of the tracepoints, beside the build that is compared with, where there is one.
BEFORE_BARS = [
    Bar("dup", "of before", 0.25),
    Bar("socket", "of before", 0.5),
    Bar("udp", "of before", 0.6),
    Bar("tcp", "of before", 0.55),
]
WORDS = {
    "times": "takes at most {} times what it takes with nothing attached",
    "added": "adds at most {:,} instructions",
    "of before": "adds at most {} of what the earlier build adds",
}


def figures(kernel):
    """name -> operation -> instructions, of what was measured on it."""
    return {c["name"]: {operation: values["typical"] for operation, values
                        in c["operations"].items()}
            for c in kernel["configurations"] if "operations" in c}


def _seen(bar, name, found):
    """The figure of a bar; None: it was not measured."""
    base, ours = found.get("nothing"), found.get(name)
    if not base or not ours:
        return None
    added = ours[bar.operation] - base[bar.operation]
    if bar.question == "times":
        return ours[bar.operation] / base[bar.operation]
    if bar.question == "added":
        return added
    before = found.get(name.replace("sockleak:", "before:"))
    return added / (before[bar.operation] - base[bar.operation]) if before else None


def _judge(release, kind, bars, found):
    for bar in bars:
        seen = _seen(bar, f"sockleak:{kind}", found)
        words = f"{driver.OPERATIONS[bar.operation]}: {WORDS[bar.question].format(bar.most)}"
        yield Verdict(release, kind, words, seen, seen is not None and seen <= bar.most)


def verdicts(result):
    """Of each kernel, for each kind of hooks that has bars and was measured there."""
    found = []
    for kernel in result["kernels"]:
        release, measured = kernel["release"], figures(kernel)
        apart = [name.partition(":")[2] for name in measured if name.startswith(APART_NAMES)]
        for kind in apart:
            found += _judge(release, kind, APART_BARS, measured)
        if not apart:
            found.append(Verdict(release, "kprobe.multi or fentry", "all bars of such hooks", None,
                                 False))
        if "before:tracepoint" in measured:
            found += _judge(release, "tracepoint", BEFORE_BARS, measured)
    return found


def seen_in_words(verdict):
    if verdict.seen is None:
        return "not measured: this sockleak, or this kernel, has no such hooks"
    return f"{verdict.seen:,.0f}" if verdict.seen >= 100 else f"{verdict.seen:.3f}"


def shortfalls(result):
    """A line for each bar that is not met."""
    return [f"missed: {v.release}, {v.kind}: {v.words}: {seen_in_words(v)}"
            for v in verdicts(result) if not v.met]
