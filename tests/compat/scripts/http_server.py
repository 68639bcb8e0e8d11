# SPDX-License-Identifier: BSD-2-Clause
"""A server for clients: http_server.py PORT SOCKET, on both loopback addresses and a path.

/slow?N answers after N seconds.
"""
import http.server
import socket
import socketserver
import sys
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/slow?"):
            time.sleep(float(self.path.partition("?")[2]))
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\n")

    def log_message(self, *_):
        pass

    def address_string(self):
        return "here"


class Inet6(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()


class Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


port, path = int(sys.argv[1]), sys.argv[2]
servers = [
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler),
    Inet6(("::1", port), Handler),
    Unix(path, Handler),
]
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
servers[0].serve_forever()
