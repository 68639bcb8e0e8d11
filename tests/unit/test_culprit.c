/* SPDX-License-Identifier: BSD-2-Clause */
/* culprit: the frame that a human would go and mend, and who called it. */
#include "culprit_fixture.h"

#define LIBPYTHON "/usr/lib/libpython3.11.so.1.0"
#define PYTHON "/usr/bin/python3.11"
#define NODE "/usr/bin/node"
#define APP "/srv/app"

/* The stack's culprit is this frame, its caller that one (-1: none); the stack is taken. */
static void expect(struct stack *stack, int where, int caller)
{
	struct culprit culprit = culprit_find(stack, NULL);

	if (where < 0)
		assert_null(culprit.where.frame);
	else
		assert_ptr_equal(culprit.where.frame, &stack->frames[where]);
	if (caller < 0)
		assert_null(culprit.caller.frame);
	else
		assert_ptr_equal(culprit.caller.frame, &stack->frames[caller]);
	stack_unref(stack);
}

static void expect_scripts(struct stack *stack, const char *language)
{
	struct code_place place = culprit_place(stack);

	assert_non_null(place.frame);
	assert_non_null(place.language);
	assert_string_equal(place.language, language);
	assert_false(place.hidden);
	stack_unref(stack);
}

static void libc_and_wrappers_are_passed_over(void **state)
{
	(void)state;
	expect(STACK(SOCKET, { APP, "open_it" }, MAIN, START), 1, 2);
	expect(STACK(SOCKET, { "/usr/lib/libnspr4.so", "PR_Socket" },
		     { "/usr/lib/libnspr4.so", NULL }, { "/usr/lib/libssl_probe.so", "probe_peer" },
		     MAIN),
	       3, 4);
	expect(STACK(SOCKET, { APP, "uv__socket" }, { APP, "uv_tcp_connect" }, { APP, "dial" },
		     MAIN),
	       3, 4);
	expect(NULL, -1, -1);
	expect(STACK(SOCKET, START), -1, -1);
}

/* A preloaded library's socket() may be several functions deep. */
static void interposers_are_passed_over(void **state)
{
	(void)state;
	expect(STACK(SOCKET, { "/opt/libcount.so", "real_socket" },
		     { "/opt/libcount.so", "count_it" }, { "/opt/libcount.so", "socket" },
		     { APP, "open_it" }, MAIN),
	       4, 5);
	expect(STACK(SOCKET, { APP, "__interceptor_socket" }, { APP, "open_it" }, MAIN), 2, 3);
}

/* GCC makes several functions of one, which then calls itself. */
static void nobody_is_called_from_himself(void **state)
{
	(void)state;
	/* nor from what only calls back: std::function with its helpers */
	expect(STACK(SOCKET, { APP, "Pool::grow()::{lambda()#1}::operator()", 0x40, true },
		     { APP, "std::__invoke_impl<void, Pool::grow()::{lambda()#1}&>", 0x40, true },
		     { APP, "std::_Function_handler<void (), f>::_M_invoke", 0x40 },
		     { APP, "std::function<void ()>::operator()", 0x50, true },
		     { APP, "Pool::grow", 0x50 }, MAIN),
	       1, 5);
	expect(STACK(SOCKET, { APP, "cb" }, { APP, "cb" }, { APP, "loop" }, MAIN), 1, 3);
	expect(STACK(SOCKET, { APP, "walk" }, { APP, "walk" }, { APP, "walk" }, MAIN), 1, 4);
	expect(STACK(SOCKET, { APP, "walk" }, { "/srv/other", "walk" }), 1, 2);
}

/* std::make_unique and its like are not who called, what called them is. */
static void what_the_file_brought_along_did_not_call(void **state)
{
	(void)state;
	expect(STACK(SOCKET, { APP, "Socket::Socket()" }, { APP, "std::make_unique<Socket>()" },
		     { APP, "grow" }, MAIN),
	       1, 3);
	/* but of another file it may have been given anything */
	expect(STACK(SOCKET, { APP, "on_timer" }, { "/usr/lib/libuv.so.1", "uv_run" }, MAIN), 1,
	       -1);
	expect(STACK(SOCKET, { APP, "on_signal" }, { LIBC_SO, "__restore_rt" }, MAIN), 1, -1);
	expect(STACK(SOCKET, { APP, "main" }, { APP, "__libc_start_call_main" }, { APP, "_start" }),
	       1, -1);
}

static void a_library_without_names_is_followed_by_who_uses_it(void **state)
{
	(void)state;
	expect(STACK(SOCKET, { "/usr/lib/libx.so.1", NULL }, { "/usr/lib/libx.so.1", NULL },
		     { "/usr/lib/libuv.so.1", NULL }, { APP, "use_it" }, MAIN),
	       1, 4);
	expect(STACK(SOCKET, { APP, NULL }, { APP, NULL }, START), 1, -1);
	expect(STACK(SOCKET, { "/usr/lib/libx.so.1", NULL }, { PYTHON, NULL }, START), 1, 2);
}

/* Only runtimes: the outermost wrapper next to the call says most. */
static void without_a_program_the_wrapper_is_named(void **state)
{
	(void)state;
	expect(STACK({ APP, "syscall.Socket" }, { APP, "net.socket" },
		     { APP, "net/http.(*Transport).dialConnFor" }, { APP, "runtime.goexit" },
		     { APP, "net.unrelated" }),
	       2, -1);
	expect(STACK(SOCKET, { APP, "runtime.main" }), 1, -1);
}

/* Whoever embeds or switches an interpreter did not make the socket. */
static void the_search_does_not_leave_an_interpreter(void **state)
{
	static const struct listed outer[] = {
		{ "/usr/lib/greenlet/_greenlet.cpython-311-x86_64-linux-gnu.so", "g_switch" },
		{ "/usr/lib/python3/dist-packages/uvloop/loop.cpython-311.so", NULL },
		{ "/usr/bin/gdb", "python_run" },
		{ "/usr/bin/uwsgi", "uwsgi_python_call" },
		{ "/usr/lib/apache2/modules/mod_wsgi.so", NULL },
		{ "/usr/lib/postgresql/plpython3.so", "PLy_exec_function" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(outer) / sizeof(outer[0]); i++)
		expect_scripts(STACK(SOCKET, { LIBPYTHON, "sock_initobj" }, { LIBPYTHON, NULL },
				     outer[i], { LIBPYTHON, "_PyEval_EvalFrameDefault" }, MAIN),
			       "Python");
	expect_scripts(STACK(SOCKET, { outer[1].module, "uv__socket" }, { LIBPYTHON, NULL }, MAIN),
		       "Python");
	/* A binding alone, where the stack ends. */
	expect_scripts(STACK(SOCKET, { "/usr/lib/ruby/3.1.0/socket.so", NULL }), "Ruby");
	/* Its interpreter is a part of the program: blender, or an executable of PyInstaller's. */
	expect_scripts(STACK(SOCKET, { "/opt/app/_socket.cpython-311-x86_64-linux-gnu.so", NULL },
			     { "/opt/app/blender", "_PyEval_EvalFrameDefault" },
			     { "/opt/app/blender", "BPY_run" }, { "/opt/app/blender", "main" }),
		       "Python");
	expect_scripts(STACK(SOCKET, { "/opt/slack/slack", "node::TCPWrap::Connect" },
			     { "/opt/slack/slack", "v8::internal::Builtin_HandleApiCall" },
			     { NULL, NULL }, { "/opt/slack/slack", "main" }),
		       "JavaScript");
	/* A module in C is code that can be mended. */
	expect(STACK(SOCKET, { "/usr/lib/libacme.so.5", "acme_dial" },
		     { "/usr/lib/python3/dist-packages/acme/_acme.so", NULL }, { LIBPYTHON, NULL },
		     MAIN),
	       1, -1);
}

static void scripts_that_a_jit_compiler_named(void **state)
{
	(void)state;
	expect(STACK(SOCKET, { NODE, "uv__socket" }, { NODE, "node::TCPWrap::Connect(int)" },
		     { FRAME_JIT, "LazyCompile:*connect node:net:1100:20" },
		     { FRAME_JIT, "LazyCompile:*dial /srv/app.js:3:12" },
		     { FRAME_JIT, "LazyCompile:*poll /srv/app.js:9:1" }, { NODE, "main" }),
	       4, 5);
	expect(STACK(SOCKET, { "/jdk/libnio.so", "Java_sun_nio_ch_Net_socket0" },
		     { FRAME_JIT, "Interpreter" },
		     { FRAME_JIT, "void java.net.Socket.connect(java.net.SocketAddress)" },
		     { FRAME_JIT, "void app.Client.open(java.lang.String)" },
		     { FRAME_JIT, "StubRoutines (1)" }, { "/jdk/server/libjvm.so", NULL }),
	       4, -1);
	/* What a method returns says nothing of whose it is; nor does a path with parentheses. */
	expect(STACK(SOCKET, { "/jdk/libnio.so", "Java_sun_nio_ch_Net_socket0" },
		     { FRAME_JIT, "java.nio.channels.SocketChannel Leak.openOne()" },
		     { FRAME_JIT, "void Leak.main(java.lang.String[])" }),
	       2, 3);
	expect(STACK(SOCKET, { NODE, "uv__socket" },
		     { FRAME_JIT, "LazyCompile:*connect node:net:1100:20" },
		     { FRAME_JIT, "LazyCompile:*dial /srv/ java.(old)/app.js:3:12" }),
	       3, -1);
	/* CPython's trampolines: between two functions the interpreter is met again. */
	expect(STACK(SOCKET, { "/usr/lib/_socket.so", NULL },
		     { LIBPYTHON, "_PyEval_EvalFrameDefault" },
		     { FRAME_JIT, "py::socket.__init__:/opt/py/lib/python3.12/socket.py" },
		     { LIBPYTHON, "py_trampoline_evaluator" },
		     { FRAME_JIT, "py::Pool.open:/srv/app.py" },
		     { LIBPYTHON, "_PyEval_EvalFrameDefault" },
		     { FRAME_JIT, "py::serve:/srv/app.py" }, { LIBPYTHON, "Py_BytesMain" }, START),
	       5, 7);
	/* Without names, or with the machine's alone. */
	expect_scripts(STACK(SOCKET, { "/jdk/libnio.so", "Java_sun_nio_ch_Net_socket0" },
			     { FRAME_JIT, "Interpreter" }, { NULL, NULL },
			     { "/jdk/server/libjvm.so", NULL }, { "/jdk/bin/java", "main" }),
		       "Java");
	/* LuaJIT's FFI: code in no file comes before the interpreter. */
	expect_scripts(STACK(SOCKET, { NULL, NULL }, { "/usr/lib/libluajit-5.1.so.2", "lj_x" },
			     { "/usr/bin/nginx", "ngx_http_lua_run" }),
		       "Lua");
	/* No interpreter is there: code that was copied. */
	expect(STACK(SOCKET, { NULL, NULL }, { APP, "caller" }), 2, -1);
}

static void an_emulator_hides_the_program(void **state)
{
	struct stack *stack = STACK({ "/usr/libexec/valgrind/memcheck-amd64-linux", NULL },
				    { "/usr/libexec/valgrind/memcheck-amd64-linux", "vgPlain_x" });
	struct code_place place = culprit_place(stack);

	(void)state;
	assert_true(place.hidden);
	assert_string_equal(place.language, "valgrind");
	assert_null(culprit_find(stack, NULL).caller.frame);
	stack->frames[0].module[1] = 'x'; /* a resolver that was taken over says so, no rule does */
	stack->frames[0].kind = FRAME_OF_EMULATOR;
	memset(stack->frames[0].module, 'x', 20);
	assert_non_null(culprit_place(stack).language);
	stack_unref(stack);
}

static void the_executable_says_whether_a_script_runs(void **state)
{
	struct stack *stack = STACK(SOCKET, { "/usr/lib/libpq.so.5", "PQconnectPoll" });

	(void)state;
	assert_true(culprit_find(stack, PYTHON).interpreted);
	assert_false(culprit_find(stack, "/usr/sbin/uwsgi").interpreted);
	assert_false(culprit_find(stack, NULL).interpreted);
	assert_true(culprit_find(NULL, PYTHON).interpreted);
	stack_unref(stack);
}

/* Racket compiles all to code in no file, and its stack ends there. */
static void code_in_no_file_is_of_the_executable(void **state)
{
	struct stack *stack = STACK(SOCKET, { NULL, NULL });
	struct culprit culprit = culprit_find(stack, "/usr/bin/racket");

	(void)state;
	assert_ptr_equal(culprit.where.frame, &stack->frames[1]);
	assert_string_equal(culprit.where.language, "Racket");
	assert_null(culprit_find(stack, "/usr/bin/nginx").where.frame);
	assert_null(culprit_find(NULL, "/usr/bin/racket").where.frame);
	stack->count = 1; /* the call alone may be a library's */
	assert_null(culprit_find(stack, "/usr/bin/racket").where.frame);
	stack->count = 2;
	stack_unref(stack);
}

static void places_are_equal_by_name(void **state)
{
	struct stack *a = STACK({ APP, "f", 0x10 }, { APP, "f", 0x20 }, { APP, NULL, 0x10 },
				{ APP, NULL, 0x20 }, { APP, NULL, 0x10 });
	struct code_place place[5], script = { &a->frames[0], "Python", false }, none = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++)
		place[i] = (struct code_place){ .frame = &a->frames[i] };
	assert_true(code_place_equal(&place[0], &place[1]));
	assert_false(code_place_equal(&place[0], &place[2]));
	assert_false(code_place_equal(&place[2], &place[3]));
	assert_true(code_place_equal(&place[2], &place[4]));
	assert_false(code_place_equal(&place[0], &script));
	assert_false(code_place_equal(&place[0], &none));
	assert_true(code_place_equal(&none, &none));
	stack_unref(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libc_and_wrappers_are_passed_over),
		cmocka_unit_test(interposers_are_passed_over),
		cmocka_unit_test(nobody_is_called_from_himself),
		cmocka_unit_test(what_the_file_brought_along_did_not_call),
		cmocka_unit_test(a_library_without_names_is_followed_by_who_uses_it),
		cmocka_unit_test(without_a_program_the_wrapper_is_named),
		cmocka_unit_test(the_search_does_not_leave_an_interpreter),
		cmocka_unit_test(scripts_that_a_jit_compiler_named),
		cmocka_unit_test(an_emulator_hides_the_program),
		cmocka_unit_test(the_executable_says_whether_a_script_runs),
		cmocka_unit_test(code_in_no_file_is_of_the_executable),
		cmocka_unit_test(places_are_equal_by_name),
	};

	return cmocka_run_group_tests_name("culprit", tests, NULL, NULL);
}
