// SPDX-License-Identifier: BSD-2-Clause
'use strict';
const net = require('node:net');

function dial() {
  return net.connect('/run/none.sock').on('error', () => {}); // culprit: worker
}

globalThis.kept = dial();
setInterval(() => {}, 60000);
