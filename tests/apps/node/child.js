// SPDX-License-Identifier: BSD-2-Clause
'use strict';
const http = require('node:http');

function dial() {
  return http.get({ socketPath: '/run/none.sock' }).on('error', () => {}); // culprit: child
}

globalThis.kept = dial();
setInterval(() => {}, 60000);
