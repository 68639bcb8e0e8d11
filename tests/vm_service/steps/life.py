# SPDX-License-Identifier: BSD-2-Clause
"""What happens to a service in a year: restarts, upgrades good and bad, a crash, a new boot."""

import re

from steps.leaks import UNITS, wait_reported
from visit import PROM, expect


def oldest(visit):
    """When the oldest leaked socket of the first unit was made, by the file as it is."""
    unit = f"{UNITS[0]}.service"
    done = visit.machine.run(f"grep ^sockleak_oldest_leak_created_timestamp_seconds {PROM}")
    found = [line for line in done.out.splitlines() if f'unit="{unit}"' in line]
    return float(found[0].split()[1]) if found else None


def keeps(visit, deed):
    """After `deed` it is another process that knows what the one before knew: ages and stacks."""
    pid, before = visit.pid("sockleak"), oldest(visit)
    expect(before, "a leak of the first unit", before)
    deed()
    visit.wait_active()
    expect(visit.pid("sockleak") != pid, "another process", pid)
    visit.wait_written()
    after = visit.wait_for(lambda: oldest(visit), "a leak of the first unit again", 300)
    expect(abs(after - before) < 1, f"the age that it had, {before}", after)
    out = visit.machine.check(f"sockleak explain {visit.site}", user="visitor")
    expect("open_upstream" in out, "the stack that it had", out)
    warned = [line for line in visit.journal("-p", "err", f"_PID={visit.pid('sockleak')}")]
    expect(not warned, "no error in the journal", warned)


def restart(visit):
    keeps(visit, lambda: visit.sh("systemctl restart sockleak"))


def killed(visit):
    """systemd starts it again."""
    def kill():
        visit.sh("systemctl kill --signal=KILL sockleak")
        visit.wait_for(lambda: visit.properties("sockleak", "NRestarts")["NRestarts"] == "1",
                       "one restart by systemd", 120)

    keeps(visit, kill)


def put(visit, version, revision=1, flags=""):
    """What apt says while it installs this version; the Done."""
    return visit.apt(f"apt install {flags} /srv/debs/sockleak_{version}-{revision}_*.deb")


def installs(visit, version, flags=""):
    """By apt; the new one runs at once, and says so."""
    def deed():
        done = put(visit, version, flags=flags)
        expect(done.status == 0, "apt to succeed", done)

    keeps(visit, deed)
    said = visit.sh("sockleak --version")
    expect(version in said.split(), f"version {version}", said)
    expect(visit.version() == version, f"an agent of version {version}", visit.version())


def upgrade(visit):
    installs(visit, visit.versions[1])


def failed_upgrade(visit):
    """apt shows why the service does not start; the next package puts it right."""
    broken = put(visit, visit.versions[1], revision=2)
    state = visit.properties("sockleak", "ActiveState", "Result", "ExecMainStatus")
    expect(state["ActiveState"] == "failed", "a service that has failed", state)
    expect("older-than" in broken.out and "soon" in broken.out, "the cause, by apt itself", broken)


def recovery(visit):
    """Whatever state that left, an install of a good package mends it."""
    done = put(visit, visit.versions[1], flags="--allow-downgrades")
    expect(done.status == 0, "apt to succeed", done)
    owed = visit.sh("dpkg --audit")
    expect(not owed, "nothing half done", owed)
    visit.wait_active()
    visit.wait_written()


def downgrade(visit):
    installs(visit, visit.versions[0], flags="--allow-downgrades")


def reboot(visit):
    """The service comes up by itself, and its numbers are those of this boot."""
    visit.sh(f"systemctl stop {' '.join(UNITS)} scarce; podman rm --force {visit.container}")
    visit.sh("systemctl enable leaky || true")
    booted = visit.sh("cat /proc/sys/kernel/random/boot_id")
    visit.machine.restart()
    expect(visit.sh("cat /proc/sys/kernel/random/boot_id") != booted, "another boot", booted)
    done = visit.machine.run("systemctl is-system-running --wait; systemctl --failed --no-legend")
    expect(done.out.splitlines() == ["running"], "a system that runs", done)
    visit.wait_active()
    visit.wait_written()
    visit.sh("systemctl start leaky")
    wait_reported(visit, "--boot")


def no_duplicates(visit):
    """Each series once: node_exporter would drop the others, and not say so."""
    samples = [line.rpartition(" ")[0] for line in visit.sh(f"cat {PROM}").splitlines()
               if not line.startswith("#")]
    twice = {one for one in samples if samples.count(one) > 1}
    expect(samples and not twice, "each series once", twice)
    served = {line.rpartition(" ")[0] for line in
              visit.sh("curl -sS localhost:9100/metrics").splitlines() if line[:8] == "sockleak"}
    missing = {name for name in map(squeezed, samples) if name not in set(map(squeezed, served))}
    expect(not missing, "all of them from node_exporter", missing)


def squeezed(series):
    """Its name and its labels, in whatever order they stand."""
    name, _, labels = series.partition("{")
    return name, tuple(sorted(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)))


STEPS = [restart, killed, upgrade, failed_upgrade, recovery, downgrade, reboot, no_duplicates]
