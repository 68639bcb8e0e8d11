// SPDX-License-Identifier: BSD-2-Clause
// `culprit: NAME` marks the line that is to be reported for a client. They connect to a path: Node
// connects by TCP in a later turn of its loop, when the line's function is on no stack (`nobody`).
import { fork } from 'node:child_process';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { Worker } from 'node:worker_threads';

const require = createRequire(import.meta.url); // that knows NODE_PATH, as import does not
const path = '/run/none.sock';
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
const kept = [];

function ignoring(emitter) {
  kept.push(emitter.on('error', () => {}));
  return emitter;
}

const clients = {
  plain() {
    ignoring(net.connect(path)); // culprit: plain
  },

  tcp() {
    ignoring(net.connect(1, '127.0.0.1')); // nobody: tcp
  },

  keep_alive() {
    ignoring(http.get({ socketPath: path, agent })); // culprit: keep_alive
  },

  async redis() {
    const { createClient } = require('redis');
    const client = ignoring(createClient({ socket: { path, reconnectStrategy: () => 60000 } }));
    await client.connect(); // culprit: redis
  },

  mysql() {
    const connection = require('mysql').createConnection({ socketPath: path });
    connection.connect(() => {}); // culprit: mysql
  },

  async axios() {
    await require('axios').get('http://shop/', { socketPath: path }); // culprit: axios
  },

  ws() {
    const WebSocket = require('ws');
    ignoring(new WebSocket(`ws+unix://${path}`)); // culprit: ws
  },

  async pool() {
    const pool = require('generic-pool').createPool({
      create: async () => ignoring(net.connect(path)), // culprit: pool
      destroy: async () => {},
    }, { max: 1000 });
    kept.push(await pool.acquire());
  },

  async later() {
    await new Promise((resolve) => setTimeout(resolve, 1));
    ignoring(net.connect(path)); // culprit: later
  },

  each() {
    [1].forEach(() => ignoring(net.connect(path))); // culprit: each
  },

  worker() {
    kept.push(new Worker(new URL('./worker.js', import.meta.url)));
  },

  child() {
    kept.push(fork(new URL('./child.js', import.meta.url)));
  },
};

export function perform(name) {
  Promise.resolve(clients[name]()).catch(() => {});
}
