/* SPDX-License-Identifier: BSD-2-Clause */
/* frame_rules: each rule has an example, on which it alone holds, and a stack that shows it. */
#include "culprit_fixture.h"
#include "frame_examples.h"

#define EXAMPLES (sizeof(examples) / sizeof(examples[0]))

static void each_rule_has_its_example(void **state)
{
	size_t count;
	const struct frame_rule *rules = frame_rules(&count), *found;

	(void)state;
	assert_int_equal(count, EXAMPLES);
	for (size_t i = 0; i < count; i++) {
		found = frame_rule_find(examples[i].module, examples[i].function, MANGLING_ANY);
		if (found != &rules[i])
			fail_msg("rule %zu (%s, %s): %s %s is taken by rule %td", i,
				 rules[i].module ?: "any", rules[i].function ?: "any",
				 examples[i].module, examples[i].function ?: "?",
				 found ? found - rules : -1);
	}
}

static void each_rule_says_why(void **state)
{
	size_t count;
	const struct frame_rule *rules = frame_rules(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		bool of_scripts = rules[i].kind == FRAME_OF_BINDING ||
				  rules[i].kind == FRAME_OF_INTERPRETER ||
				  rules[i].kind == FRAME_OF_EMULATOR;

		assert_true(rules[i].why && *rules[i].why);
		assert_true(rules[i].module || rules[i].function);
		assert_true(of_scripts == (rules[i].language != NULL));
	}
}

/* socket() called by the example, that by a function of the program, that by main(). */
static struct stack *stack_through(size_t i)
{
	return STACK(SOCKET, { examples[i].module, examples[i].function },
		     { "/srv/app", "mend_me" }, MAIN, START);
}

/* What the rule's kind means for the search. */
static void check_example(const struct frame_rule *rule, size_t i)
{
	struct stack *stack = stack_through(i);
	struct code_place place = culprit_place(stack);
	unsigned int wanted = rule->kind == FRAME_OF_PROGRAM || rule->kind == FRAME_OF_BINDING ||
					      rule->kind == FRAME_OF_INTERPRETER ||
					      rule->kind == FRAME_OF_EMULATOR ?
				      1 :
				      2;

	if (place.frame != &stack->frames[wanted])
		fail_msg("rule %zu, %s %s: the culprit is frame %td", i, examples[i].module,
			 examples[i].function ?: "?", place.frame - stack->frames);
	assert_true(place.hidden == (rule->kind == FRAME_OF_EMULATOR));
	if (wanted == 1 && rule->language)
		assert_string_equal(place.language, rule->language);
	else
		assert_null(place.language);
	stack_unref(stack);
}

static void each_rule_leads_to_the_culprit(void **state)
{
	size_t count;
	const struct frame_rule *rules = frame_rules(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		check_example(&rules[i], i);
}

/* Names that look like those of a rule, and are a program's own. */
static void others_are_left_alone(void **state)
{
	static const struct listed names[] = {
		{ "/srv/network", "network_open" },
		{ "/srv/app", "open_socket" },
		{ "/srv/socket.so", "leak" },
		{ "/srv/app", "main.leak" },
		{ "/srv/app", "core::Socket::open" },
		{ "/srv/app", "app::std::open" },
		{ "/usr/lib/libqpidcommon.so.2", "qpid::sys::SslSocket" },
		{ "/usr/lib/libacme.so.5", NULL },
		{ "/usr/bin/qemu-system-x86_64", "net_socket_fd_init" },
		{ "/usr/bin/luatex", "f" },
		{ "/usr/lib/valgrind", "f" },
		{ "/home/dev/valgrind/build/app", "f" },
		{ "/srv/app", "request_interceptor_open_socket" },
		{ "/srv/lib/libartisan.so.1", "f" },
		{ "/srv/lib/libnet.so.1", "f" },
		{ "/srv/lib/libnet.so", "f" },
		{ "/srv/lib/libeventbus.so.2", "f" },
		{ "/srv/lib/libevents.so", "f" },
		{ "/srv/lib/libuv-pool.so", "f" },
		{ "/srv/app", "uv_lamp_open" },
		{ "/srv/lib/libcurlpool.so", "f" },
		{ "/usr/lib/libnss_ldap.so.2", "f" }, /* the leak is its own, no caller's */
		{ "/srv/lib/libmonotonic.so.1", "f" },
		{ "/srv/lib/libtclap.so", "f" },
		{ "/srv/lib/libluabridge.so", "f" },
		{ "/srv/lib/libphpcpp.so.2", "f" },
		{ "/srv/bin/wishlist", "f" },
		{ "/srv/bin/php-exporter", "f" },
		{ "/usr/bin/emacsclient.emacs", "f" },
		{ "/usr/games/kshisen", "f" },
		{ "/srv/bin/guileless", "f" },
		{ "/srv/bin/python3-proxy", "f" },
		{ "/srv/bin/perl5-agent", "f" },
		{ "/srv/bin/pypylon", "f" },
		{ "/srv/bin/tclshd", "f" },
		{ "/srv/bin/racketd", "f" },
		{ "/srv/bin/octavexd", "f" },
		{ FRAME_JIT, "LazyCompile:*connect /srv/node/net.js:3:1" },
		{ NULL, NULL },
		{ NULL, "py::f" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(runtime_frame_kind(names[i].module, names[i].function),
				 FRAME_OF_PROGRAM);
}

/* A module of D, Ada or Nim may be called as a package of Go's. */
static void only_go_has_the_packages_of_go(void **state)
{
	static const char *const functions[] = {
		"net.client.Client.open",
		"time.sync",
		"io.open",
		"os.sockets.make",
		"context.run",
		"sync.start",
		"runtime.go",
		"internal/x.f",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		assert_int_equal(runtime_frame_kind_in("/srv/app", functions[i], MANGLING_NONE),
				 FRAME_OF_PROGRAM);
		assert_int_not_equal(runtime_frame_kind_in("/srv/app", functions[i], MANGLING_GO),
				     FRAME_OF_PROGRAM);
	}
}

/* A namespace of C++ may be called as a crate of Rust's, and the other way round. */
static void each_compiler_has_its_own_names(void **state)
{
	static const char *const crates[] = { "mio::net::TcpSocket::connect", "tower::open_one",
					      "tokio::net::open", "<hyper::Client>::new",
					      "std::net::TcpStream::connect" };
	static const char *const namespaces[] = { "asio::open_one", "Poco::Net::open",
						  "zmq::open_socket" };

	(void)state;
	for (size_t i = 0; i < sizeof(crates) / sizeof(crates[0]); i++)
		assert_int_not_equal(runtime_frame_kind_in("/srv/app", crates[i], MANGLING_RUST),
				     FRAME_OF_PROGRAM);
	for (size_t i = 0; i + 1 < sizeof(crates) / sizeof(crates[0]); i++)
		assert_int_equal(runtime_frame_kind_in("/srv/app", crates[i], MANGLING_CPP),
				 FRAME_OF_PROGRAM);
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		assert_int_equal(runtime_frame_kind_in("/srv/app", namespaces[i], MANGLING_CPP),
				 FRAME_OF_WRAPPER);
		assert_int_equal(runtime_frame_kind_in("/srv/app", namespaces[i], MANGLING_RUST),
				 FRAME_OF_PROGRAM);
	}
	/* a class of C++, and Crystal's */
	assert_int_equal(runtime_frame_kind_in("/srv/app", "Socket::tcp", MANGLING_CPP),
			 FRAME_OF_PROGRAM);
	assert_int_equal(runtime_frame_kind_in("/srv/app", "Socket::tcp", MANGLING_NONE),
			 FRAME_OF_WRAPPER);
}

static void a_symbol_tells_its_compiler(void **state)
{
	static const struct {
		const char *symbol;
		enum mangling mangling;
	} symbols[] = {
		{ "main", MANGLING_NONE },
		{ "", MANGLING_NONE },
		{ "_Z", MANGLING_CPP },
		{ "_ZN5tower8open_oneEv", MANGLING_CPP },
		{ "_ZN5tower8open_oneEv.cold", MANGLING_CPP },
		{ "_ZN4leak8open_one17h0123456789abcdefE", MANGLING_RUST },
		{ "_ZN4leak8open_one17h0123456789abcdefE.llvm.81", MANGLING_RUST },
		{ "_ZN4leak8open_one17h0123456789abcdeE", MANGLING_CPP },
		{ "_ZN4leak8open_one17h0123456789abcdegE", MANGLING_CPP },
		{ "_ZN17h0123456789abcdefE", MANGLING_CPP }, /* of no crate */
		{ "_RNvCs1234_4leak8open_one", MANGLING_RUST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		assert_int_equal(mangling_of(symbols[i].symbol), symbols[i].mangling);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_its_example),
		cmocka_unit_test(each_rule_says_why),
		cmocka_unit_test(each_rule_leads_to_the_culprit),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(only_go_has_the_packages_of_go),
		cmocka_unit_test(each_compiler_has_its_own_names),
		cmocka_unit_test(a_symbol_tells_its_compiler),
	};

	return cmocka_run_group_tests_name("frame_rules", tests, NULL, NULL);
}
