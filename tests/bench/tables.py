# SPDX-License-Identifier: BSD-2-Clause
"""tables: the results of `make bench` as Markdown, for the terminal and docs/performance.md."""

import driver
import figures
import growth
import machine
import targets


def table(header, rows):
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def ns(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _cell(samples, base):
    kept = [value for value in samples if value is not None]
    if not kept:
        return "?"
    text = f"{ns(figures.median(kept))} ± {ns(figures.spread(kept))}"
    times = figures.times(samples, base)
    return f"{text} ({times[0]:.2f})" if times and samples is not base else text


def _measured(result):
    return [c for c in result["configurations"] if not c["unavailable"]]


def times_tables(result):
    """One table for each number of threads and depth, in the order of the run."""
    samples = result["typical_ns"]
    groups = {}
    for key in samples["nothing"]:
        case = driver.case_of(key)
        groups.setdefault((case.threads, case.depth_kib), []).append(case)
    parts = []
    for (threads, depth_kib), cases in groups.items():
        rows = []
        for case in cases:
            key = driver.key(case)
            base = samples["nothing"][key]
            rows.append([driver.OPERATIONS[case.operation]] + [
                _cell(samples[c["name"]][key], base) for c in _measured(result)])
        header = ["ns an operation"] + [c["title"] for c in _measured(result)]
        depth = f"a stack {depth_kib} KiB deep" if depth_kib else "a shallow stack"
        plural = "s" if threads > 1 else ""
        parts.append(f"{threads} thread{plural}, {depth}:\n\n{table(header, rows)}")
    missing = [f"- not available: {c['title']}: {c['unavailable']}"
               for c in result["configurations"] if c["unavailable"]]
    if missing:
        parts.append("\n".join(missing))
    return "\n\n".join(parts)


def _figure(verdict):
    if verdict.figure is None:
        return "?"
    if verdict.low is None:
        return f"{verdict.figure:.2f}"
    return f"{verdict.figure:.2f} ({verdict.low:.2f} to {verdict.high:.2f})"


def targets_table(result):
    samples = result["typical_ns"]
    rows = []
    cases = [driver.case_of(key) for key in samples["nothing"]]
    for case in [case for case in cases if case.operation == "getppid"]:
        where = driver.in_words(case).partition(", ")[2]
        for verdict in targets.ratios(samples, case) + targets.compared(samples, case):
            rows.append([verdict.words, where, _figure(verdict), verdict.verdict])
    return table(["target", "run as", "seen", "verdict"], rows)


def rivals_text(result):
    """How many rows of each tool cost more than sockleak, and which do not."""
    compared = targets.rivals(result["typical_ns"])
    parts = []
    for name in targets.RIVALS:
        of_it = [(key, verdict) for key, rival, verdict in compared if rival == name]
        if not of_it:
            continue
        count = sum(verdict.verdict == "met" for _, verdict in of_it)
        parts.append(f"- {name}: sockleak is cheaper in {count} of {len(of_it)} rows")
        for key, verdict in of_it:
            if verdict.verdict != "met":
                parts.append(f"  - {driver.in_words(driver.case_of(key))}: {_figure(verdict)} "
                             f"times as long; {verdict.verdict}")
    return "\n".join(parts) or "- no other tool was measured in this run"


def by_program_table(result):
    rows = []
    for name, operations in result["by_program"].items():
        for operation, shares in operations.items():
            for share in shares:
                rows.append([f"{name}: {driver.OPERATIONS[operation]}", share["program"],
                             f"{share['runs']:.2f}", ns(share["ns"]),
                             ns(share["runs"] * share["ns"])])
    return table(["operation", "program", "runs", "ns a run", "ns an operation"], rows)


def noise_text(result):
    """What made the figures less sure than they look."""
    before, after = result["programs_of_others"], result["machine_after"]["programs_of_others"]
    loads = result["machine"]["load_before"], result["machine_after"]["load"]
    lines = [f"{machine.in_words(result['machine'])}. `{result['command']}`: {result['rounds']} "
             f"rounds, {result['batch_ms']} ms a case, {result['took_s']} s in all. Load before "
             f"{loads[0]:.1f}, after {loads[1]:.1f}."]
    if before or after:
        lines.append(f"**The machine was not ours alone: BPF programs of others ran at system "
                     f"calls ({before} before, {after} after).**")
    if result["bpf_stats"]:
        lines.append("**kernel.bpf_stats_enabled was on, which makes every BPF program dearer.**")
    if result["machine"]["load_before"] > 0.5:
        lines.append("**Others used the processors when the run began: take it as provisional.**")
    if result["failures"]:
        lines.append("Left out: " + "; ".join(result["failures"]) + ".")
    tools = [f"{c['name']}: {c['version']}" for c in result["configurations"] if c["version"]]
    if tools:
        lines.append("Versions: " + "; ".join(tools) + ".")
    return "\n".join(lines)


def ratios_report(result):
    parts = [noise_text(result), times_tables(result), targets_table(result)]
    if any(name in result["typical_ns"] for name in targets.RIVALS):
        parts.append(rivals_text(result))
    if result["by_program"]:
        parts.append(by_program_table(result))
    return "\n\n".join(parts)


def scale_noise_text(result):
    lines = [f"{machine.in_words(result['machine'])}. `{result['command']}`: {result['took_s']} s "
             f"in all. Load before {result['machine']['load_before']:.1f}, after "
             f"{result['load_after']:.1f}."]
    if result["programs_of_others"]:
        lines.append(f"**The machine was not ours alone: {result['programs_of_others']} BPF "
                     f"programs of others ran at system calls.**")
    if result["machine"]["load_before"] > 0.5:
        lines.append("**Others used the processors when the run began: take it as provisional.**")
    return "\n".join(lines)


def axis_table(result, axis):
    """A row for each step, the growth as the last one, and what was skipped or lost below."""
    names = result["measures"]
    rows, remarks = [], []
    for point in axis["points"]:
        count = f"{point['count']:,}"
        if "skipped" in point:
            remarks.append(f"- {count}: not measured: {point['skipped']}")
            continue
        rows.append([count] + [f"{point[name]:,.1f}" for name in names])
        if point["dropped"]:
            lost = ", ".join(f"{name} {value:,}" for name, value in point["dropped"].items())
            remarks.append(f"- {count}: counted as lost or put off: {lost}")
    rows.append(["grows as"] + [growth.in_words(axis["growth"][name]) for name in names])
    return "\n\n".join(filter(None, [table([axis["words"], *names.values()], rows),
                                     "\n".join(remarks)]))


def scale_parts(result, picture_name=None):
    """The table of each axis, below its picture where there is one."""
    parts = []
    for axis in result["axes"]:
        if picture_name:
            parts.append(f"### By {axis['words']}\n\n![{axis['words']}]({picture_name(axis)})")
        parts.append(axis_table(result, axis))
    return "\n\n".join(parts)


def scale_report(result):
    return scale_noise_text(result) + "\n\n" + scale_parts(result)
