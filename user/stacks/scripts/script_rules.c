/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/scripts/script_rules.h"

#include <fnmatch.h>
#include <string.h>

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
	{ SCRIPT_PYTHON, FRAME_OF_PROGRAM, "*/site-packages/*", "was installed" },
	{ SCRIPT_PYTHON, FRAME_OF_PROGRAM, "*/dist-packages/*", "was installed" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*/lib/python[23].*", "the language's library" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*/lib64/python[23].*", "the language's library" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*/python3*.zip/*", "the library in one file" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "<frozen *", "the library in the interpreter" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "<attrs generated *", "made for a class of attrs" },
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
	{ SCRIPT_RUBY, FRAME_OF_PROGRAM, "*/gems/*", "was installed" },
	{ SCRIPT_RUBY, FRAME_OF_RUNTIME, "*/vendor_ruby/rubygems*", "the language's library" },
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
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "*$Proxy[0-9]*", "made for an interface" },
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

enum frame_kind script_rule_kind(enum script_language language, const char *function,
				 const char *file)
{
	const char *name = language == SCRIPT_JAVA ? function : file;

	if (is_generated(language, function, file))
		return FRAME_OF_RUNTIME;
	for (size_t i = 0; name && i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].language == language && !fnmatch(rules[i].pattern, name, 0) &&
		    (language != SCRIPT_PERL || is_of_perl_library(name)))
			return rules[i].kind;
	return FRAME_OF_PROGRAM;
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
		[SCRIPT_PYTHON] = "Python", [SCRIPT_RUBY] = "Ruby", [SCRIPT_PHP] = "PHP",
		[SCRIPT_JAVA] = "Java",	    [SCRIPT_PERL] = "Perl",
	};

	return language < SCRIPT_LANGUAGES ? names[language] : NULL;
}
