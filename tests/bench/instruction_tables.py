# SPDX-License-Identifier: BSD-2-Clause
"""instruction_tables: what `make bench-instructions` counted, as Markdown."""

import driver
import instruction_bars
import tables


def _cell(value, base):
    return f"{value:,.0f}" if base is None else f"{value:,.0f} ({value / base:.2f})"


def kernel_table(kernel):
    """A row for each configuration, and below it what could not be had and what was lost."""
    found = instruction_bars.figures(kernel)
    base = found["nothing"]
    rows, remarks = [], []
    for configuration in kernel["configurations"]:
        name, title = configuration["name"], configuration["title"]
        if configuration["unavailable"]:
            remarks.append(f"- not available: {title}: {configuration['unavailable']}")
            continue
        if configuration["lost"]:
            lost = ", ".join(f"{key} {count:,}" for key, count in configuration["lost"].items())
            remarks.append(f"- {title}: counted as lost or put off: {lost}")
        rows.append([title] + [
            _cell(value, None if name == "nothing" else base[operation])
            for operation, value in found[name].items()])
    header = ["attached"] + [driver.OPERATIONS[operation] for operation in base]
    return "\n\n".join(filter(None, [
        f"Linux {kernel['release']}:", tables.table(header, rows), "\n".join(remarks)]))


def kernel_tables(result):
    return "\n\n".join(kernel_table(kernel) for kernel in result["kernels"])


def bars_table(result):
    rows = [[v.release, v.kind, v.words, instruction_bars.seen_in_words(v),
             "met" if v.met else "missed"] for v in instruction_bars.verdicts(result)]
    return tables.table(["kernel", "hooks", "bar", "seen", "verdict"], rows)


def run_text(result):
    lines = [f"{result['version']}; {result['date']}. `{result['command']}`: {result['took_s']} s "
             f"in all."]
    if result["append"]:
        lines.append(f"The kernels were booted with `{result['append']}`.")
    if result["only"]:
        lines.append(f"**Only these were measured: {', '.join(result['only'])}.**")
    lines += [f"**Left out: {failure}.**" for failure in result["failures"]]
    return "\n".join(lines)


def report(result):
    return "\n\n".join([run_text(result), kernel_tables(result), bars_table(result)])
