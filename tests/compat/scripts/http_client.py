# SPDX-License-Identifier: BSD-2-Clause
"""Asks a server for SECONDS: http_client.py SECONDS HOST:PORT PATH...

Four threads; every other one keeps its connection for 20 requests, the others make one
for each. Prints how many answers came, and how many connections were made.
"""
import http.client
import sys
import threading
import time

answers = failures = connections = 0
lock = threading.Lock()


def ask(deadline, address, paths, per_connection):
    global answers, failures, connections
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(address, timeout=10)
        good = 0
        try:
            for number in range(per_connection):
                connection.request("GET", paths[number % len(paths)])
                connection.getresponse().read()
                good += 1
        except (OSError, http.client.HTTPException):
            with lock:
                failures += 1
        connection.close()
        with lock:
            answers, connections = answers + good, connections + 1
        time.sleep(0.005)


def main():
    deadline = time.monotonic() + float(sys.argv[1])
    threads = [
        threading.Thread(target=ask, args=(deadline, sys.argv[2], sys.argv[3:], 1 + 19 * (i % 2)))
        for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{answers} answers over {connections} connections")
    sys.exit(answers == 0)


main()
