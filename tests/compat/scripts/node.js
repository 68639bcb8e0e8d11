// SPDX-License-Identifier: BSD-2-Clause
// A server of each kind in node's standard library, and clients of them, for ever:
// node.js DIRECTORY. Prints "ready", then what was done, once a second.
'use strict';
const cluster = require('cluster');
const child_process = require('child_process');
const dgram = require('dgram');
const dns = require('dns');
const http = require('http');
const net = require('net');
const path = require('path');

const directory = process.argv[2];
const counts = { kept: 0, fresh: 0, fetched: 0, unix: 0, refused: 0, datagrams: 0, unnamed: 0 };
const keep = new http.Agent({ keepAlive: true, maxSockets: 4 });

function answer(request, response) { response.end('hello\n'); }

function get(options, name) {
	return new Promise(done => {
		http.get(options, response => {
			response.resume().on('end', () => { counts[name]++; done(); });
		}).on('error', () => { counts.refused++; done(); });
	});
}

function datagram() {
	return new Promise(done => {
		const socket = dgram.createSocket('udp4');
		socket.on('message', () => { counts.datagrams++; socket.close(done); });
		socket.send('hello', 8302, '127.0.0.1');
	});
}

async function turn() {
	for (let i = 0; i < 20; i++)
		await get({ port: 8301, host: '127.0.0.1', agent: keep }, 'kept');
	await Promise.all(Array.from({ length: 10 },
		() => get({ port: 8301, host: 'localhost', agent: false }, 'fresh')));
	await get({ port: 8303, host: '127.0.0.1', agent: false }, 'fresh');
	await get({ socketPath: path.join(directory, 'node'), agent: false }, 'unix');
	await get({ port: 9, host: 'localhost', agent: false }, 'never');
	await datagram();
	if (typeof fetch === 'function') {
		await (await fetch('http://localhost:8301/')).text();
		await fetch('http://localhost:9/').catch(() => counts.refused++);
		counts.fetched++;
	}
	await dns.promises.lookup('nowhere.invalid').catch(() => counts.unnamed++);
	await dns.promises.resolve('nowhere.invalid').catch(() => counts.unnamed++);
	await new Promise(done => child_process.execFile(process.execPath, ['-e', ''], done));
}

async function main() {
	cluster.setupPrimary ? cluster.setupPrimary({ args: [directory] })
		: cluster.setupMaster({ args: [directory] });
	for (let i = 0; i < 2; i++)
		await new Promise(done => cluster.fork().on('listening', done));
	await new Promise(done => http.createServer(answer).listen(8301, done));
	http.createServer(answer).listen(path.join(directory, 'node'));
	const echo = dgram.createSocket('udp4');
	echo.on('message', (text, from) => echo.send(text, from.port, from.address));
	await new Promise(done => echo.bind(8302, '127.0.0.1', done));
	net.connect(8301, '127.0.0.1'); // connected, and silent
	console.log('ready');
	setInterval(() => console.log(Object.entries(counts).map(([k, v]) => `${v} ${k}`).join(', ')),
		1000);
	for (;;)
		await turn();
}

if (cluster.isMaster)
	main();
else
	http.createServer(answer).listen(8303);
