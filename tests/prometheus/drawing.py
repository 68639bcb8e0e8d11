# SPDX-License-Identifier: BSD-2-Clause
"""drawing: a dashboard's panels and their data as one SVG, by gnuplot, each in its place."""

import math
import subprocess

WIDTH, ROW, COLUMNS = 1440, 34, 24
COLOURS = ["#3274d9", "#e0752d", "#56a64b", "#a352cc", "#e02f44", "#f2cc0c", "#2b8a9d", "#8e6b4f"]
MAX_LINES = 8


def draw(board, data, output, seconds):
    """`data` by panel id: lines of a time series, value of a stat, (names, rows) of a table."""
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    height = rows * ROW + 10
    script = [
        f"set terminal svg size {WIDTH},{height} font 'DejaVu Sans,11' background '#ffffff'",
        f"set output '{output}'",
        "set multiplot",
        "unset key; set tics nomirror scale 0.5; set border 3 lc rgb '#bbbbbb'",
        "set tics textcolor rgb '#555555'; set grid lc rgb '#eeeeee' lt 1",
    ]
    for panel in board["panels"]:
        box = Box(panel["gridPos"], height)
        {"row": add_row, "stat": add_stat, "table": add_table, "timeseries": add_lines}[
            panel["type"]
        ](script, box, panel, data.get(panel["id"]), seconds)
    script.append("unset multiplot")
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)


class Box:
    """A panel's place on the sheet, in pixels from the lower left."""

    def __init__(self, place, height):
        self.x = place["x"] * WIDTH / COLUMNS
        self.w = place["w"] * WIDTH / COLUMNS
        self.h = place["h"] * ROW
        self.y = height - place["y"] * ROW - self.h
        self._height = height

    def begin(self):
        return [
            "unset label; unset object; unset arrow; set xrange [0:1]; set yrange [0:1]",
            f"set size {self.w / WIDTH:.5f},{self.h / self._height:.5f}",
            f"set origin {self.x / WIDTH:.5f},{self.y / self._height:.5f}",
        ]

    def text(self, x, y, text, size=11, colour="#222222", align="left"):
        """At pixels from the panel's upper left."""
        sx, sy = (self.x + x) / WIDTH, (self.y + self.h - y) / self._height
        return (f"set label {quoted(text)} at screen {sx:.5f},{sy:.5f} {align} noenhanced "
                f"font 'DejaVu Sans,{size}' textcolor rgb '{colour}'")

    def frame(self):
        corners = [(self.x + 3, self.y + 3), (self.x + self.w - 3, self.y + self.h - 3)]
        lower, upper = (f"{x / WIDTH:.5f},{y / self._height:.5f}" for x, y in corners)
        return (f"set object rectangle from screen {lower} to screen {upper} "
                "fillstyle empty border lc rgb '#dddddd'")

    def canvas(self):
        """An empty plot, for labels alone."""
        return ["set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0",
                "unset tics; unset border; unset grid", "plot NaN notitle",
                "set border 3 lc rgb '#bbbbbb'; set tics nomirror scale 0.5",
                "set tics textcolor rgb '#555555'; set grid lc rgb '#eeeeee' lt 1"]


def quoted(text):
    return "'" + str(text).replace("'", "''").replace("\n", " ") + "'"


def human(value, unit):
    """A number as the panel's unit has it."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return "0" if value is None else ""
    if isinstance(value, str):
        return value
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "bytes":
        return f"{value / 2**20:.1f} MiB"
    if unit == "s":
        if value >= 5400:
            return f"{value / 3600:.1f} h"
        return f"{value / 60:.0f} min" if value >= 120 else f"{value:.3g} s"
    value = value or 0.0  # no -0
    return f"{value:.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.2g}"


def add_row(script, box, panel, _data, _seconds):
    script += box.begin() + [box.text(8, 20, panel["title"], 14, "#000000")] + box.canvas()


def add_stat(script, box, panel, value, _seconds):
    unit = panel["fieldConfig"]["defaults"]["unit"]
    script += box.begin() + [
        box.frame(), box.text(10, 18, panel["title"], 11, "#444444"),
        box.text(box.w / 2, box.h / 2 + 14, human(value, unit), 28, colour(panel, value), "center"),
    ] + box.canvas()


def colour(panel, value):
    """Of the highest threshold that the value reaches."""
    found = "green"
    for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]:
        if step["value"] is None or (value or 0) >= step["value"]:
            found = step["color"]
    return {"green": "#56a64b", "orange": "#e0752d", "red": "#e02f44"}[found]


def add_table(script, box, panel, data, _seconds):
    names, rows = data
    units = {o["matcher"]["options"]: o["properties"][0]["value"]
             for o in panel["fieldConfig"]["overrides"]}
    cells = [[human(cell, units.get(name)) for name, cell in zip(names, row)] for row in rows]
    widths = [max([len(name)] + [len(row[i]) for row in cells]) + 2 for i, name in enumerate(names)]
    scale = (box.w - 20) / max(sum(widths), 1)
    script += box.begin() + [box.frame(), box.text(10, 18, panel["title"], 11, "#444444")]
    for line, row in enumerate([names] + cells[: int(box.h / 20) - 2]):
        x = 12.0
        for cell, width in zip(row, widths):
            shade = "#888888" if line == 0 else "#222222"
            script.append(box.text(x, 42 + line * 20, cell, 11, shade))
            x += width * scale
    script += box.canvas()


def add_lines(script, box, panel, lines, seconds):
    """The lines with the highest ends; the legend below, with the last value, as Grafana's."""
    unit = panel["fieldConfig"]["defaults"]["unit"]
    lines = sorted(lines, key=lambda line: -abs(line[1][-1][1]))[:MAX_LINES]
    longest = max([len(name) for name, _ in lines] or [0]) + 12
    across = max(1, min(3, int((box.w - 50) / (longest * 6.2))))
    legend = 18 * max(1, -(-len(lines) // across))
    factor = {"percentunit": 100, "bytes": 1 / 2**20}.get(unit, 1)
    script += box.begin() + [box.frame(), box.text(10, 18, panel["title"], 11, "#444444")]
    for i, (name, points) in enumerate(lines):
        x, y = 40 + (i % across) * (box.w - 50) / across, box.h - legend + 8 + 18 * (i // across)
        script.append(box.text(x, y, f"━ {name}  {human(points[-1][1], unit)}", 10,
                               COLOURS[i % len(COLOURS)]))
    high = max([abs(v) for _, points in lines for _, v in points if math.isfinite(v)] or [1]) or 1
    low = "*" if any(v < 0 for _, points in lines for _, v in points) else "0"
    label = {"percentunit": "%.3g %%", "bytes": "%.0f MiB", "s": "%.3g s"}.get(unit, "%.4g")
    script += [
        f"set xrange [0:{seconds}]; set yrange [{low}:{high * factor * 1.1:.6g}]",
        f"set lmargin at screen {(box.x + 64) / WIDTH:.5f}",
        f"set rmargin at screen {(box.x + box.w - 14) / WIDTH:.5f}",
        "set tmargin 2", f"set bmargin {legend / 13 + 2.2:.1f}",
        f"set format y '{label}'; set ytics autofreq; set xtics 60; set format x '%g s'",
    ]
    plots = [f"'-' using 1:2 with lines lw 1.6 lc rgb '{COLOURS[i % len(COLOURS)]}' notitle"
             for i in range(len(lines))] or ["NaN notitle"]
    script.append("plot " + ", ".join(plots))
    for _, points in lines:
        script += [f"{when:.2f} {value * factor:.8g}" for when, value in points
                   if math.isfinite(value)] + ["e"]
