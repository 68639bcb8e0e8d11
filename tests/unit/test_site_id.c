/* SPDX-License-Identifier: BSD-2-Clause */
/* site_id: one leak is one site, whatever its stacks are, and stays that on every host. */
#include "culprit_fixture.h"

#include "stacks/site_id.h"

#define LIBPYTHON "/usr/lib/libpython3.11.so.1.0"
#define NODE "/usr/bin/node"
#define APP "/srv/app"

static __u64 take_site(struct stack *stack)
{
	__u64 site = site_id(stack);

	stack_unref(stack);
	return site;
}

#define SITE(...) take_site(STACK(__VA_ARGS__))

/*
 * The value itself, worked out by an independent program from the definition: FNV-1a 64 of
 * "function\0" "libtransport.so\0" "open_session\0", and of "scripts\0" "Python\0". An id that
 * changes breaks dashboards, suppressions and alerts, so this number must not.
 */
static void site_is_fixed(void **state)
{
	(void)state;
	assert_int_equal(SITE(SOCKET, { "/usr/lib/libtransport.so.2.1", "open_session" }, MAIN),
			 0x2d8d1bc589372ce0ULL);
	assert_int_equal(SITE(SOCKET, { LIBPYTHON, NULL }, MAIN), 0x3132ece2ef29f5b1ULL);
}

static void the_ways_to_a_function_do_not_matter(void **state)
{
	__u64 site = SITE(SOCKET, { APP, "mk" }, { APP, "f0" }, MAIN, START);

	(void)state;
	assert_int_equal(site, SITE(SOCKET, { APP, "mk" }, { APP, "f1" }, MAIN, START));
	assert_int_equal(site, SITE(SOCKET, { APP, "mk", 0x9999 }, { APP, "thread" },
				    { LIBC_SO, "start_thread" }));
	assert_int_equal(site, SITE(SOCKET, { APP, "mk" }, { APP, "mk" }, { APP, "mk" }, MAIN));
	assert_int_equal(site, SITE(SOCKET, { "/usr/lib/libuv.so.1", NULL }, { APP, "mk" }, MAIN));
	assert_int_equal(site, SITE(SOCKET, { APP, "__interceptor_socket" }, { APP, "mk" }, MAIN));
	assert_int_not_equal(site, SITE(SOCKET, { APP, "mk2" }, { APP, "f0" }, MAIN, START));
	assert_int_not_equal(site, SITE(SOCKET, { "/srv/app.so", "mk" }, MAIN));
	assert_int_not_equal(site, SITE(SOCKET, { "/srv/other", "mk" }, MAIN));
}

/* Inlined functions are told by debug information; a host without it has the same site. */
static void debug_information_changes_nothing(void **state)
{
	__u64 site = SITE(SOCKET, { APP, "main" }, START);

	(void)state;
	assert_int_equal(site, SITE(SOCKET, { APP, "open_it", 0x50, true },
				    { APP, "retry", 0x50, true }, { APP, "main", 0x50 }, START));
	/* Not even where only inlined code is the program's own. */
	assert_int_equal(SITE(SOCKET, { APP, "std::function()" }, { APP, "outer" }, MAIN),
			 SITE(SOCKET, { APP, "lambda", 0x50, true },
			      { APP, "std::function()", 0x50 }, { APP, "outer" }, MAIN));
	/* Nor does how deep what was inlined lies. */
	assert_int_equal(SITE(SOCKET, { "/opt/libcount.so", "real_socket", 0x10 },
			      { "/opt/libcount.so", "socket", 0x20 }, { APP, "f" }),
			 SITE(SOCKET, { "/opt/libcount.so", "a", 0x10, true },
			      { "/opt/libcount.so", "b", 0x10, true },
			      { "/opt/libcount.so", "c", 0x10, true },
			      { "/opt/libcount.so", "d", 0x10, true },
			      { "/opt/libcount.so", "e", 0x10, true },
			      { "/opt/libcount.so", "g", 0x10, true },
			      { "/opt/libcount.so", "h", 0x10, true },
			      { "/opt/libcount.so", "real_socket", 0x10 },
			      { "/opt/libcount.so", "socket", 0x20 }, { APP, "f" }));
}

/* An upgrade moves code, and gives files other names. */
static void versions_and_builds_change_nothing(void **state)
{
	struct stack *a = STACK(SOCKET, { "/usr/lib/libx.so.1", "f" }, MAIN);
	struct stack *b = STACK(SOCKET, { "/opt/x/lib/libx.so.1.0.2", "f", 0x777 }, MAIN);

	(void)state;
	a->frames[1].build_id = strdup("aa01");
	b->frames[1].build_id = strdup("bb02");
	b->frames[1].pc += 0x5000;
	b->frames[1].file = strdup("x.c");
	b->frames[1].line = 7;
	assert_int_equal(take_site(a), take_site(b));
}

static void expect_module(const char *module, const char *wanted, bool wanted_so)
{
	const char *name;
	bool so;
	size_t len = site_module(module, &name, &so);

	assert_int_equal(len, strlen(wanted));
	assert_memory_equal(name, wanted, len);
	assert_true(so == wanted_so);
}

static void modules_without_version(void **state)
{
	(void)state;
	expect_module("/usr/lib/libx.so", "libx", true);
	expect_module("/usr/lib/libx.so.1.2.3", "libx", true);
	expect_module("/usr/lib/libx-1.2.so", "libx", true);
	expect_module("/lib/libQt5Network.so.5", "libQt5Network", true);
	expect_module("/usr/lib/_x.cpython-311-x86_64-linux-gnu.so", "_x", true);
	expect_module("/usr/bin/python3.11", "python", false);
	expect_module("/opt/app-2", "app", false);
	expect_module("/opt/app-2.1", "app", false);
	expect_module("/srv/app1", "app1", false);
	expect_module("/srv/a.sorted", "a.sorted", false);
	expect_module("/srv/.so", "", true);
	expect_module("/srv/1.2", "1.2", false);
	expect_module("/srv/-1", "-1", false);
	expect_module("", "", false);
}

static void code_without_a_symbol_is_its_offset(void **state)
{
	struct stack *a = STACK(SOCKET, { APP, NULL, 0x10 }, { APP, NULL, 0x90 }),
		     *b = STACK(SOCKET, { APP, NULL, 0x10 }, { APP, NULL, 0xa0 });

	(void)state;
	assert_int_equal(site_id(a), site_id(b));
	b->frames[1].offset++;
	assert_int_not_equal(site_id(a), site_id(b));
	b->frames[1].offset--;
	b->frames[1].build_id = strdup("bb02"); /* another build has other code there */
	assert_int_not_equal(site_id(a), site_id(b));
	stack_unref(a);
	stack_unref(b);
}

/* A JIT compiler's tiers, specialised instructions and a perf map, or none. */
static void what_executes_scripts_does_not_matter(void **state)
{
	__u64 site = SITE(SOCKET, { NODE, "uv__socket" }, { NODE, "node::TCPWrap::Connect(x)" },
			  { NULL, NULL }, { NODE, "v8::Call" }, { NODE, "main" });

	(void)state;
	assert_int_equal(site, SITE(SOCKET, { NODE, "uv__socket" },
				    { NODE, "node::TCPWrap::Connect6(x)" },
				    { FRAME_JIT, "LazyCompile:*dial /srv/app.js:3:12" },
				    { NODE, NULL, 0x77 }, { NODE, NULL }));
	assert_int_not_equal(site, SITE(SOCKET, { NODE, "uv__socket" },
					{ NODE, "node::UDPWrap::Bind(x)" }, { NULL, NULL },
					{ NODE, "main" }));
	assert_int_equal(SITE(SOCKET, { "/usr/bin/perl", "Perl_pp_socket" },
			      { "/usr/bin/perl", "perl_run" }),
			 SITE(SOCKET, { "/usr/bin/perl", "Perl_PerlSock_socket_cloexec" },
			      { "/usr/bin/perl", "Perl_pp_socket" },
			      { "/usr/bin/perl", "perl_run" }));
	site = SITE(SOCKET, { LIBPYTHON, "sock_initobj" }, { LIBPYTHON, "type_call" }, MAIN);
	assert_int_equal(site, SITE(SOCKET, { LIBPYTHON, NULL }, { LIBPYTHON, "_PyEval_Vector" },
				    { "/usr/bin/uwsgi", "run" }, MAIN));
	assert_int_not_equal(site, SITE(SOCKET, { "/usr/lib/libffi.so.8", "ffi_call" },
					{ "/usr/lib/_ctypes.cpython-311.so", NULL },
					{ LIBPYTHON, NULL }, MAIN));
	assert_int_not_equal(site, SITE(SOCKET, { "/usr/bin/ruby", NULL }, MAIN));
}

#define TRAMPOLINE(name)        \
	{                       \
		FRAME_JIT, name \
	}

/* Two functions are two sites, in each version and place of Python and of the program. */
static void functions_of_python_with_lasting_names(void **state)
{
	__u64 site = SITE(SOCKET, { LIBPYTHON, "_PyEval_EvalFrameDefault" },
			  TRAMPOLINE("py::socket.__init__:/usr/lib/python3.12/socket.py"),
			  { LIBPYTHON, "py_trampoline_evaluator" },
			  TRAMPOLINE("py::Pool.open:/srv/app.py"), MAIN);

	(void)state;
	assert_int_equal(site, SITE(SOCKET, { "/opt/bin/python3.13", "_PyEval_EvalFrameDefault" },
				    TRAMPOLINE("py::Pool.open:/opt/app.py"),
				    { "/opt/bin/python3.13", NULL },
				    TRAMPOLINE("py::serve:/opt/app.py")));
	assert_int_not_equal(site, SITE(SOCKET, { LIBPYTHON, NULL },
					TRAMPOLINE("py::Pool.close:/srv/app.py"), MAIN));
	assert_int_not_equal(site, SITE(SOCKET, { LIBPYTHON, NULL },
					TRAMPOLINE("py::Pool.open:/srv/other.py"), MAIN));
	/* names of other JIT compilers come and go */
	assert_int_equal(SITE(SOCKET, { LIBPYTHON, NULL }, TRAMPOLINE("open /srv/app.py"), MAIN),
			 SITE(SOCKET, { LIBPYTHON, NULL }, { NULL, NULL }, MAIN));
}

static void under_an_emulator_all_is_one(void **state)
{
	(void)state;
	assert_int_equal(SITE({ "/usr/libexec/valgrind/memcheck-amd64-linux", NULL, 0x1 }),
			 SITE({ "/usr/libexec/valgrind/memcheck-amd64-linux", "x", 0x2 }));
}

static void what_little_is_known(void **state)
{
	(void)state;
	assert_int_equal(site_id(NULL), 0);
	assert_int_equal(SITE({ NULL, NULL }, { NULL, NULL }), 0);
	/* The call alone: each program would have the same one. */
	assert_int_equal(SITE(SOCKET), 0);
	assert_int_equal(SITE({ LIBC_SO, NULL, 0x10 }), 0);
	assert_int_equal(SITE({ NULL, NULL }, SOCKET, START), 0);
	assert_int_not_equal(SITE(SOCKET, { APP, NULL, 0x10 }), 0);
}

/* Ways are told apart by each frame; the same in two processes, and in the eyes of two hosts. */
/* A leak of an earlier run goes to the site that newer ones of its stack get. */
static void other_rules_give_another_site(void **state)
{
	struct stack *stack = STACK(SOCKET, { APP, "mk" }, MAIN, START);
	struct stack *gone = STACK({ NULL, NULL }, { NULL, NULL });
	struct stack *script = STACK(SOCKET, { LIBPYTHON, "sock_initobj" }, MAIN);
	__u64 site = site_id(stack);

	(void)state;
	stack->source = gone->source = script->source = STACK_SNAPSHOT;
	gone->site = 0;
	assert_int_not_equal(site_rules(), 0);
	assert_int_equal(site_given(stack, 0x1234, site_rules()), 0x1234);
	assert_int_equal(site_given(stack, 0x1234, site_rules() + 1), site);
	assert_int_equal(site_given(gone, 0x1234, site_rules() + 1),
			 0x1234);   /* no names any more */
	stack->source = STACK_CALL; /* it was given that of a whole one */
	assert_int_equal(site_given(stack, 0x1234, site_rules() + 1), 0x1234);
	assert_int_equal(site_given(script, 0x1234, site_rules() + 1),
			 0x1234); /* of a function whose frame is not there any more */
	stack->site = 0x55;
	assert_int_equal(site_given(stack, 0, site_rules()), 0x55);
	stack_unref(stack);
	stack_unref(gone);
	stack_unref(script);
}

static void ways(void **state)
{
	struct stack *a = STACK(SOCKET, { APP, "mk" }, { APP, "f0" }, MAIN);
	struct stack *b = STACK(SOCKET, { APP, "mk" }, { APP, "f0" }, MAIN);
	struct stack *jit = STACK(SOCKET, { APP, "mk" }, { FRAME_JIT, "f0" }, MAIN);
	__u64 way;

	(void)state;
	b->frames[1].pc += 0x7000;
	assert_int_equal(site_way(a), site_way(b));
	b->frames[2].offset++;
	assert_int_not_equal(site_way(a), site_way(b));
	b->frames[2].inlined = true;
	assert_int_not_equal(site_way(a), site_way(b));
	assert_int_not_equal(site_way(jit), site_way(b));
	way = site_way(jit);
	jit->frames[2].offset++; /* where a JIT compiler puts its code says nothing */
	assert_int_equal(site_way(jit), way);
	stack_unref(a);
	stack_unref(b);
	stack_unref(jit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(site_is_fixed),
		cmocka_unit_test(the_ways_to_a_function_do_not_matter),
		cmocka_unit_test(debug_information_changes_nothing),
		cmocka_unit_test(versions_and_builds_change_nothing),
		cmocka_unit_test(modules_without_version),
		cmocka_unit_test(code_without_a_symbol_is_its_offset),
		cmocka_unit_test(what_executes_scripts_does_not_matter),
		cmocka_unit_test(functions_of_python_with_lasting_names),
		cmocka_unit_test(under_an_emulator_all_is_one),
		cmocka_unit_test(what_little_is_known),
		cmocka_unit_test(other_rules_give_another_site),
		cmocka_unit_test(ways),
	};

	return cmocka_run_group_tests_name("site_id", tests, NULL, NULL);
}
