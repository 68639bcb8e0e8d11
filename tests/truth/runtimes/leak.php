<?php
// SPDX-License-Identifier: BSD-2-Clause
// PHP: sockets of socket_create() that nobody closes.
$kept = [];

function open_one()
{
    global $kept;
    $kept[] = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
}

function fill($count)
{
    for ($i = 0; $i < $count; $i++) {
        open_one();
    }
}

echo "ready\n";
fgets(STDIN);
fill(20);
echo "leaked 20\n";
while (fgets(STDIN) !== false) {
}
