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
	{ SCRIPT_PYTHON, FRAME_OF_PROGRAM, "*/site-packages/*", "was installed" },
	{ SCRIPT_PYTHON, FRAME_OF_PROGRAM, "*/dist-packages/*", "was installed" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*/lib/python[23].*", "the language's library" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*/lib64/python[23].*", "the language's library" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "*/python3*.zip/*", "the library in one file" },
	{ SCRIPT_PYTHON, FRAME_OF_RUNTIME, "<frozen *", "the library in the interpreter" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/net-*", "the library for networks, as gems" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/excon-*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/faraday-*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/httpclient-*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/http-[0-9]*", "HTTP" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/eventmachine-*", "sockets of an event loop" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/io-endpoint-*", "sockets of an event loop" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/async-*", "sockets of an event loop" },
	{ SCRIPT_RUBY, FRAME_OF_WRAPPER, "*/gems/connection_pool-*", "connections of a pool" },
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
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "java.*", "the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "javax.*", "the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "jdk.*", "the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "sun.*", "the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_WRAPPER, "com.sun.mail.*", "mail, which is not of the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "com.sun.*", "the JDK" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "kotlin.*", "the language's library" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "scala.*", "the language's library" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "groovy.*", "the language's library" },
	{ SCRIPT_JAVA, FRAME_OF_RUNTIME, "clojure.*", "the language's library" },
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
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*perl*/LWP.pm", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*perl*/LWP/*", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*perl*/Net/HTTP*", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*perl*/HTTP/Tiny*", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*perl*/WWW/*", "HTTP" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*perl*/IO/Socket/*", "sockets as handles" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*perl*/IO/Async/*", "sockets of an event loop" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*perl*/AnyEvent*", "sockets of an event loop" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*perl*/Mojo/*", "sockets of an event loop" },
	{ SCRIPT_PERL, FRAME_OF_WRAPPER, "*perl*/POE/*", "sockets of an event loop" },
	{ SCRIPT_PERL, FRAME_OF_PROGRAM, "/usr/local/*/perl/*", "was installed" },
	{ SCRIPT_PERL, FRAME_OF_PROGRAM, "*/site_perl/*", "was installed" },
	{ SCRIPT_PERL, FRAME_OF_PROGRAM, "*/vendor_perl/*", "was installed" },
	{ SCRIPT_PERL, FRAME_OF_RUNTIME, "*/perl-base/*", "the language's library" },
	{ SCRIPT_PERL, FRAME_OF_RUNTIME, "*/perl/5.[0-9]*", "the language's library" },
	{ SCRIPT_PERL, FRAME_OF_RUNTIME, "*/perl5/5.[0-9]*", "the language's library" },
	{ SCRIPT_PERL, FRAME_OF_RUNTIME, "*/lib/5.[0-9]*", "the language's library" },
	{ SCRIPT_PERL, FRAME_OF_RUNTIME, "*/core_perl/*", "the language's library" },
};

enum frame_kind script_rule_kind(enum script_language language, const char *function,
				 const char *file)
{
	const char *name = language == SCRIPT_JAVA ? function : file;

	for (size_t i = 0; name && i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].language == language && !fnmatch(rules[i].pattern, name, 0))
			return rules[i].kind;
	return FRAME_OF_PROGRAM;
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
