<?php
// SPDX-License-Identifier: BSD-2-Clause
// An application of PHP's: for each name in the query one client, which does not get a connection.
// `culprit: NAME` marks the line that is to be reported for it.
namespace Shop;

error_reporting(0);
$kept = [];

function redis() { $redis = new \Redis; $redis->connect('127.0.0.1', 1); } // culprit: redis

function predis()
{
    require_once 'Predis/Autoloader.php';
    \Predis\Autoloader::register();
    $client = new \Predis\Client(['host' => '127.0.0.1', 'port' => 1]);
    $client->get('a'); // culprit: predis
}

function guzzle()
{
    require_once 'GuzzleHttp/autoload.php';
    $handler = \GuzzleHttp\HandlerStack::create(new \GuzzleHttp\Handler\StreamHandler);
    (new \GuzzleHttp\Client(['handler' => $handler]))->get('http://127.0.0.1:1/'); // culprit: guzzle
}

function pdo_mysql() { new \PDO('mysql:host=127.0.0.1;port=1', 'a', 'b'); } // culprit: pdo_mysql
function mysqli() { new \mysqli('127.0.0.1', 'a', 'b', 'c', 1); } // culprit: mysqli
function fsock() { fsockopen('127.0.0.1', 1); } // culprit: fsock
function unix() { stream_socket_client('unix:///run/none'); } // culprit: unix
function http() { file_get_contents('http://127.0.0.1:1/'); } // culprit: http

foreach (explode(',', $_SERVER['QUERY_STRING']) as $name) {
    for ($i = 0; $i < 5; $i++) {
        try {
            $kept[] = ("Shop\\$name")();
        } catch (\Throwable $error) {
            $kept[] = $error;
        }
    }
}
echo "called\n";
flush();
sleep(60); // a request's code is freed at its end, and has no names then
