# SPDX-License-Identifier: BSD-2-Clause
"""A host with many containers: each leak is labelled with the one that it is of."""

import os
import subprocess

from lib.cgroups import inside
from lib.outcome import Failure
from lib.registry import ALONE, case
from lib.service import Service

PODS, CONTAINERS = 50, 10  # in each pod
SOCKETS = 8  # of each container, in 400 ms: enough to grow
LEAKED = "sockleak_leaked_sockets"


class Container:
    """A cgroup, named as systemd's driver with containerd does, and a process that leaks in it."""

    def __init__(self, bench, pod, pod_uid, number, program):
        self.labels = {"scope": "pod", "pod_uid": pod_uid, "container_id": f"{number:064x}"}
        self.cgroup = bench.cgroups.make(pod, f"cri-containerd-{number:064x}.scope")
        self.process = bench.processes.start(
            inside(self.cgroup)([program, str(SOCKETS)]),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )

    def end(self):
        self.process.kill()
        self.process.wait()


def pod_uid(number):
    return f"00000000-0000-4000-8000-{number:012x}"


def make_pod(bench, parent, number, first, program):
    uid = pod_uid(number)
    name = f"kubepods-burstable-pod{uid.replace('-', '_')}.slice"
    pod = bench.cgroups.make(parent, name)
    return [Container(bench, pod, uid, first + i, program) for i in range(CONTAINERS)]


def wrong(service, textfile, containers):
    """What the textfile does not say as it is; None when it says all, and no more."""
    reported = {
        tuple(sample[1][key] for key in ("scope", "pod_uid", "container_id")): sample[2]
        for sample in service.metrics(textfile, LEAKED)
    }
    wanted = {tuple(container.labels.values()): SOCKETS for container in containers}
    if reported == wanted:
        return None
    missing = [key for key in wanted if reported.get(key) != SOCKETS]
    return f"{len(reported)} reported, {len(missing)} of {len(wanted)} wrong: {missing[:2]}"


@case(stage=ALONE)
def five_hundred_containers(bench):
    """500 leaking containers in 50 pods; then half of them are others."""
    textfile = bench.directory / "containers.prom"
    service = Service.start(
        bench, "--older-than", "500ms", "--interval", "100ms", "--write-interval", "200ms",
        "--comm", "containers", "--max-workloads", "1000", "--snapshots", "8192",
        "--textfile", textfile,
    )
    program = str(bench.copy("growing", "containers"))
    top = bench.cgroups.make(name=f"kubepods-{os.getpid()}.slice")
    pods = [make_pod(bench, top, n, n * 100, program) for n in range(PODS)]

    def expect(what):
        containers = [container for pod in pods for container in pod]
        try:
            service.wait_for(lambda s: not wrong(s, textfile, containers), what, timeout=240)
        except Failure as failure:
            raise Failure(f"{wrong(service, textfile, containers)}: {failure}") from None

    expect("500 containers with their leaked sockets")
    for number in range(0, PODS, 2):
        for container in pods[number]:
            container.end()
            bench.cgroups.remove(container.cgroup)
        bench.cgroups.remove(os.path.dirname(pods[number][0].cgroup))
        pods[number] = make_pod(bench, top, 1000 + number, (1000 + number) * 100, program)
    expect("those that are there now, and none of the others")
    status, out, _ = bench.run("scan", "--comm", "containers", "--json", timeout=60)
    sockets = [line for line in out.splitlines() if '"type":"leak"' in line.replace(" ", "")]
    if status or len(sockets) != PODS * CONTAINERS * SOCKETS:
        raise Failure(f"expected a scan to tell of all, seen {status}: {len(sockets)}")
    for pod in pods:
        for container in pod:
            container.end()
    service.stop()
