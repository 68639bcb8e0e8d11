# SPDX-License-Identifier: BSD-2-Clause
"""A server of each kind in Python's standard library, and clients of them, for ever:
servers.py DIRECTORY. Prints "ready", then what was done, once a second.
"""
import asyncio
import http.client
import http.server
import multiprocessing
import os
import socket
import socketserver
import sys
import threading
import time
import urllib.error
import urllib.request

counts = dict.fromkeys(["kept", "fresh", "asyncio", "datagrams", "unix", "refused", "worked"], 0)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\n")

    def log_message(self, *_):
        pass


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        text, answer = self.request
        answer.sendto(text, self.client_address)


async def asyncio_echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
    writer.close()


async def asyncio_side(directory):
    path = os.path.join(directory, "asyncio")
    server = await asyncio.start_server(asyncio_echo, "localhost", 8402)
    unix = await asyncio.start_unix_server(asyncio_echo, path)
    _keep = server, unix
    while True:
        for name, way in (("asyncio", asyncio.open_connection("localhost", 8402)),
                          ("unix", asyncio.open_unix_connection(path))):
            reader, writer = await way
            for _ in range(10):
                writer.write(b"hello\n")
                await reader.readline()
                counts[name] += 1
            writer.close()
            await writer.wait_closed()
        try:
            await asyncio.open_connection("localhost", 9)
        except OSError:
            counts["refused"] += 1
        await asyncio.sleep(0.02)


def http_side():
    kept = http.client.HTTPConnection("127.0.0.1", 8401)
    while True:
        for _ in range(20):
            kept.request("GET", "/")
            kept.getresponse().read()
            counts["kept"] += 1
        urllib.request.urlopen("http://127.0.0.1:8401/").read()
        counts["fresh"] += 1
        for url in ("http://localhost:9/", "http://nowhere.invalid/"):
            try:
                urllib.request.urlopen(url)
            except urllib.error.URLError:
                counts["refused"] += 1
        time.sleep(0.02)


def datagram_side():
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.sendto(b"hello", ("127.0.0.1", 8403))
            client.recvfrom(100)
            counts["datagrams"] += 1
        time.sleep(0.02)


def main():
    servers = [
        http.server.ThreadingHTTPServer(("127.0.0.1", 8401), Handler),
        socketserver.ThreadingUDPServer(("127.0.0.1", 8403), Echo),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    asyncio_loop = threading.Thread(
        target=lambda: asyncio.run(asyncio_side(sys.argv[1])), daemon=True
    )
    for thread in (asyncio_loop, threading.Thread(target=http_side, daemon=True),
                   threading.Thread(target=datagram_side, daemon=True)):
        thread.start()
    print("ready", flush=True)
    with multiprocessing.get_context("forkserver").Pool(2) as pool:
        while True:
            time.sleep(1)
            counts["worked"] += sum(pool.map(len, ["a"] * 10))
            print(", ".join(f"{count} {name}" for name, count in counts.items()), flush=True)


if __name__ == "__main__":
    main()
