// SPDX-License-Identifier: BSD-2-Clause
// Node: handles that are bound, and neither used nor closed; with an argument, half of them by
// another function.
'use strict';
const { TCP, constants } = process.binding('tcp_wrap');
const kept = [];

function openOne(really) {
  if (!really) return;
  const handle = new TCP(constants.SOCKET);
  handle.bind('127.0.0.1', 0);
  kept.push(handle);
}

function openOther(really) {
  if (!really) return;
  const handle = new TCP(constants.SOCKET);
  handle.bind('127.0.0.1', 0);
  kept.push(handle);
}

function fill(count, really) {
  for (let i = 0; i < count; i++) {
    if (i % 2 && process.argv[2]) openOther(really);
    else openOne(really);
  }
}

console.log('ready');
process.stdin.once('data', () => {
  for (let i = 0; i < 2; i++) {
    fill(10, true);
    fill(100000, false); // both are compiled anew meanwhile: interpreted, baseline, optimized
  }
  console.log('leaked 20');
});
process.stdin.on('end', () => process.exit(0));
