#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: a TCP socket whose connection was reset keeps that it was connected once: connect() on
#          it fails with EISCONN, and TCP_INFO goes on to show the bytes that its peer has
#          acknowledged. So a tool that meets a closed TCP socket can tell one that was used from
#          one that never was.
# So:      it depends on how it was connected. After a blocking connect() it is so. After a
#          non-blocking one, of which poll() and SO_ERROR said that it had succeeded, the next
#          connect() answers ECONNRESET once and makes the socket as new: no byte acknowledged,
#          no local address, and one more connect() succeeds. Linux notes that such a socket is
#          connected only when connect() is called a second time, and nobody does that.
#
# Needs python3; talks to itself over loopback. Uses nothing but the kernel that runs.
set -eu
echo "Linux $(uname -r), $(python3 --version)"
exec timeout 60 python3 - <<'END'
import errno
import select
import socket
import struct
import sys

BYTES_ACKED = 120  # offset of tcpi_bytes_acked in struct tcp_info


def acknowledged(sock):
    return struct.unpack_from("Q", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128),
                              BYTES_ACKED)[0]


def answer(sock, address):
    error = sock.connect_ex(address)
    return errno.errorcode.get(error, "success")


def make_connection(blocking, address):
    sock = socket.socket()
    sock.setblocking(blocking)
    said = answer(sock, address)
    if not blocking:
        assert said == "EINPROGRESS", said
        select.select([], [sock], [])
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        sock.setblocking(True)
    return sock


def reset_then_connect(blocking):
    """How connect() answers twice after a reset, and the bytes acknowledged before and after."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        sock = make_connection(blocking, address)
        peer, _ = listener.accept()
        sock.sendall(b"x" * 100)
        assert peer.recv(100, socket.MSG_WAITALL)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        poll.poll()
        before = acknowledged(sock)
        first, host = answer(sock, address), sock.getsockname()[0]
        after = acknowledged(sock)
        return first, answer(sock, address), before > 0, after > 0, host


as_described = True
for blocking, wanted in ((True, ("EISCONN", "EISCONN", True, True, "127.0.0.1")),
                         (False, ("ECONNRESET", "success", True, False, "0.0.0.0"))):
    seen = reset_then_connect(blocking)
    print(f"{'blocking' if blocking else 'non-blocking'} connect, reset by the peer: then "
          f"connect: {seen[0]}, local address {seen[4]}, bytes acknowledged before: "
          f"{'some' if seen[2] else 'none'}, after: {'some' if seen[3] else 'none'}; "
          f"connect again: {seen[1]}")
    as_described &= seen == wanted
print("as described" if as_described else "CHANGED: see above")
sys.exit(not as_described)
END
