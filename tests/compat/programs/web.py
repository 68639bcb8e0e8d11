# SPDX-License-Identifier: BSD-2-Clause
"""web: HTTP servers, a proxy, and a client."""

import itertools
import pathlib
import re
import sys

from catalog import program

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "scripts"

NGINX = """
user nobody nogroup;
daemon off;
worker_processes 2;
pid {d}/nginx.pid;
events {{ worker_connections 256; }}
http {{
  access_log {d}/access.log;
  client_body_temp_path {d}/body; proxy_temp_path {d}/proxy; fastcgi_temp_path {d}/fastcgi;
  uwsgi_temp_path {d}/uwsgi; scgi_temp_path {d}/scgi;
  resolver 127.0.0.1;
  resolver_timeout 300ms;
  upstream back {{ server 127.0.0.1:8081; server unix:{d}/back; server 127.0.0.1:8089; keepalive 4; }}
  server {{
    listen 8080; listen [::1]:8080;
    location / {{ return 200 "hello\\n"; }}
    location /back {{ proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    location /down {{ proxy_pass http://127.0.0.1:8089; }}
    location /name {{ set $name nowhere.invalid; proxy_pass http://$name; }}
  }}
  server {{ listen 8081; listen unix:{d}/back; location / {{ return 200 "behind\\n"; }} }}
}}
"""

HAPROXY = """
global
  log {d}/log local0
  log 127.0.0.1:514 local0
  stats socket {d}/stats
defaults
  mode http
  log global
  option httplog
  timeout connect 1s
  retries 0
  timeout client 5s
  timeout server 5s
resolvers names
  nameserver nobody 127.0.0.1:53
frontend front
  bind 127.0.0.1:8000
  bind [::1]:8000
  use_backend down if {{ path /down }}
  default_backend back
backend back
  option httpchk
  server up 127.0.0.1:8001 check inter 300ms
  server dead 127.0.0.1:8009 check inter 300ms
  server silent unix@{d}/nobody check inter 300ms
  server nameless nowhere.invalid:80 check inter 300ms resolvers names init-addr none
backend down
  server dead 127.0.0.1:8009
frontend behind
  bind 127.0.0.1:8001
  http-request return status 200 content-type text/plain string "hello"
"""


class Clients:
    """http_client.py, again and again, and what it did."""

    def __init__(self, stage):
        self.stage = stage
        self.answers = self.connections = 0

    def ask(self, seconds, address, *paths):
        said = self.stage.run(sys.executable, SCRIPTS / "http_client.py", seconds, address, *paths)
        answers, connections = map(int, re.findall(r"\d+", said))
        self.answers += answers
        self.connections += connections

    def __str__(self):
        return f"{self.answers} answers over {self.connections} connections"


@program(version=["nginx", "-v"])
def nginx(stage):
    """Keep-alive and short connections, a proxy with a dead backend, reloads."""
    config = stage.write("nginx.conf", NGINX.format(d=stage.directory))
    command = [stage.tool("nginx"), "-c", config, "-e", stage.directory / "error.log"]
    stage.start(*command)
    stage.wait_port(8080, 8081)
    stage.ready()
    reloads, clients = 0, Clients(stage)
    while stage.working():
        address = ("127.0.0.1:8080", "[::1]:8080")[reloads % 2]
        clients.ask(4, address, "/", "/back", "/down", "/name")
        stage.run(*command, "-s", "reload")
        reloads += 1
    return f"{clients}; {reloads} reloads, a dead backend, an unknown name"


@program(version=["haproxy", "-v"])
def haproxy(stage):
    """Health checks of backends that are down, logs by UDP and unix datagrams, reloads."""
    config = stage.write("haproxy.cfg", HAPROXY.format(d=stage.directory))
    master = stage.start(stage.tool("haproxy"), "-W", "-f", config, "-p", stage.directory / "pid")
    stage.wait_port(8000, 8001)
    stage.ready()
    reloads, clients = 0, Clients(stage)
    while stage.working():
        clients.ask(4, "127.0.0.1:8000", "/", "/down")
        master.send_signal(12)  # SIGUSR2: a new worker
        reloads += 1
        stage.wait_port(8000, 8001)
    return f"{clients}; {reloads} reloads; checks of three backends that are down"


@program(version=["curl", "--version"])
def curl(stage):
    """One connection for many, many at once, refused ones, names that are none."""
    stage.start(sys.executable, SCRIPTS / "http_server.py", "8080", stage.directory / "http")
    stage.wait_port(8080)
    curl = stage.tool("curl")
    quiet = ["-s", "-o", "/dev/null", "--max-time", "5"]
    # One that goes on for all the time, keep-alive, and so may be looked at.
    last = f"http://localhost:8080/[1-{stage.seconds * 30}]"
    stage.start(curl, "--no-progress-meter", "--rate", "30/s", "-o", "/dev/null", last, "--next",
                "--no-progress-meter", "-o", "/dev/null", "http://127.0.0.1:8080/slow?3600")
    stage.ready()
    turns = 0
    for turns in itertools.count():
        if not stage.working():
            break
        stage.run(curl, *quiet, "http://127.0.0.1:8080/[1-20]")
        stage.run(curl, *quiet, "-Z", "http://[::1]:8080/[1-20]")
        stage.run(curl, *quiet, "--unix-socket", stage.directory / "http", "http://here/[1-5]")
        stage.run(curl, *quiet, "http://127.0.0.1:9/", check=False)
        stage.run(curl, *quiet, "http://localhost:9/", check=False)
        stage.run(curl, *quiet, "http://nowhere.invalid/", check=False)
        stage.run(curl, *quiet, "-x", "socks5h://127.0.0.1:9", "http://here/", check=False)
    return f"{turns} turns of 45 requests and four that fail, beside one curl that keeps on"
