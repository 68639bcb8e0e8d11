# SPDX-License-Identifier: BSD-2-Clause
"""An application of Django's: each path calls one client, which does not get a connection.

`culprit: NAME` marks the line that is to be reported for it.
"""

import functools
import socket

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", f"{__name__}.audit"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x",
                           "HOST": "127.0.0.1", "PORT": 1}},
)  # fmt: skip
kept = []


def audit(get_response):
    def middleware(request):
        if request.path == "/middleware":
            kept.append(socket.socket())  # culprit: middleware
        return get_response(request)

    return middleware


def forgiving(function):
    @functools.wraps(function)
    def wrapped():
        try:
            function()
        except Exception as error:
            kept.append(error)

    return wrapped


@forgiving
def django_db():
    from django.db import connections
    connections["default"].cursor()  # culprit: django_db


@forgiving
def django_mail():
    from django.core.mail import get_connection
    backend = "django.core.mail.backends.smtp.EmailBackend"
    get_connection(backend, host="127.0.0.1", port=1).open()  # culprit: django_mail


@forgiving
def redis():
    import redis
    redis.Redis("127.0.0.1", 1).get("a")  # culprit: redis


@forgiving
def redis_unix():
    import redis
    redis.Redis(unix_socket_path="/run/none").get("a")  # culprit: redis_unix


@forgiving
def pika():
    import pika
    pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", 1))  # culprit: pika


@forgiving
def kombu():
    import kombu
    kombu.Connection("amqp://127.0.0.1:1//").connect()  # culprit: kombu


@forgiving
def psycopg2():
    import psycopg2
    psycopg2.connect("host=127.0.0.1 port=1")  # culprit: psycopg2


@forgiving
def pymysql():
    import pymysql
    pymysql.connect(host="127.0.0.1", port=1)  # culprit: pymysql


@forgiving
def sqlalchemy():
    import sqlalchemy
    sqlalchemy.create_engine("mysql+pymysql://127.0.0.1:1/x").connect()  # culprit: sqlalchemy


@forgiving
def requests():
    import requests
    requests.get("http://127.0.0.1:1/")  # culprit: requests


@forgiving
def urllib():
    import urllib.request
    urllib.request.urlopen("http://127.0.0.1:1/")  # culprit: urllib


@forgiving
def aiohttp():
    import asyncio
    import aiohttp

    async def fetch():
        async with aiohttp.ClientSession() as session:
            await session.get("http://127.0.0.1:1/")  # culprit: aiohttp

    asyncio.run(fetch())


@forgiving
def ldap3():
    import ldap3
    ldap3.Connection(ldap3.Server("127.0.0.1", 1)).bind()  # culprit: ldap3


@forgiving
def memcache():
    import memcache
    memcache.Client(["127.0.0.1:1"], dead_retry=0).set("a", "b")  # culprit: memcache


@forgiving
def paramiko():
    import paramiko
    paramiko.SSHClient().connect("127.0.0.1", 1)  # culprit: paramiko


@forgiving
def websocket():
    import websocket
    websocket.create_connection("ws://127.0.0.1:1")  # culprit: websocket


@forgiving
def kafka():
    import kafka
    kafka.KafkaProducer(bootstrap_servers="127.0.0.1:1")  # culprit: kafka


@forgiving
def pool():
    from concurrent.futures import ThreadPoolExecutor
    import redis

    def warm():
        redis.Redis("127.0.0.1", 1).get("a")  # culprit: pool

    with ThreadPoolExecutor(1) as executor:
        executor.submit(warm).result()


def call(request, name):
    globals()[name]()
    return HttpResponse(name)


urlpatterns = [path("middleware", lambda request: HttpResponse("")), path("<name>", call)]
application = get_wsgi_application()
