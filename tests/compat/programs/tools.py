# SPDX-License-Identifier: BSD-2-Clause
"""tools: what administrators run by hand, and leave running."""

import itertools
import subprocess

from catalog import program

PING_RANGE = "/proc/sys/net/ipv4/ping_group_range"


@program(version=["socat", "-V"])
def socat(stage):
    """Forking servers over TCP, UDP and unix, clients of each, and one that retries."""
    socat = stage.tool("socat")
    path = stage.directory / "socat"
    for address, to in (("TCP4-LISTEN:7000,fork,reuseaddr", "EXEC:cat"),
                        ("TCP6-LISTEN:7001,fork,reuseaddr", "TCP4:127.0.0.1:7000"),
                        (f"UNIX-LISTEN:{path},fork", "TCP:127.0.0.1:7000"),
                        ("UDP4-RECVFROM:7002,fork", "PIPE"),
                        ("UDP4-LISTEN:7003,fork", "PIPE"),
                        ("TCP4-LISTEN:7004,fork,reuseaddr", "TCP4:127.0.0.1:9"),
                        (f"UNIX-RECVFROM:{path}.datagram,fork", "PIPE")):
        stage.start(socat, "-T", "5", address, to)
    stage.start(socat, "-u", "TCP4:127.0.0.1:9,forever,interval=0.5", "STDOUT")
    stage.wait_port(7000, 7001, 7004)
    stage.ready()
    turns = 0
    for turns in itertools.count():
        if not stage.working():
            break
        for address in ("TCP:127.0.0.1:7000", "TCP6:[::1]:7001", f"UNIX-CONNECT:{path}",
                        "UDP:127.0.0.1:7002", "UDP:127.0.0.1:7003", "TCP:127.0.0.1:7004",
                        f"UNIX-SENDTO:{path}.datagram,bind={path}.client", "TCP:nowhere.invalid:1"):
            stage.run(socat, "-t", "0.1", "-T", "1", "-", address, stdin="hello\n", check=False)
    return f"{turns * 8} clients of forking servers, TCP, UDP and unix; one that retries in vain"


@program(name="nc -u", version=["nc.openbsd", "-h"])
def nc(stage):
    """Both sides, by UDP and by unix datagrams; a listener that goes on to the next client."""
    nc = stage.tool("nc.openbsd", "nc")
    stage.start(nc, "-u", "-l", "127.0.0.1", "9000")
    stage.start(nc, "-u", "-k", "-l", "127.0.0.1", "9001")
    stage.start(nc, "-u", "-k", "-6", "-l", "::1", "9002")
    stage.start(nc, "-U", "-u", "-k", "-l", stage.directory / "datagrams")
    client = stage.start(nc, "-u", "127.0.0.1", "9000", stdin=subprocess.PIPE)
    waiting = stage.start(nc, "-u", "127.0.0.1", "9001", stdin=subprocess.PIPE)  # never says a word
    stage.ready()
    turns = 0
    while stage.working():
        client.stdin.write(b"hello\n")
        client.stdin.flush()
        stage.run(nc, "-u", "-w", "1", "-q", "0", "127.0.0.1", "9001", stdin="hello\n")
        stage.run(nc, "-u", "-w", "1", "-q", "0", "::1", "9002", stdin="hello\n")
        stage.run(nc, "-u", "-w", "1", "127.0.0.1", "9999", stdin="hello\n", check=False)
        stage.run(nc, "-z", "-w", "1", "127.0.0.1", "9990-9999", check=False)
        turns += 1
    assert waiting.poll() is None
    return f"{turns * 4} clients of UDP and TCP, beside a pair that talks and one that is silent"


@program(version=["iperf3", "--version"])
def iperf3(stage):
    """A server, and clients of four streams: TCP, reverse, UDP, v6; and one that finds nobody."""
    iperf = stage.tool("iperf3")
    stage.start(iperf, "-s", "--forceflush")
    stage.wait_port(5201)
    stage.ready()
    runs = 0
    ways = (["-c", "127.0.0.1"], ["-c", "127.0.0.1", "-R"], ["-c", "::1"],
            ["-c", "127.0.0.1", "-u", "-b", "10M"], ["-c", "127.0.0.1", "--bidir"])
    while stage.working():
        stage.run(iperf, *ways[runs % len(ways)], "-P", "4", "-t", "3")
        stage.run(iperf, "-c", "127.0.0.1", "-p", "9", "-t", "1", check=False)
        runs += 1
    return f"{runs} runs of 3 s with four streams: TCP, UDP, reverse, both ways, v6"


@program(version=["tcpdump", "--version"])
def tcpdump(stage):
    """Two captures that go on, short ones, and lists of interfaces, while there is traffic."""
    tcpdump = stage.tool("tcpdump")
    stage.start(tcpdump, "-i", "lo", "-U", "-w", stage.directory / "lo.pcap", "-Z", "root")
    capture = stage.start(tcpdump, "-i", "any", "-n", "-l", "-Z", "root", "icmp or icmp6")
    stage.start(stage.tool("ping"), "-i", "0.2", "127.0.0.1")
    stage.wait_for(lambda: "echo request" in stage.output(capture), "packets")
    stage.ready()
    turns = 0
    while stage.working():
        stage.run(tcpdump, "-i", "lo", "-c", "3", "-n", "-Z", "root", "icmp")
        stage.run(tcpdump, "-D")
        stage.run(tcpdump, "-i", "nothing", check=False)
        turns += 1
    return f"two captures all the time; {turns} short ones, and as many lists of interfaces"


@program(version=["ping", "-V"])
def ping(stage):
    """v4 and v6, by raw sockets and by ping sockets, short and all the time, and in vain."""
    ping = stage.tool("ping")
    targets = ("127.0.0.1", "::1", "localhost")
    for _ in range(2):
        for target in targets:
            stage.start(ping, "-i", "0.2", target)
        # Then by ping sockets, which this range of groups allows.
        stage.run("sh", "-c", f"echo '0 2147483647' >{PING_RANGE}")
    stage.ready()
    turns = 0
    for turns in itertools.count():
        if not stage.working():
            break
        stage.run("sh", "-c", f"echo '{('1 0', '0 2147483647')[turns % 2]}' >{PING_RANGE}")
        for target in targets:
            stage.run(ping, "-c", "2", "-i", "0.1", target)
        for target in ("192.0.2.1", "2001:db8::1", "nowhere.invalid"):
            stage.run(ping, "-c", "1", "-W", "1", target, check=False)
    return f"six that go on; {turns * 3} short ones, and as many in vain"


@program(name="ip monitor", version=["ip", "-V"])
def ip_monitor(stage):
    """Monitors of everything, while addresses, routes and rules come and go."""
    ip = stage.tool("ip")
    monitor = stage.start(ip, "-ts", "monitor", "all")
    stage.start(ip, "monitor", "address", "label")
    stage.wait_for(lambda: stage.run(ip, "addr", "replace", "127.9.9.9/32", "dev", "lo") is not None
                   and "127.9.9.9" in stage.output(monitor), "the monitor's first line")
    stage.ready()
    turns = 0
    while stage.working():
        stage.run(ip, "addr", "add", "127.7.7.7/32", "dev", "lo")
        stage.run(ip, "route", "add", "198.51.100.0/24", "dev", "lo")
        stage.run(ip, "-s", "link", "show")
        stage.run(ip, "route", "get", "198.51.100.7")
        stage.run(ip, "route", "del", "198.51.100.0/24", "dev", "lo")
        stage.run(ip, "addr", "del", "127.7.7.7/32", "dev", "lo")
        turns += 1
    if "127.7.7.7" not in stage.output(monitor):
        raise RuntimeError("the monitor saw nothing")
    return f"two monitors; {turns * 6} changes and queries by ip"
