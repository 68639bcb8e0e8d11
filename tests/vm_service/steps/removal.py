# SPDX-License-Identifier: BSD-2-Clause
"""The end: what is removed, what is purged, and that nothing of it is left."""

from steps.install import FILES, RIGHTS
from steps.life import put
from visit import PROM, expect

# What dpkg, apt, systemd and the journal write for themselves, of whatever package.
OTHERS = ("/var/lib/dpkg/", "/var/lib/apt/", "/var/cache/", "/var/log/", "/var/lib/systemd/",
          "/var/lib/prometheus/metrics2/", "/var/backups/", "/home/admin/", "/root/", "/tmp/",
          "/var/tmp/", "/etc/systemd/system/multi-user.target.wants/leaky",
          "/var/lib/containers/", "/etc/prometheus/sockleak.yml",
          "/etc/cni/")


def gone(visit):
    """Neither service nor pins nor numbers; the rest is a matter of purge."""
    left = visit.machine.run("systemctl is-active sockleak; pgrep -a sockleak; ls /sys/fs/bpf")
    expect(left.out.split() == ["inactive"], "no service, no process, no pins", left)
    files = visit.machine.run(f"ls {PROM} {PROM.replace('.prom', '.stacks.json')}")
    expect(not files.out, "no textfile", files)


def remove(visit):
    done = visit.apt("apt remove sockleak")
    expect(done.status == 0, "apt to succeed", done)
    gone(visit)
    owned = visit.sh("dpkg-query --listfiles sockleak").split()
    kept = [path for path in owned if path.startswith("/etc/") and path.endswith(".conf")]
    expect(kept == ["/etc/sockleak/sockleak.conf"], "its configuration alone", owned)
    state = visit.properties("sockleak", "LoadState")["LoadState"]
    expect(state in ("not-found", "masked"), "no unit", state)


def again(visit):
    """Whoever installs it anew has it running as before."""
    done = put(visit, visit.versions[0])
    expect(done.status == 0, "apt to succeed", done)
    visit.wait_active()
    visit.wait_written()


def purge(visit):
    """By the page's command. What then is there, and was not before, is no file of ours."""
    visit.sh("systemctl disable --now leaky; rm -rf /etc/prometheus/sockleak.yml")
    visit.admin("sudo apt purge sockleak", 1800)
    gone(visit)
    visit.sh("apt autoremove", 1800)
    now = set(visit.sh(FILES).splitlines())
    packaged = set(visit.sh("cat /var/lib/dpkg/info/*.list").splitlines())
    left = {path for path in now - visit.before - packaged if not path.startswith(OTHERS)}
    expect(not left, "no file that was not there before", sorted(left))
    named = [path for path in now if "sockleak" in path and not path.startswith(OTHERS)]
    expect(not named, "no file of that name", named)


def no_right_left(visit):
    """On a directory that is node_exporter's; setfacl itself is gone by now, with `autoremove`."""
    now = visit.sh(RIGHTS)
    expect(now == visit.rights, f"the rights that were there, {visit.rights}", now)


def unit_forgotten(visit):
    """systemd knows nothing of it, not even a failure."""
    out = visit.sh("systemctl list-units --all --no-legend 'sockleak*';"
                   " systemctl list-unit-files --no-legend 'sockleak*' || true")
    expect(not out.strip(), "no unit", out)
    links = visit.sh("find /etc/systemd /var/lib/systemd -name '*sockleak*'")
    expect(not links.strip(), "no link to it", links)


def no_user_left(visit):
    """Neither the user nor the group of the service."""
    out = visit.sh("{ getent passwd sockleak; getent group sockleak; } || true")
    expect(not out, "no user of that name", out)


def alone(visit):
    """On a host without node_exporter it runs all the same, and cleans up what it made."""
    done = visit.apt("apt purge prometheus prometheus-node-exporter")
    expect(done.status == 0, "apt to succeed", done)
    visit.sh("rm -rf /var/lib/prometheus")
    again(visit)
    owner = visit.sh("stat -c '%U %G' /var/lib/prometheus/node-exporter")
    expect(owner == "root sockleak\n", "a directory of the service's own", owner)
    visit.admin("sudo apt purge sockleak", 1800)
    gone(visit)
    left = visit.machine.run("ls -d /var/lib/prometheus")
    expect(left.status, "no directory", left)


STEPS = [remove, again, purge, no_right_left, unit_forgotten, no_user_left, alone]
