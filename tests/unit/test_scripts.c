/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of functions of scripts, out of memory as interpreters have it: the fuzz target's corpus.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/language.h"
#include "stacks/scripts/ruby_context.h"
#include "stacks/scripts/script_rules.h"

#define MEMORY 0x1000
#define RECORD 48
#define PHP_RECORD 64
#define PERL_RECORD 64

struct image_bytes {
	unsigned char bytes[4096];
	size_t len;
};

static bool read_image(void *ctx, __u64 address, void *to, size_t len)
{
	const struct image_bytes *image = ctx;

	if (address < MEMORY || address - MEMORY > image->len ||
	    len > image->len - (address - MEMORY))
		return false;
	memcpy(to, image->bytes + (address - MEMORY), len);
	return true;
}

/* One byte and what is kept of a frame, then the memory. */
static void read_corpus(const char *file, unsigned char *record, size_t len,
			struct image_bytes *image)
{
	char path[128];
	FILE *from;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/scripts/%s", file);
	from = fopen(path, "r");
	assert_non_null(from);
	assert_int_equal(fread(record, 1, len, from), len);
	image->len = fread(image->bytes, 1, sizeof(image->bytes), from);
	fclose(from);
}

static void expect_name(const char *file, const struct language *language, __u32 kind,
			const char *function, const char *source, unsigned int line)
{
	static const __u64 types[SCRIPT_TYPES] = { 8, 16, 24 }, symbols[SCRIPT_TYPES] = { 0x1800 };
	struct image_bytes image;
	struct memory memory = { .reads = 64, .bytes = 1 << 20, .read = read_image, .ctx = &image };
	struct script_name name = { 0 };
	size_t len = language == &language_php ? PHP_RECORD : RECORD;
	unsigned char record[1 + PHP_RECORD];
	bool is_text = !strcmp(function, "eval");
	void *state;

	read_corpus(file, record, 1 + len, &image);
	assert_true(
		language->begin_version(kind, kind >> 16 == SCRIPT_RUBY ? symbols : types, &state));
	assert_true(language->name(state, &memory, record + 1, len, &name));
	assert_string_equal(name.function, function);
	assert_string_equal(name.file, source);
	assert_int_equal(name.line, line);
	/* of code that is gone there is no name, but of a text, whose frame says that it is one */
	memset(image.bytes, 0, sizeof(image.bytes));
	assert_int_equal(language->name(state, &memory, record + 1, len, &name), is_text);
	/* nor with a limit on what is read */
	memory.reads = 0;
	assert_int_equal(language->name(state, &memory, record + 1, len, &name), is_text);
	free(state);
}

static void names_of_python(void **state)
{
	(void)state;
	expect_name("python38", &language_python, SCRIPT_KIND(SCRIPT_PYTHON, 3, 8), "Notifier.send",
		    "/srv/app/notify.py", 11);
	expect_name("python310", &language_python, SCRIPT_KIND(SCRIPT_PYTHON, 3, 10),
		    "Notifier.send", "/srv/app/notify.py", 13);
	expect_name("python311", &language_python, SCRIPT_KIND(SCRIPT_PYTHON, 3, 11),
		    "Notifier.send", "/srv/app/notify.py", 11);
	expect_name("python313", &language_python, SCRIPT_KIND(SCRIPT_PYTHON, 3, 13),
		    "Notifier.send", "/srv/app/notify.py", 11);
	expect_name("python314", &language_python, SCRIPT_KIND(SCRIPT_PYTHON, 3, 14),
		    "Notifier.send", "/srv/app/notify.py", 11);
}

/* Code and texts that were freed, or have left their place to others, are nobody's name. */
static void python_code_that_was_freed(void **state)
{
	static const struct {
		size_t at;
		__u64 word;
		bool named;
	} cases[] = {
		{ 0, 3, true },
		{ 0, 0, false },
		{ 0, 0x7f0012345678, false },
		{ 0x200, 0, false },
		{ 0x300, 0x55d4a0f0, true },
		{ 0x300, 0x55d4a0f01230, false },
		{ 0, 3ULL << 30, true },
		{ 16, 3, true },
		{ 16, 2, false },
		{ 0, 5ULL << 48 | 1, false },
	};
	static const __u64 types[SCRIPT_TYPES] = { 8, 16, 24 };
	void *python;

	(void)state;
	assert_true(
		language_python.begin_version(SCRIPT_KIND(SCRIPT_PYTHON, 3, 11), types, &python));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_bytes image;
		struct memory memory = {
			.reads = 64, .bytes = 1 << 20, .read = read_image, .ctx = &image
		};
		unsigned char record[1 + RECORD];
		struct script_name name = { 0 };

		read_corpus("python311", record, sizeof(record), &image);
		memcpy(image.bytes + cases[i].at, &cases[i].word, sizeof(cases[i].word));
		assert_int_equal(language_python.name(python, &memory, record + 1, RECORD, &name),
				 cases[i].named);
	}
	free(python);
}

static void names_of_ruby(void **state)
{
	(void)state;
	expect_name("ruby31", &language_ruby, SCRIPT_KIND(SCRIPT_RUBY, 3, 1), "block in perform",
		    "/srv/a.rb", 9);
	expect_name("ruby33", &language_ruby, SCRIPT_KIND(SCRIPT_RUBY, 3, 3), "block in perform",
		    "/srv/a.rb", 9);
	/* a method in C has the line of its call, which is not known here */
	expect_name("ruby31_c", &language_ruby, SCRIPT_KIND(SCRIPT_RUBY, 3, 1), "initialize", "",
		    0);
}

static void names_of_php(void **state)
{
	(void)state;
	expect_name("php82", &language_php, SCRIPT_KIND(SCRIPT_PHP, 8, 2), "Mailer::send",
		    "/srv/app/Mailer.php", 41);
	expect_name("php82_c", &language_php, SCRIPT_KIND(SCRIPT_PHP, 8, 2), "Mailer::send", "", 0);
	expect_name("php84_eval", &language_php, SCRIPT_KIND(SCRIPT_PHP, 8, 4), "eval",
		    "/srv/app/Mailer.php", 41);
	/* an exception has left the instruction */
	expect_name("php82_unwound", &language_php, SCRIPT_KIND(SCRIPT_PHP, 8, 2), "send",
		    "/srv/app/Mailer.php", 0);
}

/* A closure's name has no line, and no folder. */
static void php_closures(void **state)
{
	static const struct {
		const char *name, *seen;
	} cases[] = {
		{ "{closure}", "{closure}" },
		{ "{closure:send():41}", "{closure:send()}" },
		{ "{closure:App\\Mailer::send():41}", "{closure:App\\Mailer::send()}" },
		{ "{closure:{closure:send():41}:42}", "{closure:{closure:send()}}" },
		{ "{closure:/srv/a:b.php:7}", "{closure}" },
		{ "{closure:{closure:/srv/a.php:7}:8}", "{closure:{closure}}" },
		{ "{closure:send():x}", "{closure:send():x}" },
		{ "send:41}", "send:41}" },
	};
	struct image_bytes image;
	struct memory memory = { .read = read_image, .ctx = &image };
	unsigned char record[1 + PHP_RECORD];
	void *php;

	(void)state;
	read_corpus("php82_c", record, sizeof(record), &image);
	memset(record + 1 + 16, 0, 8); /* no class */
	assert_true(language_php.begin_version(SCRIPT_KIND(SCRIPT_PHP, 8, 2), NULL, &php));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script_name name = { 0 };
		__u64 len = strlen(cases[i].name);

		memory.reads = 64;
		memory.bytes = 1 << 20;
		memcpy(image.bytes + 0x140 + 16, &len, sizeof(len));
		memcpy(image.bytes + 0x140 + 24, cases[i].name, len);
		assert_true(language_php.name(php, &memory, record + 1, PHP_RECORD, &name));
		assert_string_equal(name.function, cases[i].seen);
	}
	free(php);
}

/* Where another request has its code now, a frame of the one before has no name. */
#define PHP_TYPE 56  /* of the function */
#define PHP_FLAGS 40 /* of the frame: 1 << 16 and 1 << 17 are asked */

static void php_code_that_changed(void **state)
{
	struct image_bytes image;
	struct memory memory = { .reads = 64, .bytes = 1 << 20, .read = read_image, .ctx = &image };
	unsigned char record[1 + PHP_RECORD];
	struct script_name name = { 0 };
	void *php;

	(void)state;
	read_corpus("php82", record, sizeof(record), &image);
	assert_int_equal(image.bytes[0x300 + 24], 41); /* the line of its instruction */
	image.bytes[0x300 + 24]++;
	assert_true(language_php.begin_version(SCRIPT_KIND(SCRIPT_PHP, 8, 2), NULL, &php));
	assert_false(language_php.name(php, &memory, record + 1, PHP_RECORD, &name));
	/* but what it was, if it is outside functions: the frame says so */
	record[1 + PHP_FLAGS + 2] = 1;
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = { "eval", "include", NULL };

		record[1 + PHP_TYPE] = i ? 2 : 4;
		record[1 + PHP_FLAGS + 2] |= i == 2 ? 2 : 0; /* {main}, of which file? */
		memset(&name, 0, sizeof(name));
		assert_int_equal(language_php.name(php, &memory, record + 1, PHP_RECORD, &name),
				 names[i] != NULL);
		if (names[i])
			assert_string_equal(name.function, names[i]);
		assert_string_equal(name.file, "");
		assert_int_equal(name.line, 0);
	}
	free(php);
}

/* The first frame of two. The second one is a context, and says in which sub the first one is. */
static void expect_perl(const char *file, unsigned int minor, const char *function, bool is_cut,
			bool is_entry)
{
	struct image_bytes image;
	struct memory memory = { .reads = 64, .bytes = 1 << 20, .read = read_image, .ctx = &image };
	unsigned char records[1 + 2 * PERL_RECORD];
	struct script_name name = { 0 };
	bool is_text;
	void *perl;

	read_corpus(file, records, sizeof(records), &image);
	assert_true(language_perl.begin_version(SCRIPT_KIND(SCRIPT_PERL, 5, minor), NULL, &perl));
	language_perl.stack(perl, records + 1, PERL_RECORD, 2 * PERL_RECORD, is_cut);
	assert_int_equal(language_perl.name(perl, &memory, records + 1, PERL_RECORD, &name),
			 function != NULL);
	if (function) {
		assert_string_equal(name.function, function);
		assert_string_equal(name.file, "/srv/app/Mailer.pm");
		assert_int_equal(name.line, 41);
		assert_int_equal(name.is_entry, is_entry);
	}
	image.bytes[36]++; /* the line of the statement that is there now */
	memset(&name, 0, sizeof(name));
	is_text = function && !strcmp(function, "(eval)");
	assert_int_equal(language_perl.name(perl, &memory, records + 1, PERL_RECORD, &name),
			 is_text);
	if (is_text) { /* the context is the text's, whatever its statements are by now */
		assert_string_equal(name.function, "(eval)");
		assert_string_equal(name.file, "");
		assert_int_equal(name.line, 0);
	}
	free(perl);
}

static void names_of_perl(void **state)
{
	(void)state;
	expect_perl("perl532", 32, "Mailer::sendé", false, true);
	expect_perl("perl536", 36, "Mailer::sendé", false, true);
	expect_perl("perl536_named", 36, "Mailer::sendé", false, true);
	expect_perl("perl540_eval", 40, "(eval)", false, false);
	/* a block of eval is in the main program, unless there are frames that were not kept */
	expect_perl("perl536_block", 36, "(main)", false, true);
	expect_perl("perl536_block", 36, NULL, true, true);
}

/* The main program's frame; and that of a block, which is not a frame. */
static void outermost_of_perl(void **state)
{
	struct image_bytes image;
	struct memory memory = { .reads = 64, .bytes = 1 << 20, .read = read_image, .ctx = &image };
	unsigned char records[1 + 2 * PERL_RECORD], *outer = records + 1 + PERL_RECORD;
	struct script_name name = { 0 };
	void *perl;

	(void)state;
	read_corpus("perl536", records, sizeof(records), &image);
	assert_true(language_perl.begin_version(SCRIPT_KIND(SCRIPT_PERL, 5, 36), NULL, &perl));
	language_perl.stack(perl, records + 1, PERL_RECORD, 2 * PERL_RECORD, false);
	assert_true(language_perl.name(perl, &memory, outer, PERL_RECORD, &name));
	assert_string_equal(name.function, "(main)");
	assert_string_equal(name.file, "(eval)"); /* without its number */
	assert_int_equal(name.line, 7);
	assert_true(name.is_entry);
	assert_false(name.is_hidden);
	outer[8] = 11 | 0x40;
	assert_true(language_perl.name(perl, &memory, outer, PERL_RECORD, &name));
	assert_true(name.is_hidden);
	free(perl);
}

/* The beginning of rb_errinfo() in Debian's libruby-3.3, in another form, and in an executable. */
static void what_a_function_reads(void **state)
{
	static const struct {
		unsigned char code[48];
		__u64 index;
		__s64 offset;
	} cases[] = {
		{ { 0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0x83, 0xec, 0x08, 0x66, 0x48, 0x8d, 0x3d,
		    0x28, 0x7a, 0x37, 0x00, 0x66, 0x66, 0x48, 0xe8, 0x3b, 0x86, 0xf5, 0xff,
		    0x48, 0x8b, 0x00, 0x48, 0x8b, 0x40, 0x78, 0x48, 0x83, 0xc4, 0x08, 0xc3 },
		  0x45eac8,
		  0 },
		{ { 0x48, 0x8d, 0x3d, 0xf9, 0xff, 0xff, 0xff, 0xff, 0x15, 0,
		    0,	  0,	0,    0x48, 0x8b, 0x98, 0x10, 0x01, 0,	  0 },
		  0xe7090,
		  0x110 },
		{ { 0x64, 0x48, 0x8b, 0x04, 0x25, 0xe8, 0xff, 0xff, 0xff }, 0, -24 },
		{ { 0x64, 0x48, 0x8b, 0x1c, 0x25, 0xf0, 0xff, 0xff, 0xff }, 0, -16 },
	};
	__u64 index;
	__s64 offset;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(ruby_context_in_code(cases[i].code, sizeof(cases[i].code), 0xe7090,
						 &index, &offset));
		assert_int_equal(index, cases[i].index);
		assert_int_equal(offset, cases[i].offset);
		/* what is cut is not known */
		assert_false(ruby_context_in_code(cases[i].code, 30, 0xe7090, &index, &offset));
	}
	/* a call, and no word that is read of it */
	assert_false(ruby_context_in_code(
		(const unsigned char[48]){ 0x48, 0x8d, 0x3d, 1, 0, 0, 0, 0xe8, 1, 0, 0, 0, 0xc3 },
		48, 0xe7090, &index, &offset));
}

static void whose_code_it_is(void **state)
{
	static const struct {
		enum script_language language;
		const char *file; /* of Java its function */
		enum frame_kind kind;
	} cases[] = {
		{ SCRIPT_JAVA, "com.acme.Notifier.send", FRAME_OF_PROGRAM },
		{ SCRIPT_JAVA, "Leaks.open", FRAME_OF_PROGRAM },
		{ SCRIPT_JAVA, "sun.nio.ch.Net.socket", FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "java.util.HashMap.computeIfAbsent", FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "com.sun.mail.smtp.SMTPTransport.openServer", FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, "io.netty.channel.nio.NioEventLoop.run", FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, NULL, FRAME_OF_PROGRAM },
		{ SCRIPT_PYTHON, "/srv/app/notify.py", FRAME_OF_PROGRAM },
		{ SCRIPT_PYTHON, "/usr/lib/python3.11/socket.py", FRAME_OF_RUNTIME },
		{ SCRIPT_PYTHON, "/usr/lib/python3/dist-packages/urllib3/a.py", FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/acme/a.py", FRAME_OF_PROGRAM },
		{ SCRIPT_PYTHON, "<frozen importlib._bootstrap>", FRAME_OF_RUNTIME },
		{ SCRIPT_RUBY, "/srv/app/workers/notify.rb", FRAME_OF_PROGRAM },
		{ SCRIPT_RUBY, "/usr/lib/ruby/3.1.0/net/http.rb", FRAME_OF_RUNTIME },
		{ SCRIPT_RUBY, "/var/lib/gems/3.1.0/gems/excon-0.99/lib/x.rb", FRAME_OF_WRAPPER },
		{ SCRIPT_RUBY, "/var/lib/gems/3.1.0/gems/acme-1.0/lib/x.rb", FRAME_OF_PROGRAM },
		{ SCRIPT_RUBY, "<internal:kernel>", FRAME_OF_RUNTIME },
		{ SCRIPT_PHP, "/srv/app/vendor/guzzlehttp/guzzle/src/Client.php",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PHP, "/srv/app/vendor/acme/mail/src/Mailer.php", FRAME_OF_PROGRAM },
		{ SCRIPT_PHP, "/srv/app/src/Mailer.php", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "/srv/app/Mailer.pm", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "/usr/share/perl/5.36/Net/SMTP.pm", FRAME_OF_RUNTIME },
		{ SCRIPT_PERL, "/usr/lib/x86_64-linux-gnu/perl-base/IO/Socket.pm",
		  FRAME_OF_RUNTIME },
		{ SCRIPT_PERL, "/usr/share/perl5/LWP/UserAgent.pm", FRAME_OF_WRAPPER },
		{ SCRIPT_PERL, "/usr/share/perl5/Acme/Mail.pm", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "/usr/local/share/perl/5.36.0/Acme.pm", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "/opt/perl/lib/site_perl/5.36.0/Acme.pm", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "/opt/perl/lib/5.36.0/Net/SMTP.pm", FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "com.acme.$Proxy12.send", FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "org.codehaus.groovy.runtime.callsite.CallSiteArray.defaultCall",
		  FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "org.apache.groovy.json.X.f", FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "org.jruby.Main.main", FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "org.python.core.PyObject.__call__", FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "kotlinx.coroutines.scheduling.CoroutineScheduler$Worker.run",
		  FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "clojure.lang.AFn.run", FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "org.postgresql.core.PGStream.open", FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, "com.mysql.cj.jdbc.ConnectionImpl.connect", FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, "org.mariadb.jdbc.Driver.connect", FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, "redis.clients.jedis.Connection.connect", FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, "io.lettuce.core.RedisClient.connect", FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, "oracle.jdbc.OracleDriver.connect", FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, "oracle.net.nt.TcpNTAdapter.connect", FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, "com.mongodb.internal.connection.SocketStream.open",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, "org.apache.tomcat.jdbc.pool.ConnectionPool.borrow",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_JAVA, "com.acme.Proxy12.send", FRAME_OF_PROGRAM },
		{ SCRIPT_JAVA, "org.apache.groovyish.X.f", FRAME_OF_PROGRAM },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/pymysql/a.py",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/psycopg/a.py",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/psycopg_pool/a.py",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/redis/a.py", FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/pymongo/a.py",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/sqlalchemy/a.py",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/django/db/a.py",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/botocore/a.py",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/pg8000/a.py",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/asyncpg/a.py",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "/venv/lib/python3.9/site-packages/django/core/a.py",
		  FRAME_OF_PROGRAM },
		{ SCRIPT_PYTHON, "<attrs generated init app.Pool>", FRAME_OF_RUNTIME },
		{ SCRIPT_RUBY, "/var/lib/gems/3.1.0/gems/mysql2-0.5.5/lib/x.rb", FRAME_OF_WRAPPER },
		{ SCRIPT_RUBY, "/var/lib/gems/3.1.0/gems/pg-1.5.4/lib/x.rb", FRAME_OF_WRAPPER },
		{ SCRIPT_RUBY, "/var/lib/gems/3.1.0/gems/redis-5.0.8/lib/x.rb", FRAME_OF_WRAPPER },
		{ SCRIPT_RUBY, "/var/lib/gems/3.1.0/gems/redis-client-0.17/lib/x.rb",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_RUBY, "/var/lib/gems/3.1.0/gems/activerecord-7.1.2/lib/x.rb",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_RUBY, "/var/lib/gems/3.1.0/gems/pg_query-4.2/lib/x.rb", FRAME_OF_PROGRAM },
		{ SCRIPT_RUBY, "/var/lib/gems/3.1.0/gems/redis-store-1.9/lib/x.rb",
		  FRAME_OF_PROGRAM },
		{ SCRIPT_PHP, "/srv/app/vendor/predis/predis/src/C.php", FRAME_OF_WRAPPER },
		{ SCRIPT_PHP, "/srv/app/vendor/doctrine/dbal/src/C.php", FRAME_OF_WRAPPER },
		{ SCRIPT_PERL, "/home/perl/shop/WWW/Shop.pm", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "/srv/perl-app/LWP/Own.pm", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "/srv/superlative/POE/Poem.pm", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "/usr/share/perl5/WWW/Shop.pm", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "/usr/share/perl5/WWW/Mechanize.pm", FRAME_OF_WRAPPER },
		{ SCRIPT_PERL, "/usr/local/share/perl/5.36.0/LWP/UserAgent.pm", FRAME_OF_WRAPPER },
		{ SCRIPT_PERL, "/home/a/perl5/lib/perl5/Mojo/UserAgent.pm", FRAME_OF_WRAPPER },
		{ SCRIPT_PERL, "/usr/lib/x86_64-linux-gnu/perl/5.36/IO/Socket/INET.pm",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PERL, "/opt/perl/lib/5.36.0/HTTP/Tiny.pm", FRAME_OF_WRAPPER },
		{ SCRIPT_PERL, "/usr/lib64/perl5/vendor_perl/AnyEvent/Socket.pm",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_RUBY, NULL, FRAME_OF_PROGRAM },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(script_rule_kind(cases[i].language, cases[i].file, cases[i].file),
				 cases[i].kind);
}

/* Of `python3 -c` are functions in <string> as well. */
static void methods_that_were_made(void **state)
{
	static const struct {
		const char *function, *file;
		enum frame_kind kind;
	} cases[] = {
		{ "__init__", "<string>", FRAME_OF_RUNTIME },
		{ "__create_fn__.<locals>.__init__", "<string>", FRAME_OF_RUNTIME },
		{ "Pool.__init__", "<string>", FRAME_OF_PROGRAM },
		{ "send", "<string>", FRAME_OF_PROGRAM },
		{ "__init__", "/srv/app/pool.py", FRAME_OF_PROGRAM },
		{ NULL, "<string>", FRAME_OF_PROGRAM },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(script_rule_kind(SCRIPT_PYTHON, cases[i].function, cases[i].file),
				 cases[i].kind);
	assert_int_equal(script_rule_kind(SCRIPT_RUBY, "__init__", "<string>"), FRAME_OF_PROGRAM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_python),
		cmocka_unit_test(python_code_that_was_freed),
		cmocka_unit_test(names_of_ruby),
		cmocka_unit_test(names_of_php),
		cmocka_unit_test(php_closures),
		cmocka_unit_test(php_code_that_changed),
		cmocka_unit_test(what_a_function_reads),
		cmocka_unit_test(names_of_perl),
		cmocka_unit_test(outermost_of_perl),
		cmocka_unit_test(whose_code_it_is),
		cmocka_unit_test(methods_that_were_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
