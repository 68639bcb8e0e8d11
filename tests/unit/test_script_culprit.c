/* SPDX-License-Identifier: BSD-2-Clause */
/* culprit: of a stack with functions of scripts, the line that their developer would mend. */
#include "culprit_fixture.h"

#include "stacks/scripts/script_rules.h"

#define PHP "/usr/sbin/php-fpm8.2"
#define PYTHON "/usr/bin/python3.11"
#define PACKAGES "/srv/venv/lib/python3.11/site-packages/"
#define NATIVE(module, function)                              \
	{                                                     \
		SCRIPT_NONE, module, function, NULL, __LINE__ \
	}
#define SCRIPT(language, function, file)                   \
	{                                                  \
		SCRIPT_##language, NULL, function, file, 0 \
	}
#define PY(function, file) SCRIPT(PYTHON, function, file)

struct mixed {
	enum script_language script;
	const char *module, *function, *file;
	unsigned int offset;
};

#define MIXED(...)                                        \
	mixed_from((const struct mixed[]){ __VA_ARGS__ }, \
		   sizeof((const struct mixed[]){ __VA_ARGS__ }) / sizeof(struct mixed))

static struct stack *mixed_from(const struct mixed *list, unsigned int count)
{
	struct stack *stack = stack_new(count);

	assert_non_null(stack);
	for (unsigned int i = 0; i < count; i++) {
		struct frame *frame = &stack->frames[i];

		frame->module = strdup(list[i].module ?: "[script]");
		frame->function = list[i].function ? strdup(list[i].function) : NULL;
		frame->file = list[i].file ? strdup(list[i].file) : NULL;
		frame->script = list[i].script;
		frame->offset = list[i].offset;
		frame->kind = list[i].script ? script_rule_kind(list[i].script, list[i].function,
								list[i].file) :
					       runtime_frame_kind(list[i].module, list[i].function);
	}
	return stack;
}

/* The culprit and its caller by their numbers; -1: none. The stack is taken. */
static void expect_line(struct stack *stack, int where, int caller)
{
	struct culprit culprit = culprit_find(stack, NULL);

	assert_null(culprit.where.language);
	assert_int_equal(culprit.where.frame ? culprit.where.frame - stack->frames : -1, where);
	assert_int_equal(culprit.caller.frame ? culprit.caller.frame - stack->frames : -1, caller);
	assert_ptr_equal(culprit_lasting_place(stack).frame, culprit.where.frame);
	stack_unref(stack);
}

/* redis.so calls the functions for streams that PHP has, for a script. */
static void an_extension_that_calls_the_interpreter(void **state)
{
	const struct mixed by_php[] = {
		NATIVE(LIBC_SO, "socket"),
		NATIVE(PHP, "php_network_connect_socket_to_host"),
		NATIVE("/usr/lib/php/20220829/redis.so", "redis_sock_connect"),
		SCRIPT(PHP, "Mailer::connect", "/srv/app/Mailer.php"),
		SCRIPT(PHP, "{main}", "/srv/app/index.php"),
		NATIVE(PHP, "execute_ex"),
	};
	struct mixed other[6];
	struct stack *stack;

	(void)state;
	expect_line(mixed_from(by_php, 6), 3, 4);
	/* functions of another language, whose interpreter runs this one, are not what it runs */
	memcpy(other, by_php, sizeof(other));
	other[3] = (struct mixed)SCRIPT(PERL, "Mailer::connect", "/srv/app/Mailer.pm");
	other[4] = (struct mixed)SCRIPT(PERL, "(main)", "/srv/app/notifyd");
	stack = mixed_from(other, 6);
	assert_string_equal(culprit_place(stack).language, "PHP");
	stack_unref(stack);
	/* nor without any: it runs the interpreter */
	stack = mixed_from(by_php, 3);
	assert_string_equal(culprit_place(stack).language, "PHP");
	stack_unref(stack);
}

/* A callback of the library's: who runs the loop has not made the socket. */
static void the_search_ends_at_a_loop(void **state)
{
	(void)state;
	expect_line(MIXED(NATIVE(LIBC_SO, "socket"),
			  PY("socket.__init__", "/usr/lib/python3.11/socket.py"),
			  PY("create_connection", "/usr/lib/python3.11/asyncio/base_events.py"),
			  PY("TCPConnector._create_connection", PACKAGES "aiohttp/connector.py"),
			  PY("ClientSession._request", PACKAGES "aiohttp/client.py"),
			  PY("Handle._run", "/usr/lib/python3.11/asyncio/events.py"),
			  PY("run", "/usr/lib/python3.11/asyncio/runners.py"),
			  PY("serve", "/srv/app/serve.py"), PY("<module>", "/srv/app/serve.py")),
		    4, 7);
	expect_line(MIXED(NATIVE(LIBC_SO, "socket"),
			  PY("socket.__init__", "/usr/lib/python3.11/socket.py"),
			  PY("open_connection", "/usr/lib/python3.11/asyncio/streams.py"),
			  PY("Handle._run", "/usr/lib/python3.11/asyncio/events.py"),
			  PY("serve", "/srv/app/serve.py")),
		    2, 4);
	/* a coroutine of the application's is within */
	expect_line(MIXED(NATIVE(LIBC_SO, "socket"),
			  PY("socket.__init__", "/usr/lib/python3.11/socket.py"),
			  PY("fetch", "/srv/app/rates.py"),
			  PY("Handle._run", "/usr/lib/python3.11/asyncio/events.py"),
			  PY("serve", "/srv/app/serve.py")),
		    2, 4);
}

/* For a package that is to be mended itself, the caller is who uses it in the application. */
static void a_package_is_called_from_the_application(void **state)
{
	(void)state;
	expect_line(MIXED(NATIVE(LIBC_SO, "socket"), PY("_dial", PACKAGES "acme/wire.py"),
			  PY("dial", PACKAGES "acme/wire.py"),
			  PY("connect", PACKAGES "acme/client.py"),
			  PY("notify", "/srv/app/jobs.py"), PY("run", "/srv/app/jobs.py")),
		    1, 4);
	/* the command that starts applications is not one */
	expect_line(MIXED(NATIVE(LIBC_SO, "socket"), PY("Arbiter.start", PACKAGES "gunicorn/a.py"),
			  PY("Arbiter.run", PACKAGES "gunicorn/a.py"),
			  PY("<module>", "/srv/venv/bin/gunicorn")),
		    1, 2);
	/* the same of a library in C that a package calls */
	expect_line(MIXED(NATIVE(LIBC_SO, "socket"), NATIVE("/usr/lib/libacme.so.2", "acme_dial"),
			  NATIVE("/usr/lib/x86_64-linux-gnu/ruby/3.1.0/acme_ext.so", NULL),
			  SCRIPT(RUBY, "dial", "/var/lib/gems/3.1.0/gems/acme-1.2/lib/acme.rb"),
			  SCRIPT(RUBY, "notify", "/srv/app/notify.rb"),
			  NATIVE("/usr/lib/x86_64-linux-gnu/libruby-3.1.so.3.1.2", "rb_vm_exec")),
		    1, 4);
}

/* A closure that was freed may have its file alone, which says enough to pass over it. */
static void a_wrapper_without_a_name_is_passed_over(void **state)
{
	struct stack *stack;

	(void)state;
	expect_line(MIXED(NATIVE(LIBC_SO, "socket"), NATIVE("/usr/bin/perl", "Perl_pp_socket"),
			  SCRIPT(PERL, NULL, "/usr/share/perl5/LWP/Protocol/http.pm"),
			  SCRIPT(PERL, "Try::Tiny::try", "/usr/share/perl5/Try/Tiny.pm"),
			  SCRIPT(PERL, "Shop::rates", "/srv/app/Shop.pm"),
			  SCRIPT(PERL, "(main)", "/srv/app/shopd")),
		    4, 5);
	stack = MIXED(NATIVE(LIBC_SO, "socket"), NATIVE("/usr/bin/perl", "Perl_pp_socket"),
		      SCRIPT(PERL, NULL, "/srv/app/Shop.pm"),
		      SCRIPT(PERL, "Shop::rates", "/srv/app/Shop.pm"),
		      NATIVE("/usr/bin/perl", "Perl_runops_standard"));
	assert_string_equal(culprit_place(stack).language, "Perl");
	assert_ptr_equal(culprit_find(stack, NULL).caller.frame, &stack->frames[3]);
	stack_unref(stack);
}

/* Node connects by TCP in a later turn of its loop, where the caller is not on the stack. */
static void what_has_called_is_gone(void **state)
{
	struct stack *stack =
		MIXED(NATIVE(LIBC_SO, "socket"), NATIVE("/usr/bin/node", "node::TCPWrap::Connect"),
		      SCRIPT(JAVASCRIPT, "internalConnect", "node:net"),
		      SCRIPT(JAVASCRIPT, "processTicksAndRejections", "node:internal/process/a"),
		      NATIVE("/usr/bin/node", "uv_run"));

	(void)state;
	assert_string_equal(culprit_place(stack).language, "JavaScript");
	assert_null(culprit_find(stack, "/usr/bin/node").caller.frame);
	stack_unref(stack);
}

static void clients_where_distributions_have_them(void **state)
{
	static const struct {
		enum script_language language;
		const char *function, *file;
		enum frame_kind kind;
	} cases[] = {
		{ SCRIPT_RUBY, "open", "/usr/lib/ruby/vendor_ruby/pg/connection.rb",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_RUBY, "open", "/usr/lib/ruby/vendor_ruby/redis.rb", FRAME_OF_WRAPPER },
		{ SCRIPT_RUBY, "open", "/usr/lib/ruby/vendor_ruby/net/ssh.rb", FRAME_OF_WRAPPER },
		{ SCRIPT_RUBY, "open", "/usr/lib/ruby/vendor_ruby/acme/pg.rb", FRAME_OF_PROGRAM },
		{ SCRIPT_RUBY, "open", "/usr/lib/ruby/vendor_ruby/rubygems/a.rb",
		  FRAME_OF_RUNTIME },
		{ SCRIPT_PERL, "HTTP::Tiny::get", "(eval 6)", FRAME_OF_WRAPPER },
		{ SCRIPT_PERL, "Net::LDAP::bind", "(eval)", FRAME_OF_WRAPPER },
		{ SCRIPT_PERL, "Shop::get", "(eval 6)", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "get", "(eval 6)", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, "main::get", "(eval 6)", FRAME_OF_PROGRAM },
		{ SCRIPT_PERL, NULL, "(eval 6)", FRAME_OF_PROGRAM },
		{ SCRIPT_PHP, "f", "/usr/share/php/Predis/Client.php", FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "f", "/usr/lib/python3/dist-packages/memcache.py",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_PYTHON, "f", PACKAGES "ddtrace/contrib/redis.py", FRAME_OF_RUNTIME },
		{ SCRIPT_JAVASCRIPT, "f", "/srv/node_modules/docker-modem/lib/modem.js",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_JAVASCRIPT, "f", "/usr/share/nodejs/@redis/client/dist/lib/a.js",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_JAVASCRIPT, "f", "/usr/lib/x86_64-linux-gnu/nodejs/libpq/index.js",
		  FRAME_OF_WRAPPER },
		{ SCRIPT_JAVASCRIPT, "f", "/usr/share/nodejs/acme/redis/a.js", FRAME_OF_PROGRAM },
		{ SCRIPT_JAVASCRIPT, "f", "/srv/nodejs/redis/a.js", FRAME_OF_PROGRAM },
		{ SCRIPT_JAVA, "com.acme.Shop$$EnhancerBySpringCGLIB$$1f2e.call", "<generated>",
		  FRAME_OF_RUNTIME },
		{ SCRIPT_JAVA, "org.springframework.jdbc.core.JdbcTemplate.execute", NULL,
		  FRAME_OF_WRAPPER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			script_rule_kind(cases[i].language, cases[i].function, cases[i].file),
			cases[i].kind);
}

static void what_an_application_is(void **state)
{
	(void)state;
	assert_true(script_rule_is_application(SCRIPT_PYTHON, "main", "/srv/app/bin/worker"));
	assert_true(script_rule_is_application(SCRIPT_PYTHON, "<module>", "/srv/app/bin/run.py"));
	assert_true(script_rule_is_application(SCRIPT_JAVASCRIPT, "f", "/opt/nodejs/app.js"));
	assert_false(script_rule_is_application(SCRIPT_JAVASCRIPT, "f", "/usr/lib/nodejs/a.js"));
	assert_true(script_rule_is_application(SCRIPT_JAVA, "com.acme.Shop.f", NULL));
	assert_false(script_rule_is_application(SCRIPT_PYTHON, "<module>", "/usr/bin/gunicorn"));
	assert_false(script_rule_is_application(SCRIPT_RUBY, "<main>", "/usr/bin/puma"));
	assert_false(script_rule_is_application(SCRIPT_PYTHON, "f", NULL));
	assert_false(script_rule_is_application(SCRIPT_PYTHON, "f", "<string>"));
	assert_false(script_rule_is_application(SCRIPT_PHP, "f", "/srv/app/vendor/a/b/C.php"));
	assert_false(script_rule_is_application(SCRIPT_PERL, "f", "/usr/share/perl5/Plack.pm"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_extension_that_calls_the_interpreter),
		cmocka_unit_test(the_search_ends_at_a_loop),
		cmocka_unit_test(a_package_is_called_from_the_application),
		cmocka_unit_test(a_wrapper_without_a_name_is_passed_over),
		cmocka_unit_test(what_has_called_is_gone),
		cmocka_unit_test(clients_where_distributions_have_them),
		cmocka_unit_test(what_an_application_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
