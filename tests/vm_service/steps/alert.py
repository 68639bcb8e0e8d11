# SPDX-License-Identifier: BSD-2-Clause
"""Sections 4 and 5 of the page: from node_exporter's answer to an alert that names a function."""

import base64

from lib import monitoring
from steps.leaks import FUNCTION, UNITS
from visit import expect

SHIPPED = "/usr/share/sockleak/prometheus/rules.yml"
# Half an hour becomes 90 s, which are six of Debian's scrapes. The agent itself is not hurried.
HASTE = 20
STALE_S = 300


def rules(visit):
    """The shipped rules are Prometheus' own, as they are; then they are loaded, but shorter."""
    visit.sh(f"promtool check rules {SHIPPED}")
    hurried = monitoring.hurried(visit.sh(f"cat {SHIPPED}"), HASTE, STALE_S)
    encoded = base64.b64encode(hurried.encode()).decode()
    visit.sh(f"echo {encoded} | base64 -d >/etc/prometheus/sockleak.yml")
    visit.sh("sed -i 's/^rule_files:.*/rule_files: [sockleak.yml]/' /etc/prometheus/prometheus.yml"
             " && promtool check config /etc/prometheus/prometheus.yml"
             " && systemctl reload prometheus")
    visit.wait_for(lambda: visit.prometheus("rules")["groups"], "rules", 120)


def scraped(visit):
    """By Debian's configuration of Prometheus, with nothing added."""
    visit.wait_for(
        lambda: visit.prometheus("query", query="sockleak_site_leaked_sockets")["result"],
        "leaks in Prometheus", 300)


def growing(visit):
    """The alert of a leak names the function, the unit and the site."""
    def ours():
        return [one for one in visit.firing()
                if one["labels"]["alertname"] == "SockleakLeakGrowing"
                and one["labels"]["unit"] == f"{UNITS[0]}.service"]

    alert = visit.wait_for(ours, f"SockleakLeakGrowing: {UNITS[0]}", 1800)[0]
    expect(alert["labels"]["site"] == visit.site, f"site {visit.site}", alert)
    expect(FUNCTION in alert["annotations"]["summary"], FUNCTION, alert)
    action = f"sockleak explain {visit.site}"
    expect(action in alert["annotations"]["action"], action, alert)
    expect(FUNCTION in visit.machine.check(action, user="visitor"), FUNCTION, "another")


def of_scarce(visit, name):
    """The critical alert of that name on the unit whose limit is low."""
    def ours():
        return [one for one in visit.firing()
                if one["labels"]["alertname"] == name
                and one["labels"]["unit"] == "scarce.service"
                and one["labels"]["severity"] == "critical"]

    return visit.wait_for(ours, f"{name}: scarce", 900)[0]


def exhausted(visit):
    """And of one that has no descriptor left, who leaks."""
    alert = of_scarce(visit, "SockleakFdExhaustion")
    expect(FUNCTION in alert["annotations"]["description"], FUNCTION, alert)


def at_limit(visit):
    """That its calls fail is distinguished, also when it does not leak."""
    alert = of_scarce(visit, "SockleakAtFdLimit")
    expect("EMFILE" in alert["annotations"]["summary"], "EMFILE", alert)
    expect(FUNCTION in alert["annotations"]["description"], FUNCTION, alert)


def no_other(visit):
    """Nothing is lost, and nobody else is suspected."""
    names = {"SockleakLeakGrowing", "SockleakFdExhaustion"}
    units = {f"{unit}.service" for unit in UNITS + ["scarce"]}
    others = [
        one for one in visit.firing()
        if not (one["labels"]["alertname"] == "SockleakAtFdLimit"
                and one["labels"]["unit"] == "scarce.service")
        and (one["labels"]["alertname"] not in names
             or not (one["labels"]["unit"] in units
                     or one["labels"]["unit"].startswith("libpod-")))
    ]
    expect(not others, "no other alert", others)


STEPS = [rules, scraped, growing, exhausted, at_limit, no_other]
