# SPDX-License-Identifier: BSD-2-Clause
"""data: databases."""

from catalog import program
from stage import AS_NOBODY


@program(version=["redis-server", "--version"])
def redis(stage):
    """Reconnecting clients, BGSAVE, a replica, and a replica whose master is not there."""
    server = [stage.tool("redis-server"), "--bind", "127.0.0.1", "::1", "--save", ""]
    for port, more in ((6379, ["--unixsocket", stage.directory / "redis"]),
                       (6380, ["--replicaof", "127.0.0.1", "6379"]),
                       (6381, ["--replicaof", "127.0.0.1", "1"])):
        directory = stage.directory / str(port)
        directory.mkdir()
        stage.start(*server, "--port", port, "--dir", directory, *more)
    stage.wait_port(6379, 6380, 6381)
    client, turns = stage.tool("redis-cli"), 0
    stage.start(client, "subscribe", "news")
    stage.ready()
    while stage.working():
        stage.run(stage.tool("redis-benchmark"), "-q", "-n", "2000", "-c", "20", "-t", "set,get",
                  "-k", turns % 2)
        stage.run(client, "bgsave")
        stage.run(client, "-s", stage.directory / "redis", "publish", "news", str(turns))
        stage.run(client, "-p", "6380", "info", "replication")
        stage.run(client, "-p", "9", "ping", check=False)
        turns += 1
    return f"{turns} benchmarks of 4000 requests, BGSAVE after each; a replica, one without master"


@program(version=["postgres", "--version"])
def postgres(stage):
    """pgbench that connects for each transaction, over TCP and a unix socket, and reloads."""
    directory = stage.owned_directory("data")
    stage.run(*AS_NOBODY, stage.tool("initdb"), "-D", directory / "db", "-A", "trust", "-U",
              "postgres", "--no-sync", timeout=120)
    server = stage.start(
        *AS_NOBODY, stage.tool("postgres"), "-D", directory / "db", "-k", directory, "-F",
        "-h", "localhost", "-c", "max_parallel_workers_per_gather=2",
    )
    stage.wait_port(5432)
    ways = (["-h", "localhost", "-U", "postgres"], ["-h", directory, "-U", "postgres"])
    bench = stage.tool("pgbench")
    stage.wait_for(lambda: "accepting" in stage.run(stage.tool("pg_isready"), *ways[0], check=False),
                   "a server that accepts")
    stage.run(bench, *ways[0], "-q", "-i", "postgres")
    stage.ready()
    turns = transactions = 0
    while stage.working():
        said = stage.run(bench, *ways[turns % 2], "-C", "-c", "4", "-T", "3", "postgres")
        transactions += int(said.partition("actually processed: ")[2].split()[0])
        stage.run(stage.tool("psql"), *ways[0], "-c", "select count(*) from pgbench_accounts",
                  "-c", "vacuum pgbench_accounts", "postgres")
        stage.run(stage.tool("psql"), "-h", "localhost", "-p", "9", check=False)
        server.send_signal(1)  # SIGHUP: read the configuration again
        turns += 1
    return f"{transactions} transactions, a connection for each, TCP and unix; {turns} reloads"
