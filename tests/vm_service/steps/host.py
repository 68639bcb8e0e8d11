# SPDX-License-Identifier: BSD-2-Clause
"""The machine itself is what it is taken for."""

from visit import expect


def boots(visit):
    """systemd as process 1, and nothing that failed."""
    done = visit.machine.run("systemctl is-system-running --wait; systemctl --failed --no-legend")
    expect(done.out.splitlines() == ["running"], "a system that runs", done)
    expect(visit.sh("cat /proc/1/comm") == "systemd\n", "systemd as process 1", "another")


def cgroup_v2(visit):
    kind = visit.sh("stat -f -c %T /sys/fs/cgroup; grep -c cgroup /proc/mounts")
    expect(kind.split() == ["cgroup2fs", "1"], "cgroup2 alone", kind)


def no_network(visit):
    """What apt then installs, it has from the image."""
    links = visit.sh("ls /sys/class/net").split()
    expect(links == ["lo"], "lo alone", links)


def has_prometheus(visit):
    """Whoever reads the page has both; as Debian installs them, so they run at once."""
    done = visit.apt("apt install prometheus-node-exporter")
    expect(done.status == 0, "apt to succeed", done)
    for unit in ("prometheus", "prometheus-node-exporter"):
        visit.wait_for(lambda u=unit: visit.machine.run(f"systemctl is-active {u}").status == 0,
                       f"{unit} to be active", 300)


STEPS = [boots, cgroup_v2, no_network, has_prometheus]
