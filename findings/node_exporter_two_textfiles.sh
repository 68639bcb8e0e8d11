#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: two .prom files in node_exporter's textfile directory that have one series in common,
#          or one family with two HELP texts, are an error that node_textfile_scrape_error shows,
#          as a bad line in a file is.
# So:      each file alone is right, so node_textfile_scrape_error stays 0, the collector reports
#          success and the answer is HTTP 200. Of the two series one is left out; with another
#          HELP all of the second file's samples of that family are. Only the exporter's own log
#          says so. An alert on node_textfile_scrape_error cannot see two writers of one family.
#
# Needs apt, curl and the network for the package; listens on loopback, and removes its folder.
set -eu
version=1.5.0-1+b6
dir=$(mktemp -d)
pid=
clean() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$dir"
}
trap clean EXIT
cd "$dir"
chmod 755 .
apt-get download "prometheus-node-exporter=$version" >/dev/null 2>&1 ||
	{ echo "prometheus-node-exporter $version cannot be had from apt here"; exit 1; }
dpkg-deb -x ./*.deb root
mkdir textfiles
root/usr/bin/prometheus-node-exporter --version 2>&1 | head -n 1

port=19171
root/usr/bin/prometheus-node-exporter --collector.disable-defaults --collector.textfile \
	--collector.textfile.directory=textfiles --web.listen-address="127.0.0.1:$port" 2>log &
pid=$!
tries=0
until curl -s -o /dev/null "http://127.0.0.1:$port/"; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || { echo "node_exporter did not start"; cat log; exit 1; }
	sleep 0.1
done

failed=0
# expect TEXT WANTED: what the exporter answers now of our family and of errors.
expect() {
	curl -s -w 'http %{http_code}\n' "http://127.0.0.1:$port/metrics" |
		grep -E '^(demo_open|node_textfile_scrape_error|node_scrape_collector_success|http)' \
			>seen
	echo "$1:"
	sed 's/^/  /' seen
	printf '%s\n' "$2" | diff - seen >/dev/null || failed=1
}
one_of_them='node_scrape_collector_success{collector="textfile"} 1
node_textfile_scrape_error 0
http 200'

cat >textfiles/a.prom <<'P'
# HELP demo_open Things that are open.
# TYPE demo_open gauge
demo_open{site="a"} 1
P
cat >textfiles/b.prom <<'P'
# HELP demo_open Things that are open.
# TYPE demo_open gauge
demo_open{site="a"} 2
demo_open{site="b"} 3
P
expect "a series that both files have" "demo_open{site=\"a\"} 1
demo_open{site=\"b\"} 3
$one_of_them"
cat >textfiles/b.prom <<'P'
# HELP demo_open Open things.
# TYPE demo_open gauge
demo_open{site="b"} 3
P
expect "a family that has another HELP in each" "demo_open{site=\"a\"} 1
$one_of_them"
grep -o 'error gathering metrics.*' log | sed 's/^/its log: /' | cut -c1-160
grep -q 'collected before with the same name' log && grep -q 'has help' log || failed=1
[ "$failed" = 0 ] && echo "as described" || echo "CHANGED: see above"
exit "$failed"
