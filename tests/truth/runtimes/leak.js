// SPDX-License-Identifier: BSD-2-Clause
// Node: handles that are bound, and neither used nor closed.
'use strict';
const { TCP, constants } = process.binding('tcp_wrap');
const kept = [];

function openOne(really) {
  if (!really) return;
  const handle = new TCP(constants.SOCKET);
  handle.bind('127.0.0.1', 0);
  kept.push(handle);
}

function fill(count, really) {
  for (let i = 0; i < count; i++) openOne(really);
}

console.log('ready');
process.stdin.once('data', () => {
  for (let i = 0; i < 4; i++) {
    fill(5, true);
    fill(100000, false); // both are compiled anew meanwhile: interpreted, baseline, optimized
  }
  console.log('leaked 20');
});
process.stdin.on('end', () => process.exit(0));
