#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write what was measured into docs/performance.md, and draw its pictures. `make bench-docs`.

    tests/bench/document.py [--results .output/bench] [--docs docs]

A part of the page between `<!-- bench NAME -->` and `<!-- end of bench -->` is replaced by
the table of that name; all other words are left as they are. Results that are not there
leave their parts alone, and that is said.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
sys.dont_write_bytecode = True

import instruction_tables  # noqa: E402
import tables  # noqa: E402

# The name of a part -> (whose results, what makes it of them)
PARTS = {
    "run": ("ratios", tables.noise_text),
    "targets": ("ratios", tables.targets_table),
    "rivals": ("ratios", tables.rivals_text),
    "times": ("ratios", tables.times_tables),
    "programs": ("ratios", tables.by_program_table),
    "instructions-run": ("instructions", instruction_tables.run_text),
    "instructions": ("instructions", instruction_tables.kernel_tables),
    "instructions-bars": ("instructions", instruction_tables.bars_table),
    "scale-run": ("scale", tables.scale_noise_text),
    "scale": ("scale", lambda result: tables.scale_parts(result, picture_name)),
}


def picture_name(axis):
    return f"performance-{axis['name']}.svg"


def replace(page, name, text):
    part = re.compile(rf"(<!-- bench {name} -->\n).*?(<!-- end of bench -->)", re.DOTALL)
    page, count = part.subn(lambda found: f"{found[1]}{text}\n{found[2]}", page)
    if count != 1:
        raise SystemExit(f"bench-docs: the page has no part '{name}', or more than one")
    return page


def draw(result, axis, path):
    names = list(result["measures"])
    lines = ["\t".join(f'"{title}"' for title in [axis["words"], *result["measures"].values()])]
    for point in axis["points"]:
        if "skipped" not in point:
            # No zero on a logarithmic scale.
            lines.append("\t".join([str(point["count"])] + [
                str(point[name]) if point[name] else "?" for name in names]))
    with tempfile.NamedTemporaryFile("w", suffix=".dat") as data:
        data.write("\n".join(lines) + "\n")
        data.flush()
        subprocess.run(
            ["gnuplot", "-e", f"data='{data.name}'; picture='{path}'; words='{axis['words']}'; "
             f"columns={len(names) + 1}", str(HERE / "plot.gp")], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=pathlib.Path, default=".output/bench")
    parser.add_argument("--docs", type=pathlib.Path, default="docs")
    options = parser.parse_args()
    results = {}
    for name, how in (("ratios", "make bench"), ("instructions", "make bench-instructions"),
                      ("scale", "make bench-scale")):
        path = options.results / f"{name}.json"
        if path.exists():
            results[name] = json.loads(path.read_text())
        else:
            print(f"bench-docs: {path} is not there ({how} makes it): left as it was")
    page = options.docs / "performance.md"
    text = page.read_text()
    for name, (whose, make) in PARTS.items():
        if whose in results:
            text = replace(text, name, make(results[whose]))
    page.write_text(text)
    for axis in results.get("scale", {}).get("axes", []):
        draw(results["scale"], axis, options.docs / picture_name(axis))


if __name__ == "__main__":
    sys.exit(main())
