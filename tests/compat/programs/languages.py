# SPDX-License-Identifier: BSD-2-Clause
"""languages: servers and clients of language runtimes, of their standard libraries."""

import pathlib

from catalog import program

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "scripts"


def serve(stage, *command):
    """A script that is a server and its clients: prints "ready", and counts from time to time."""
    script = stage.start(*command, stage.directory)
    stage.wait_for(lambda: "ready\n" in stage.output(script), "its readiness", 60)
    stage.ready()
    while stage.working():
        stage.run("sleep", "1")
    counts = stage.output(script).split("ready\n")[1].strip().splitlines()
    if not counts:
        raise RuntimeError("it counted nothing")
    return counts[-1]


@program(version=["node", "--version"])
def node(stage):
    """http, net, dgram, fetch, dns, cluster and child processes."""
    return serve(stage, stage.tool("node", "nodejs"), SCRIPTS / "node.js")


@program(version=["java", "--version"])
def java(stage):
    """HttpServer, HttpClient, URL, Socket, NIO channels, datagrams."""
    return serve(stage, stage.tool("java"), "-Xmx256m", SCRIPTS / "Servers.java")


@program(version=["/usr/bin/python3", "--version"])
def python(stage):
    """ThreadingHTTPServer, asyncio, UDP, urllib, multiprocessing."""
    return serve(stage, "/usr/bin/python3", SCRIPTS / "servers.py")
