# SPDX-License-Identifier: BSD-2-Clause
"""The shipped rules and the Grafana dashboard: well formed, and about metrics that there are."""

import json
import re
import subprocess

from lib import monitoring
from lib.cgroups import inside
from lib.monitoring import Exporter, Prometheus, TextfileAgent, wait_until
from lib.outcome import Failure
from lib.registry import case

COLUMNS = 24
PANELS = {"row", "stat", "table", "timeseries"}
# What Grafana puts in for the variables of the dashboard when all are chosen.
MAY_BE_NONE = {"unit", "machine"}  # of labels: most programs have no machine
VARIABLES = {"$job": ".*", "$instance": ".*", "$unit": ".*", "$__rate_interval": "5s"}
# Panels that are empty where all is well.
MAY_BE_EMPTY = {"Silent agents", "Lost, a minute"}


@case
def prometheus_rules(bench):
    """promtool takes the rules, and each alert fires when it should and not when it should not."""
    promtool = monitoring.binary(bench, "promtool")
    for command in (["check", "rules", monitoring.RULES], ["test", "rules", monitoring.RULES_TEST]):
        done = subprocess.run([promtool, *map(str, command)], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"expected success of promtool, seen: {done.stdout} {done.stderr}")
    tested = monitoring.RULES_TEST.read_text()
    for alert in alerts():
        fires = re.search(rf"alertname: {alert}\n\s+exp_alerts:\n\s+- exp_labels", tested)
        if not fires or not re.search(rf"alertname: {alert}\}}", tested):
            raise Failure(f"expected tests that {alert} fires and that it does not, seen: not both")


def alerts():
    return sorted(set(re.findall(r"alert: (\w+)", monitoring.RULES.read_text())))


@case
def dashboard(bench):
    """Grafana can load it: ids, places, variables; and each panel has data of a real leak."""
    board = json.loads(monitoring.DASHBOARD.read_text())
    check_form(board)
    check_places(board["panels"])
    check_sources(board)
    directory = bench.directory / "textfile-dashboard"
    directory.mkdir(mode=0o755)
    cgroup = bench.cgroups.make()
    agent = TextfileAgent(bench, directory / "sockleak.prom", "--cgroup", cgroup)
    exporter = Exporter(bench, directory)
    prometheus = Prometheus(bench, exporter, "groups: []\n")
    bench.program("at_limit", "files", 3, inside=inside(cgroup))  # else it has no series
    program = bench.program("leaker", 30, inside=inside(cgroup))
    for _ in range(2):
        program.next_phase()
        trouble = program.wait_ready()
        if trouble:
            raise Failure(trouble)
    wait_until(lambda: prometheus.query("deriv(sockleak_site_leaked_sockets[1m]) > 0"), "growth")
    check_metrics(exporter, [q for p in board["panels"] for q in queries(p)] + rule_queries())
    for panel in board["panels"]:
        check_data(prometheus, panel)
    for query in (variable["query"]["query"] for variable in board["templating"]["list"][1:]):
        check_variable(prometheus, query)
    agent.stop()


def check_form(board):
    wanted = {"uid": str, "title": str, "schemaVersion": int, "panels": list, "time": dict}
    for key, kind in wanted.items():
        if not isinstance(board.get(key), kind) or not board[key]:
            raise Failure(f"expected {key}, a {kind.__name__}, seen: {board.get(key)!r}")
    if board["schemaVersion"] < 36 or len(board["uid"]) > 40 or board.get("id") is not None:
        raise Failure("expected a schema of Grafana 9, a short uid, and no id of one Grafana's own")
    ids = [panel["id"] for panel in board["panels"]]
    if len(set(ids)) != len(ids):
        raise Failure(f"expected panels with ids of their own, seen: {ids}")
    types = {panel["type"] for panel in board["panels"]}
    required = {item["id"] for item in board["__requires"] if item["type"] == "panel"}
    if types - PANELS or types - {"row"} != required:
        raise Failure(f"expected panels of {required}, seen: {types}")
    for panel in board["panels"]:
        references = [target["refId"] for target in panel.get("targets", [])]
        if len(set(references)) != len(references) or not panel["title"]:
            raise Failure(f"expected a title and a refId each, seen: {panel['title']} {references}")
        if panel["type"] != "row" and not (panel["description"] and panel["targets"]):
            raise Failure(f"expected a description and queries, seen: {panel['title']}")


def check_places(panels):
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] < 0 or place["x"] + place["w"] > COLUMNS or min(place["w"], place["h"]) < 1:
            raise Failure(f"expected a place within {COLUMNS} columns, seen: {place}")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                if other != panel["title"]:
                    raise Failure(f"expected room for each, seen: {panel['title']} on {other}")


def check_sources(board):
    """The data source is the variable's, everywhere: what has one of its own loads nowhere else."""
    variables = board["templating"]["list"]
    if (variables[0]["name"], variables[0]["type"]) != ("datasource", "datasource"):
        raise Failure(f"expected a variable for the data source, seen: {variables[0]}")
    owners = board["panels"] + variables[1:] + board["annotations"]["list"]
    owners += [target for panel in board["panels"] for target in panel.get("targets", [])]
    for owner in owners:
        if owner.get("type") == "row":
            continue
        if owner["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
            raise Failure(f"expected the variable as data source, seen: {owner}")


def queries(panel):
    """The expressions of a panel as Grafana sends them."""
    found = []
    for target in panel.get("targets", []):
        query = target["expr"]
        for name, value in VARIABLES.items():
            query = query.replace(name, value)
        if "$" in query:
            raise Failure(f"expected variables that are known here, seen: {query}")
        found.append(query)
    return found


def rule_queries():
    """All of the rules as text: their annotations have queries, too."""
    return [line for line in monitoring.RULES.read_text().splitlines() if "#" not in line]


def check_metrics(exporter, texts):
    there = set(re.findall(r"^# TYPE (\S+)", exporter.scrape(), re.MULTILINE))
    named = set(re.findall(r"\b(?:sockleak|node_textfile)_\w+", "\n".join(texts)))
    if named - there or len(named) < 30:
        raise Failure(f"expected metrics that are served, seen: {sorted(named - there)}")


def check_data(prometheus, panel):
    """Each query is one that Prometheus takes; the first has an answer."""
    answers = [prometheus.query(query) for query in queries(panel)]
    if answers and not answers[0] and panel["title"] not in MAY_BE_EMPTY:
        raise Failure(f"expected data in {panel['title']}, seen: none of {queries(panel)[0]}")
    for target, answer in zip(panel.get("targets", []), answers):
        wanted = set(re.findall(r"{{(\w+)}}", target["legendFormat"])) - MAY_BE_NONE
        for labels, _ in answer:
            if not wanted <= labels.keys():
                raise Failure(f"expected the labels {wanted} in {panel['title']}, seen: {labels}")


def check_variable(prometheus, query):
    selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", query).groups()
    for name, value in VARIABLES.items():
        selector = selector.replace(name, value)
    found = prometheus.query(selector)
    if not found or (label != "unit" and label not in found[0][0]):
        raise Failure(f"expected values of {label} by {selector}, seen: {found}")
