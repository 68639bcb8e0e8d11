# SPDX-License-Identifier: BSD-2-Clause
"""daemons: names, time, logs, messages."""

import pathlib

from catalog import program

CHRONY = """
port 123
bindaddress 127.0.0.1
bindcmdaddress {d}/{name}.sock
pidfile {d}/{name}.pid
"""

RSYSLOG = """
global(workDirectory="{d}")
module(load="imudp")
module(load="imtcp")
module(load="imuxsock" SysSock.Use="off")
module(load="immark" interval="2")
input(type="imudp" address="127.0.0.1" port="514")
input(type="imtcp" address="127.0.0.1" port="514")
input(type="imuxsock" Socket="{d}/log")
action(type="omfile" file="{d}/all")
action(type="omfwd" target="127.0.0.1" port="515" protocol="tcp" queue.type="linkedList"
	action.resumeRetryCount="-1" action.resumeInterval="1")
action(type="omfwd" target="127.0.0.1" port="516" protocol="tcp" queue.type="linkedList"
	action.resumeRetryCount="-1" action.resumeInterval="1")
action(type="omfwd" target="127.0.0.1" port="517" protocol="udp")
action(type="omfwd" target="nowhere.invalid" port="517" protocol="udp" queue.type="linkedList"
	action.resumeRetryCount="-1" action.resumeInterval="1")
"""

RSYSLOG_BEHIND = """
global(workDirectory="{d}")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="515")
action(type="omfile" file="{d}/behind")
"""

DBUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={d}/bus</listen>
  <listen>tcp:host=localhost,port=7999</listen>
  <auth>ANONYMOUS</auth><auth>EXTERNAL</auth><allow_anonymous/>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""


@program(version=["dnsmasq", "--version"])
def dnsmasq(stage):
    """Answers, forwards to a server that is there and to one that is not; DHCP and TFTP ready."""
    command = [stage.tool("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null",
               "--no-resolv", "--no-hosts", "--user=root", "--group=root", "--log-facility=-"]
    stage.start(*command, "--port=5353", "--address=/far.example/192.0.2.7", "--pid-file",
                "--listen-address=127.0.0.2", "--bind-interfaces")
    stage.start(*command, "--address=/near.example/192.0.2.8", "--server=127.0.0.2#5353",
                "--server=/dead.example/127.0.0.1#5399", "--cache-size=0", "--enable-tftp",
                f"--tftp-root={stage.directory}", "--dhcp-range=127.0.0.100,127.0.0.120",
                f"--dhcp-leasefile={stage.directory}/leases", "--enable-ra",
                "--pid-file", "--interface=lo")
    stage.wait_port(53, 5353)
    stage.ready()
    turns, dig = 0, stage.tool("dig")
    while stage.working():
        names = ["near.example", f"n{turns}.far.example", f"{turns}.nowhere.invalid"] * 5
        stage.run(dig, "@127.0.0.1", "+short", *names, check=False)
        stage.run(dig, "@::1", "+tcp", "+short", "near.example", f"t{turns}.far.example")
        stage.run(dig, "@127.0.0.1", "+time=1", "+tries=1", f"{turns}.dead.example", check=False)
        stage.run("getent", "ahosts", f"{turns}.far.example", check=False)
        turns += 1
    return f"{turns} turns of 19 queries, UDP and TCP, v4 and v6; a dead server behind it"


@program(version=["chronyd", "--version"])
def chrony(stage):
    """A server without a clock to set (-x), a client of it and of a dead one, and chronyc."""
    chronyd = [stage.tool("chronyd"), "-x", "-d", "-u", "root", "-f"]
    directory = stage.directory / "sockets"
    directory.mkdir(mode=0o700)  # chronyd refuses one that others may read
    server = stage.write("server.conf", CHRONY.format(d=directory, name="server")
                         + "local stratum 5\nallow\n")
    client = stage.write("client.conf", CHRONY.format(d=directory, name="client").replace(
        "port 123", "port 0").replace("bindaddress 127.0.0.1", "cmdport 0")
        + "server 127.0.0.1 iburst minpoll 0 maxpoll 0\nserver 127.0.0.9 minpoll 0 maxpoll 0\n"
        + "pool nowhere.invalid\n")
    stage.start(*chronyd, server)
    stage.start(*chronyd, client)
    sockets = [directory / f"{name}.sock" for name in ("server", "client")]
    stage.wait_for(lambda: all(path.exists() for path in sockets), "command sockets")
    stage.ready()
    turns, text = 0, ""
    while stage.working():
        for path in sockets:
            text = stage.run(stage.tool("chronyc"), "-n", "-h", path, "sources")
            stage.run(stage.tool("chronyc"), "-n", "-h", path, "online", check=False)
        stage.run(stage.tool("chronyc"), "-n", "-h", "127.0.0.1", "tracking", check=False)
        turns += 1
    if "127.0.0.1" not in text:
        raise RuntimeError(f"the client has no source: {text}")
    return f"a poll a second of a server, a dead one and an unknown pool; {turns * 5} chronyc"


@program(version=["rsyslogd", "-v"])
def rsyslog(stage):
    """UDP, TCP and unix inputs; forwards to a live server, to dead ones and to no name."""
    rsyslogd = stage.tool("rsyslogd")
    prefix = pathlib.Path(rsyslogd).parents[2 if "/usr/" in rsyslogd else 1]
    modules = sorted(prefix.glob("usr/lib*/**/rsyslog/lmnet.so"))
    for name, text in (("behind", RSYSLOG_BEHIND), ("front", RSYSLOG)):
        config = stage.write(f"{name}.conf", text.format(d=stage.directory))
        stage.start(rsyslogd, "-n", "-f", config, "-i", stage.directory / f"{name}.pid",
                    "-M", modules[0].parent)
    stage.wait_port(514, 515)
    stage.ready()
    logger, count = stage.tool("logger"), 0
    while stage.working():
        for way in (["-n", "127.0.0.1", "-d"], ["-n", "localhost", "-T"],
                    ["-u", stage.directory / "log"], ["-n", "127.0.0.1", "-T", "-P", "9"]):
            stage.run(logger, *way, stdin="one\ntwo\nthree\n", check=False)
            count += 3
    behind = (stage.directory / "behind").read_text(errors="replace").count("three")
    if not behind:
        raise RuntimeError("nothing came to the server behind")
    return f"{count} messages of logger by UDP, TCP and unix, forwarded by TCP; two dead targets"


@program(name="dbus-daemon", version=["dbus-daemon", "--version"])
def dbus_daemon(stage):
    """A bus with a unix and a TCP address, a monitor, and senders."""
    config = stage.write("bus.conf", DBUS.format(d=stage.directory))
    stage.start(stage.tool("dbus-daemon"), "--nofork", f"--config-file={config}")
    stage.wait_port(7999)
    path, tcp = f"unix:path={stage.directory}/bus", "tcp:host=localhost,port=7999"
    stage.start(stage.tool("dbus-monitor"), "--address", path)
    stage.ready()
    sent, send = 0, stage.tool("dbus-send")
    bus = ["--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"]
    while stage.working():
        for method in ("ListNames", "GetId", "ReloadConfig"):
            stage.run(send, f"--bus={path}", *bus, f"org.freedesktop.DBus.{method}")
            stage.run(send, f"--bus={tcp}", *bus, "org.freedesktop.DBus.ListNames", check=False)
            sent += 2
        stage.run(send, f"--bus={path}", *bus, "org.freedesktop.DBus.StartServiceByName",
                  "string:no.such.Name", "uint32:0", check=False)
        stage.run(send, "--bus=unix:path=/nowhere", *bus, "org.freedesktop.DBus.GetId", check=False)
    return f"{sent} calls of dbus-send over unix and TCP, reloads, beside dbus-monitor"
