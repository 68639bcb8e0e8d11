# SPDX-License-Identifier: BSD-2-Clause
"""Sections 1 to 3 of the page: can it run, install, configure."""

import json
import re

from page import command
from visit import PROM, expect

EXPOSURE = 3.0  # at most, of 10
KEPT = "/root/sockleak.conf"
# Each on the disk of the machine, but for the archive that it was delivered with.
FILES = "find / -xdev -path /srv -prune -o -print | sort"
# "+" stands behind the mode where there is an access list.
RIGHTS = "ls -ld /var/lib/prometheus/node-exporter | cut -d ' ' -f 1,3,4"


def note_files(visit):
    """Before it is installed: what is there after its purge must be this."""
    visit.before = set(visit.sh(FILES).splitlines())
    visit.rights = visit.sh(RIGHTS)


def package(visit):
    """The page's line; its first half, `make deb`, was done where the image was made."""
    first = visit.versions[0]
    visit.sh(f"cp /srv/debs/sockleak_{first}-1_*.deb ~admin/sockleak/.output/deb")
    visit.admin("sudo apt install ./.output/deb/sockleak_*.deb", 1800)
    owed = visit.sh("dpkg --audit")
    expect(not owed, "nothing half done", owed)


def service(visit):
    """It is up by Debian's package, by itself, at the first try; the watchdog is fed."""
    visit.admin("sudo systemctl enable --now sockleak")
    visit.wait_active()
    seen = visit.properties("sockleak", "UnitFileState", "NRestarts", "NotifyAccess", "User",
                            "WatchdogUSec", "StatusText", "WatchdogTimestampMonotonic")
    wanted = {"UnitFileState": "enabled", "NRestarts": "0", "NotifyAccess": "main",
              "User": "sockleak", "WatchdogUSec": "2min"}
    expect(wanted.items() <= seen.items(), wanted, seen)
    name = "WatchdogTimestampMonotonic"
    visit.wait_for(lambda: visit.properties("sockleak", name)[name] != seen[name],
                   "a watchdog that is fed", 300)
    visit.wait_written()
    status = visit.admin("systemctl status sockleak")
    expect(re.search(r"Status: \"\d+ of \d+ sites leak", status), "how many sites leak", status)


def quiet_log(visit):
    """On a host like this there is nothing to warn of."""
    warned = visit.journal("-p", "warning")
    expect(not warned, "no warning in the journal", warned)


def cheap_hooks(visit):
    """It pays at the ten system calls that it is on, not at each one."""
    found = visit.metrics("sockleak_build_info")
    expect(len(found) == 1, "one sample of sockleak_build_info", found)
    expect(found[0][1]["hooks"] == "fentry", "hooks that cost others nothing", found)


def doctor_of_root(visit):
    """It says what this host lets it do, and which hooks the service has."""
    out = visit.admin("sudo sockleak doctor")
    expect("sockleak can run here" in out and "\nfailed" not in out, "nothing that fails", out)
    done = visit.machine.run(f"sudo {command('sockleak doctor --json')}", user="admin")
    found = {one["name"]: one for one in json.loads(done.out)["findings"]}
    expect("loaded and attached" in found["programs"]["finding"], "programs that load", found)


def doctor_of_a_visitor(visit):
    """Without any right it says what is missing, in order, with the status that means so."""
    done = visit.machine.run("sockleak doctor", user="visitor")
    expect(done.status == 3 and "capabilities" in done.out, "exit 3 and the reason", done)


def doctor_of_the_service(visit):
    """From any shell: what the unit's rights come to. Whoever may, sees its programs load."""
    for user, sudo in (("admin", "sudo "), ("visitor", "")):
        done = visit.machine.run(f"{sudo}sockleak doctor --service --json", user=user)
        expect(done.status == 0, f"exit 0 for {user}", done)
        found = {one["name"]: one for one in json.loads(done.out)["service"]["findings"]}
        poor = [one for one in found.values() if one["status"] in ("failed", "limited")]
        expect(not poor, f"nothing that fails or is limited, for {user}", poor)
        expect(found["hooks"]["status"] == "ok", f"the hooks' rights, for {user}", found)
        loads = "loaded and attached" if sudo else "only root can check"
        expect(loads in found["programs"]["finding"], f"'{loads}'", found["programs"])


def pins(visit):
    """Its maps are there for the next start."""
    names = visit.sh("ls /sys/fs/bpf/sockleak").split()
    expect(names, "pinned maps", names)


def exposure(visit):
    out = visit.sh("systemd-analyze security --no-pager sockleak", 600)
    found = re.search(r"Overall exposure level for sockleak.service: ([0-9.]+)", out)
    expect(found and float(found.group(1)) <= EXPOSURE, f"at most {EXPOSURE}", out[-300:])


def textfile(visit):
    """node_exporter reads it, and has nothing against it."""
    mode = visit.sh(f"stat -c '%a %U' {PROM}")
    expect(mode == "644 sockleak\n", "a file that all may read", mode)
    visit.wait_for(lambda: visit.metrics("sockleak_build_info"), "the agent's metrics", 120)
    expect(visit.value("node_textfile_scrape_error") == 0, "no error", "one")


def configuration(visit):
    """The packaged one is right, and a reload takes up a new one without an end."""
    line = command("sockleak agent --check-config --config /etc/sockleak/sockleak.conf")
    said = visit.machine.run(f"{line} 2>&1", user="admin")
    expect(said.out.endswith("sockleak: configuration OK\n"), "a right configuration", said)
    pid = visit.pid("sockleak")
    edit(visit, "max-sites = 50")
    visit.admin("sudo systemctl reload sockleak")
    visit.wait_active()
    expect(visit.pid("sockleak") == pid, "the same process", visit.pid("sockleak"))


def wrong_configuration(visit):
    """A reload says what is wrong, and the agent goes on with the one before."""
    pid = visit.pid("sockleak")
    edit(visit, "older-than = soon")
    done = visit.machine.run(command("sudo systemctl reload sockleak") + " 2>&1", user="admin")
    expect(done.status != 0, "a reload that fails", done)
    said = [line for line in visit.journal("-n", "20") if "older-than" in line]
    expect(said, "the wrong line in the journal", visit.journal("-n", "20"))
    visit.wait_active()
    expect(visit.pid("sockleak") == pid, "the same process", visit.pid("sockleak"))
    visit.sh(f"mv {KEPT} /etc/sockleak/sockleak.conf")
    visit.admin("sudo systemctl reload sockleak")


def edit(visit, line):
    """A line more in the configuration, by a rename, as the page says; KEPT is the packaged."""
    visit.sh(f"cd /etc/sockleak && {{ [ -e {KEPT} ] || cp -a sockleak.conf {KEPT}; }}"
             f" && cp -a {KEPT} new && echo '{line}' >>new && mv new sockleak.conf")


STEPS = [note_files, package, service, quiet_log, cheap_hooks, doctor_of_root,
         doctor_of_a_visitor, doctor_of_the_service, pins, exposure, textfile, configuration,
         wrong_configuration]
