/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/scripts/script_rules.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "stacks/names/runtime_frames.h"

/*
 * A package that was installed is to be mended like the program, as a library in C is. Those that
 * make connections for their callers are wrappers, again as in C.
 */
static const struct {
	enum script_language language;
	enum frame_kind kind;
	const char *pattern, *why;
} rules[] = {
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/gevent/*", "sockets for greenlets" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/eventlet/*", "sockets for green threads" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/urllib3/*", "connections of a pool" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/requests/*", "HTTP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/httplib2/*", "HTTP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/httpcore/*", "HTTP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/httpx/*", "HTTP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/aiohttp/*", "HTTP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/anyio/*", "sockets of event loops" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/trio/*", "sockets of an event loop" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/twisted/*", "sockets of an event loop" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/botocore/*", "HTTP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/pymysql/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/psycopg/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/psycopg_pool/*", "connections of a pool" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/pg8000/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/asyncpg/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/pymongo/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/redis/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/sqlalchemy/*", "connections of a pool" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/django/db/*", "connections of a pool" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/amqp/*", "AMQP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/kombu/*", "connections of a pool" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/celery/*", "AMQP by kombu" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/pika/*", "AMQP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/aio_pika/*", "AMQP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/aiormq/*", "AMQP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/stomp/*", "a broker's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/kafka/*", "a broker's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/aiokafka/*", "a broker's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/nats/*", "a broker's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/paho/*", "a broker's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/ldap3/*", "LDAP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/paramiko/*", "SSH" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/asyncssh/*", "SSH" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/websocket/*", "web sockets" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/websockets/*", "web sockets" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/dns/*", "DNS" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/statsd/*", "metrics" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/memcache.py", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/pymemcache/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/bmemcached/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/psycopg2/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/MySQLdb/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/mysql/connector/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/aiomysql/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/aiopg/*", "connections of a pool" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/aioredis/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/cassandra/*", "a database's client" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/elastic_transport/*", "HTTP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/tornado/*", "sockets of an event loop" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/docker/*", "HTTP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/boto3/*", "HTTP" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/django/core/cache/*", "databases' clients" },
	{ SCRIPT_PYTHON, FRAME_OF_WRAPPER, "*-packages/django/core/mail/*", "mail" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*-packages/django/utils/asyncio.py", "around calls" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*-packages/wrapt/*", "around functions" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*-packages/tenacity/*", "it tries again" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*-packages/backoff/*", "it tries again" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*-packages/ddtrace/*", "tracing, around calls" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*-packages/newrelic/*", "tracing, around calls" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*-packages/opentelemetry/*", "tracing, around calls" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*-packages/elasticapm/*", "tracing, around calls" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*-packages/sentry_sdk/*", "tracing, around calls" },
	{ SCRIPT_PYTHON, FRAME_OF_PROGRAM, "*/site-packages/*", "was installed" },
	{ SCRIPT_PYTHON, FRAME_OF_PROGRAM, "*/dist-packages/*", "was installed" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*/lib/python[23].*", "the language's library" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*/lib64/python[23].*", "the language's library" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*/python3*.zip/*", "the library in one file" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "<frozen *", "the library in the interpreter" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "<attrs generated *", "made for a class of attrs" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/vendor_ruby/rubygems*", "the language's library" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/net-*", "the library for networks, as gems" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/excon-*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/faraday-*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/httpclient-*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/http-[0-9]*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/eventmachine-*", "sockets of an event loop" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/io-endpoint-*", "sockets of an event loop" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/async-*", "sockets of an event loop" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/connection_pool-*", "connections of a pool" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/mysql2-*", "a database's client" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/pg-[0-9]*", "a database's client" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/redis-[0-9]*", "a database's client" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/redis-client-*", "a database's client" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/activerecord-*", "connections of a pool" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/bunny-[0-9]*", "AMQP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/mail-[0-9]*", "mail" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/sidekiq-[0-9]*", "connections of a pool" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/resque-[0-9]*", "connections of a pool" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/dalli-[0-9]*", "a database's client" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/trilogy-[0-9]*", "a database's client" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/mongo-[0-9]*", "a database's client" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/hiredis-[0-9]*", "a database's client" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/sequel-[0-9]*", "connections of a pool" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/elastic-transport-[0-9]*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/typhoeus-[0-9]*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/ethon-[0-9]*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/httparty-[0-9]*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/rest-client-[0-9]*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/ruby-kafka-[0-9]*", "a broker's client" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/stomp-[0-9]*", "a broker's client" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/websocket-client-simple-[0-9]*", "web sockets" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/statsd-ruby-[0-9]*", "metrics" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/actionmailer-[0-9]*", "mail" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/gems/activesupport-*", "it runs blocks" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/gems/retriable-*", "it tries again" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/gems/ddtrace-*", "tracing, around calls" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/gems/datadog-*", "tracing, around calls" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/gems/newrelic_rpm-*", "tracing, around calls" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/gems/opentelemetry-*", "tracing, around calls" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/gems/sentry-*", "tracing, around calls" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/gems/concurrent-ruby-*", "it runs blocks" },
	{ SCRIPT_RUBY, FRAME_OF_PROGRAM, "*/gems/*", "was installed" },
	{ SCRIPT_RUBY, FRAME_OF_PROGRAM, "*/vendor_ruby/*", "was installed" },
	{ SCRIPT_RUBY, FRAME_OF_PROGRAM, "*/site_ruby/*", "was installed" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/lib/ruby/[0-9].*", "the language's library" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/lib64/ruby/[0-9].*", "the language's library" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/share/ruby/*", "the language's library" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "<internal:*", "the library in the interpreter" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/guzzlehttp/*", "HTTP" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/symfony/http-client/*", "HTTP" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/php-http/*", "HTTP" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/laminas/laminas-http/*", "HTTP" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/react/*", "sockets of an event loop" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/amphp/*", "sockets of an event loop" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/clue/*", "sockets of an event loop" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/predis/*", "a database's client" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/doctrine/dbal/*", "connections of a pool" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/php-amqplib/*", "AMQP" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/phpmailer/*", "mail" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/symfony/mailer/*", "mail" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/monolog/*/SyslogUdp/*", "a log" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/elastic/transport/*", "HTTP" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/revolt/*", "an event loop" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/vendor/workerman/*", "sockets of an event loop" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/share/php/Predis/*", "a database's client" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/share/php/GuzzleHttp/*", "HTTP" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/share/php/Symfony/Component/HttpClient/*", "HTTP" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/share/php/Symfony/Component/Mailer/*", "mail" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/share/php/React/*", "sockets of an event loop" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/share/php/Doctrine/DBAL/*", "connections of a pool" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/share/php/PhpAmqpLib/*", "AMQP" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/share/php/libphp-phpmailer/*", "mail" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/share/php/HTTP/Request2/*", "HTTP" },
	{ SCRIPT_PHP, FRAME_OF_WRAPPER, "*/share/php/Net/Socket*", "sockets as objects" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "*$Proxy[0-9]*", "made for an interface" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "jdk.internal.net.http.*",
	  "HTTP of the JDK, in threads of its own" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "sun.net.www.*", "HTTP of the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "com.sun.jndi.*", "LDAP and DNS of the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "sun.rmi.*", "calls of other machines" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "java.*", "the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "javax.*", "the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "jdk.*", "the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "sun.*", "the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "com.sun.mail.*", "mail, which is not of the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "com.sun.*", "the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "kotlin.*", "the language's library" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "kotlinx.coroutines.*", "the language's library" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "scala.*", "the language's library" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "groovy.*", "the language's library" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "org.codehaus.groovy.*", "the language's library" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "org.apache.groovy.*", "the language's library" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "clojure.*", "the language's library" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "org.jruby.*", "an interpreter of Ruby" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "org.python.*", "an interpreter of Python" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "*$$EnhancerBySpringCGLIB$$*", "made around a class" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "*$$FastClassBySpringCGLIB$$*", "made around a class" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "*$$SpringCGLIB$$*", "made around a class" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "org.springframework.aop.*", "around calls" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "org.springframework.cglib.*", "around calls" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "org.springframework.retry.*", "it tries again" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "org.aspectj.*", "around calls" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "io.github.resilience4j.*", "it tries again" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "io.micrometer.*", "tracing, around calls" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "io.opentelemetry.*", "tracing, around calls" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "net.bytebuddy.*", "made around a class" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "io.netty.*", "sockets of an event loop" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.xnio.*", "sockets of an event loop" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.apache.mina.*", "sockets of an event loop" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "reactor.netty.*", "sockets of an event loop" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "reactor.core.*", "the loop itself" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.apache.http.*", "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.apache.hc.*", "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.apache.commons.httpclient.*", "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "okhttp3.*", "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "okio.*", "streams of okhttp3" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.eclipse.jetty.client.*", "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.eclipse.jetty.io.*", "sockets of an event loop" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "com.zaxxer.hikari.*", "connections of a pool" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.apache.commons.pool2.*", "connections of a pool" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.apache.commons.dbcp2.*", "connections of a pool" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.apache.tomcat.jdbc.*", "connections of a pool" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.postgresql.*", "a database's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "com.mysql.*", "a database's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.mariadb.*", "a database's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "oracle.jdbc.*", "a database's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "oracle.net.*", "connections of oracle.jdbc" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "com.mongodb.*", "a database's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "redis.clients.*", "a database's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "io.lettuce.*", "a database's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.http.client.*", "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.web.client.*", "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.web.reactive.function.client.*",
	  "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.jdbc.*", "databases' clients" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.orm.*", "databases' clients" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.data.*", "databases' clients" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.transaction.*",
	  "connections for a transaction" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.amqp.*", "AMQP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.jms.*", "brokers' clients" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.kafka.*", "a broker's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.springframework.mail.*", "mail" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.hibernate.*", "databases' clients" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.apache.tomcat.dbcp.*", "connections of a pool" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "com.mchange.v2.c3p0.*", "connections of a pool" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "com.rabbitmq.client.*", "AMQP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.apache.activemq.*", "a broker's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.apache.kafka.*", "a broker's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "feign.*", "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.asynchttpclient.*", "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.elasticsearch.client.*", "HTTP" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "net.spy.memcached.*", "a database's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "com.jcraft.jsch.*", "SSH" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "com.datastax.*", "a database's client" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "io.grpc.*", "sockets of its channels" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "jakarta.mail.*", "mail" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "org.eclipse.angus.mail.*", "mail" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/undici/*", "HTTP" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/axios/*", "HTTP" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/got/*", "HTTP" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/node-fetch/*", "HTTP" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/request/*", "HTTP" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/superagent/*", "HTTP" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/follow-redirects/*", "HTTP" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/agentkeepalive/*",
	  "connections of a pool" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/generic-pool/*",
	  "connections of a pool" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/pg/*", "a database's client" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/pg-pool/*",
	  "connections of a pool" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/mysql/*", "a database's client" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/mysql2/*", "a database's client" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/mongodb/*", "a database's client" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/redis/*", "a database's client" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/@redis/*", "a database's client" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/ioredis/*", "a database's client" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/amqplib/*", "AMQP" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/nodemailer/*", "mail" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/ws/*", "web sockets" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_WRAPPER, "*/node_modules/hot-shots/*", "metrics" },
	{ SCRIPT_JAVASCRIPT, FRAME_OF_RUNTIME, "node:*", "the language's library" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/LWP.pm", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/LWP/*", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Net/HTTP*", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/HTTP/Tiny*", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/WWW/Mechanize*", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/IO/Socket/*", "sockets as handles" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/IO/Async/*", "sockets of an event loop" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/AnyEvent*", "sockets of an event loop" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Mojo/*", "sockets of an event loop" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/POE/*", "sockets of an event loop" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Try/Tiny.pm", "it runs a block" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/DBI.pm", "databases' clients" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/DBD/*", "a database's client" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Redis.pm", "a database's client" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Redis/*", "a database's client" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Cache/Memcached*", "a database's client" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Net/AMQP*", "AMQP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Net/RabbitFoot*", "AMQP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Net/Stomp*", "a broker's client" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Net/LDAP*", "LDAP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Net/DNS*", "DNS" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Net/SSH*", "SSH" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Email/Sender*", "mail" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/MongoDB*", "a database's client" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Furl*", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*/Coro/*", "sockets for coroutines" },
	{ SCRIPT_PERL, FRAME_OF_PROGRAM, "/usr/local/*/perl/*", "was installed" },
	{ SCRIPT_PERL, FRAME_OF_PROGRAM, "*/site_perl/*", "was installed" },
	{ SCRIPT_PERL, FRAME_OF_PROGRAM, "*/vendor_perl/*", "was installed" },
	{ SCRIPT_PERL, FRAME_OF_RUNTIME, "*/perl-base/*", "the language's library" },
	{ SCRIPT_PERL, FRAME_OF_RUNTIME, "*/perl/5.[0-9]*", "the language's library" },
	{ SCRIPT_PERL, FRAME_OF_RUNTIME, "*/perl5/5.[0-9]*", "the language's library" },
	{ SCRIPT_PERL, FRAME_OF_RUNTIME, "*/lib/5.[0-9]*", "the language's library" },
	{ SCRIPT_PERL, FRAME_OF_RUNTIME, "*/core_perl/*", "the language's library" },
};

/*
 * Does Perl search the folder for modules? An application may have any name, also those of the
 * packages, and "perl" in its path.
 */
static bool is_of_perl_library(const char *file)
{
	static const char *const folders[] = { "*/lib*/perl5/*", "*/share/perl5/*",
					       "*/lib/*/perl/*", "*/share/perl/*",
					       "*/lib/perl/*",	 "*/perl-base/*",
					       "*/site_perl/*",	 "*/vendor_perl/*",
					       "*/core_perl/*",	 "*/lib/5.[0-9]*/*" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (!fnmatch(folders[i], file, 0))
			return true;
	return false;
}

/*
 * A method that `dataclasses` has made for a class: the class is to be mended, or who makes its
 * objects. A program that is given with -c has the same file.
 */
static bool is_generated(enum script_language language, const char *function, const char *file)
{
	return language == SCRIPT_PYTHON && function && file && !strcmp(file, "<string>") &&
	       (!strcmp(function, "__init__") || !strncmp(function, "__create_fn__", 13));
}

/* As a path of a gem: the folder vendor_ruby of distributions has them without their versions. */
static const char *path_of_gem(const char *file, char path[PATH_MAX])
{
	const char *at = strstr(file, "/vendor_ruby/"), *name;

	if (!at)
		return file;
	name = at + strlen("/vendor_ruby/");
	snprintf(path, PATH_MAX, "/gems/%.*s-0%s", (int)strcspn(name, "/."), name, at);
	return path;
}

/* As a path of a module: what modules have made by eval of text has no other file. */
static const char *path_of_package(const char *function, char path[PATH_MAX])
{
	const char *end = function, *next;
	size_t at;

	while ((next = strstr(end, "::")))
		end = next + 2;
	at = (size_t)snprintf(path, PATH_MAX, "/share/perl5/");
	for (; function < end && at + sizeof(".pm") < PATH_MAX; function++) {
		if (*function != ':')
			path[at++] = *function;
		else if (function[1] == ':' && function + 2 < end)
			path[at++] = '/';
	}
	memcpy(path + at, ".pm", sizeof(".pm"));
	return path;
}

/* By what the rules go. NULL: nothing is known of it. */
static const char *path_to_judge(enum script_language language, const char *function,
				 const char *file, char path[PATH_MAX])
{
	if (language == SCRIPT_JAVA)
		return function;
	if (language == SCRIPT_RUBY && file)
		return path_of_gem(file, path);
	if (language == SCRIPT_PERL && file && function && !strncmp(file, "(eval", 5))
		return path_of_package(function, path);
	return file;
}

enum frame_kind script_rule_kind(enum script_language language, const char *function,
				 const char *file)
{
	char path[PATH_MAX];
	const char *name = path_to_judge(language, function, file, path);

	if (is_generated(language, function, file))
		return FRAME_OF_RUNTIME;
	for (size_t i = 0; name && i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].language == language && !fnmatch(rules[i].pattern, name, 0) &&
		    (language != SCRIPT_PERL || is_of_perl_library(name)))
			return rules[i].kind;
	return FRAME_OF_PROGRAM;
}

static bool one_matches(const char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0))
			return true;
	return false;
}

/* The code outside functions of a command that starts applications, such as gunicorn. */
static bool is_command(const char *function, const char *file)
{
	static const char *const outside[] = { "<module>", "<main>",	       "(main)",
					       "{main}",   "<top (required)>", NULL };

	return function && one_matches(outside, function) && !fnmatch("*/bin/*", file, 0) &&
	       !strchr(module_name(file), '.');
}

bool script_rule_is_application(enum script_language language, const char *function,
				const char *file)
{
	static const char *const installed[][9] = {
		[SCRIPT_PYTHON] = { "*-packages/*", "*/lib/python[23].*", "*/lib64/python[23].*",
				    "*/python3*.zip/*" },
		[SCRIPT_RUBY] = { "*/gems/*", "*/vendor_ruby/*", "*/site_ruby/*",
				  "*/lib/ruby/[0-9].*", "*/lib64/ruby/[0-9].*", "*/share/ruby/*" },
		[SCRIPT_PHP] = { "*/vendor/*", "*/share/php/*", "phar:*" },
		[SCRIPT_JAVASCRIPT] = { "*/node_modules/*", "node:*" },
		[SCRIPT_LANGUAGES] = { NULL },
	};

	if (language == SCRIPT_JAVA)
		return true;
	if (!file || *file == '<' || *file == '(' || is_command(function, file))
		return false;
	return language == SCRIPT_PERL ? !is_of_perl_library(file) :
					 !one_matches(installed[language], file);
}

bool script_rule_is_loop(enum script_language language, const char *function, const char *file)
{
	static const struct {
		enum script_language language;
		const char *file, *function;
	} loops[] = {
		{ SCRIPT_PYTHON, "*/asyncio/events.py", "*_run" },
		{ SCRIPT_PYTHON, "*-packages/trio/_core/_run.py", "*unrolled_run" },
		{ SCRIPT_PYTHON, "*-packages/twisted/internet/base.py", "*runUntilCurrent" },
		{ SCRIPT_PHP, "*/[Rr]eact/*[Ll]oop/*", "*::*" },
		{ SCRIPT_PHP, "*/vendor/revolt/event-loop/*", "*::*" },
	};

	for (size_t i = 0; function && file && i < sizeof(loops) / sizeof(loops[0]); i++)
		if (loops[i].language == language && !fnmatch(loops[i].file, file, 0) &&
		    !fnmatch(loops[i].function, function, 0))
			return true;
	return false;
}

bool script_rule_is_text(enum script_language language, const char *function, const char *file)
{
	switch (language) {
	case SCRIPT_PERL:
		return function &&
		       (!strcmp(function, "(eval)") || (!file && !strcmp(function, "(require)")));
	case SCRIPT_PHP:
		return function &&
		       (!strcmp(function, "eval") || (!file && !strcmp(function, "include")));
	case SCRIPT_PYTHON:
		return function && file && !strcmp(function, "<module>") && *file == '<';
	case SCRIPT_JAVASCRIPT:
		return function && file && !strcmp(function, "eval") && *file == '<';
	default:
		return false;
	}
}

void script_rule_lasting(enum script_language language, const char *function, size_t *ret_at,
			 size_t *ret_len)
{
	const char *in = strstr(function, " in "), *class = in ? in + strlen(" in ") : NULL;
	size_t len;

	*ret_at = *ret_len = 0;
	if (language != SCRIPT_RUBY || !class || strncmp(function, "block ", 6) != 0)
		return;
	len = strcspn(class, "#.");
	if (*class < 'A' || *class > 'Z' || !class[len])
		return;
	*ret_at = (size_t)(class - function);
	*ret_len = len + 1;
}

const char *script_language_name(enum script_language language)
{
	static const char *const names[] = {
		[SCRIPT_PYTHON] = "Python", [SCRIPT_RUBY] = "Ruby",
		[SCRIPT_PHP] = "PHP",	    [SCRIPT_JAVA] = "Java",
		[SCRIPT_PERL] = "Perl",	    [SCRIPT_JAVASCRIPT] = "JavaScript",
	};

	return language < SCRIPT_LANGUAGES ? names[language] : NULL;
}
