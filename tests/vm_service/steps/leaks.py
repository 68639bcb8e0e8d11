# SPDX-License-Identifier: BSD-2-Clause
"""Leaks begin: in a unit, in two of a template, in a container; and are reported, each as its own.

All run one program, so it is one place in the code: one line in the journal, one site. The labels
of the metrics tell them apart.
"""

import re

from lib.outcome import Failure
from page import command
from visit import expect

UNITS = ["leaky", "leaky@one", "leaky@two"]
FUNCTION = "open_upstream"
# One process, or some of those that run the same code when two begin to leak at once.
WHO = r"leaky(?:\[\d+\]| \(\d+ procs\))"


def begin(visit):
    for unit in UNITS + ["scarce"]:
        visit.sh(f"systemctl start {unit}")
        expect(visit.pid(unit), f"{unit} to run", "not")
    visit.container = visit.sh(
        "podman run --detach --cgroups=enabled --network=none --rootfs /srv/container"
        " /leaky 2000").strip()
    expect(re.fullmatch("[0-9a-f]{64}", visit.container), "a container", visit.container)


def journal_of_a_site(visit):
    """The page's line: who, how many, how fast, in which function, which site."""
    line = wait_reported(visit)
    found = re.match(
        rf"{WHO} leaks sockets: \d+ open, .* in {FUNCTION} \(leaky\), site (\w{{16}})$",
        line)
    expect(found, f"a site in {FUNCTION}", line)
    visit.site = found.group(1)


def wait_reported(visit, *options):
    """The first line of the journal on a site of leaky."""
    def reported():
        return [line for line in visit.journal(*options)
                if re.match(f"{WHO} leaks sockets: ", line)]

    return visit.wait_for(reported, "a line in the journal on leaky")[0]


def labels(visit):
    """node_exporter has each of them apart."""
    def sets():
        return {(one[1]["scope"], one[1]["unit"], one[1]["container_id"])
                for one in visit.metrics("sockleak_leaked_sockets", comm="leaky")}

    wanted = {("unit", f"{unit}.service", "") for unit in UNITS + ["scarce"]}
    wanted.add(("container", f"libpod-{visit.container}.scope", visit.container))
    try:
        visit.wait_for(lambda: wanted <= sets(), f"{wanted}", 300)
    except Failure:
        raise Failure(f"expected {sorted(wanted)}, seen: {sorted(sets())}") from None
    expect(sets() == wanted, "no other workload", sets() - wanted)
    expect(visit.value("node_textfile_scrape_error") == 0, "no error", "one")


def status_line(visit):
    """`systemctl status` has the number, as the page says."""
    text = visit.properties("sockleak", "StatusText")["StatusText"]
    found = re.search(r"\b(\d+) of (\d+) sites leak", text)
    expect(found and int(found.group(1)) >= 1, "sites that leak", text)


def explain(visit):
    """Of a site, by a user without any right; the file that it reads is written now and then."""
    expect(visit.site, "a site from the journal", "none")

    def reported():
        return visit.machine.check(f"sockleak explain {visit.site}", user="visitor")

    visit.wait_for(lambda: "leaks sockets" in reported(), "a site that leaks", 180)
    out = reported()
    expect(f"in {FUNCTION} (leaky)" in out, FUNCTION, out)
    short = visit.machine.check(f"sockleak explain {visit.site[:8]}", user="visitor")
    expect(FUNCTION in short, "the same by eight digits, as the page has it", short)


def scan(visit):
    """What is unconnected right now, with ages and stacks from the agent that runs."""
    out = visit.admin("sudo sockleak scan")
    expect("leaky" in out and FUNCTION in out, "leaky and its function", out)


def one_service(visit):
    """Beside the agent, in a terminal, for a while."""
    line = command("sudo sockleak --unit app").replace("app", "leaky")
    out = visit.machine.check(f"{line} --duration 40s", 900, "admin")
    expect(FUNCTION in out and f"leaky[{visit.pid('leaky')}]" in out, "leaky", out)
    expect(f"[{visit.pid('scarce')}]" not in out, "no other unit", out)


STEPS = [begin, journal_of_a_site, labels, status_line, explain, scan, one_service]
