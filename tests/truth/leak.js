// SPDX-License-Identifier: BSD-2-Clause
// Node: leaks when a TCP handle is bound; a timer's callback and a promise's.
'use strict';
const { TCP, constants } = process.binding('tcp_wrap');
const kept = [];

class Pool {
  open() {
    const handle = new TCP(constants.SOCKET);
    handle.bind('127.0.0.1', 0);
    kept.push(handle);
  }
  fill(count) {
    [...Array(count)].forEach(() => this.open());
  }
}

console.log('ready');
process.stdin.once('data', () => {
  new Pool().fill(1);
  Promise.resolve().then(() => {
    new Pool().fill(1);
    console.log('leaked 2');
  });
});
process.stdin.on('end', () => process.exit(0));
