// SPDX-License-Identifier: BSD-2-Clause
// An application of Express: each path calls one client, which does not get a connection.
'use strict';
const express = require('express');

const shop = express();
const notify = import('./notify.mjs');

shop.get('/:client', async (request, response) => {
  const { perform } = await notify;
  perform(request.params.client);
  response.send('called\n');
});
shop.listen(8000, '127.0.0.1');
