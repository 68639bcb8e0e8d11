#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draw docs/profiles-pprof.svg and docs/profiles-flame.svg from the leaks of `make demo`.

    make profile-pictures      (as root; needs go, graphviz and ruby beside what the demo needs)

The first is what `go tool pprof` draws of --pprof. The second draws the lines of --folded, as
flamegraph.pl does, but without its script, so that the file is small.
"""

import argparse
import html
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTH, ROW, CHARACTER = 860, 18, 6.6
COLOURS = ["#f2b264", "#eda15b", "#f5c078", "#e8945a", "#f0aa6c"]
PATIENCE_S = 60


def record(sockleak, demo, directory):
    """The two files, once a leak with its lines is in them."""
    started = []
    profile, folded = directory / "leak.pb.gz", directory / "leak.folded"
    environment = {**os.environ, "LD_LIBRARY_PATH": str(demo)}

    def start(*command, **kwargs):
        started.append(subprocess.Popen(list(map(str, command)), env=environment, cwd=ROOT,
                                        **kwargs))
        return started[-1]

    def start_stopped(*command):
        """Until SIGCONT, so that the watch sees it from its first instruction on."""
        return start("sh", "-c", 'kill -STOP $$; exec "$@"', "sh", *command)

    debug = demo / ".debug"
    subprocess.run(["cp", "-rT", str(demo / "debuginfo"), str(debug)], check=True)
    try:
        broker = start(demo / "broker", stdout=subprocess.PIPE, text=True)
        port = broker.stdout.readline().split()[-1]
        workers = [start_stopped(demo / "delayed_job", port),
                   start_stopped("ruby", "tests/demo/notify.rb", demo / "libtransport.so", port)]
        pids = [word for worker in workers for word in ("--pid", worker.pid)]
        watch = start(sockleak, *pids, "--older-than", "1s", "--pprof", profile, "--folded", folded,
                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while "watching" not in watch.stderr.readline():
            pass
        for worker in workers:
            worker.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            watch.send_signal(signal.SIGUSR2)
            time.sleep(0.5)
            text = folded.read_text() if folded.exists() else ""
            if count(text) >= 40 and "send_message" in text:
                return profile, folded
        sys.exit(f"no 40 sockets leaked within {PATIENCE_S} s, some of Ruby")
    finally:
        for process in reversed(started):  # the watch first, which writes once more
            process.terminate()
            process.wait()
        subprocess.run(["rm", "-r", str(debug)], check=True)


def count(text):
    return sum(int(line.rpartition(" ")[2]) for line in text.splitlines())


def draw_pprof(profile, output):
    """By way of dot: the file that pprof writes itself holds a script."""
    graph = subprocess.run(["go", "tool", "pprof", "-dot", str(profile)], check=True,
                           capture_output=True, text=True).stdout
    drawn = subprocess.run(["dot", "-Tsvg"], input=graph, check=True, capture_output=True,
                           text=True).stdout
    output.write_text(drawn)


def tree_of(text):
    """{frame: [sockets, tree of the frames further in]}."""
    tree = {}
    for line in text.splitlines():
        stack, _, number = line.rpartition(" ")
        level = tree
        for frame in stack.split(";"):
            entry = level.setdefault(frame, [0, {}])
            entry[0] += int(number)
            level = entry[1]
    return tree


def boxes_of(tree, left, total, depth=0):
    """(frame, sockets, left edge, depth) of each, the outermost frame at the bottom."""
    for frame, (number, inner) in sorted(tree.items()):
        yield frame, number, left, depth
        yield from boxes_of(inner, left, total, depth + 1)
        left += number * WIDTH / total


def draw_flame(folded, output):
    text = folded.read_text()
    total = count(text)
    boxes = list(boxes_of(tree_of(text), 0, total))
    height = (max(depth for *_, depth in boxes) + 1) * ROW
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="11">']
    for frame, number, left, depth in boxes:
        width, top = number * WIDTH / total, height - (depth + 1) * ROW
        room = int((width - 8) / CHARACTER)
        name = frame if len(frame) <= room else frame[:max(room - 3, 0)] + "..."
        parts.append(
            f'<g><title>{html.escape(frame)}: {number} sockets</title>'
            f'<rect x="{left:.1f}" y="{top}" width="{width - 1:.1f}" height="{ROW - 1}" rx="2" '
            f'fill="{COLOURS[depth % len(COLOURS)]}"/>'
            f'<text x="{left + 4:.1f}" y="{top + 12.5}">{html.escape(name) if room > 3 else ""}'
            "</text></g>")
    output.write_text("\n".join(parts + ["</svg>"]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sockleak", type=pathlib.Path, required=True)
    parser.add_argument("--demo", type=pathlib.Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sockleak-profiles-") as directory:
        profile, folded = record(options.sockleak.resolve(), options.demo.resolve(),
                                 pathlib.Path(directory))
        draw_pprof(profile, ROOT / "docs" / "profiles-pprof.svg")
        draw_flame(folded, ROOT / "docs" / "profiles-flame.svg")
        top = subprocess.run(["go", "tool", "pprof", "-top", "-lines", str(profile)], check=True,
                             capture_output=True, text=True).stdout
        print(top, end="")


main()
