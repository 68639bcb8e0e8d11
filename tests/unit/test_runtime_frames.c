/* SPDX-License-Identifier: BSD-2-Clause */
/* runtime_frames: whose frames are not to blame. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stacks/names/runtime_frames.h"

static void libc_is_reported(void **state)
{
	(void)state;
	assert_int_equal(runtime_frame_kind("/lib/x86_64-linux-gnu/libc.so.6", "socket"),
			 FRAME_OF_LIBC);
	assert_int_equal(runtime_frame_kind("/usr/lib/libpthread-2.31.so", NULL), FRAME_OF_LIBC);
	assert_int_equal(runtime_frame_kind("/lib/ld-musl-x86_64.so.1", NULL), FRAME_OF_LIBC);
	assert_int_equal(runtime_frame_kind("[vdso]", NULL), FRAME_OF_LIBC);
	assert_true(runtime_frame_is_glibc("/lib64/libc.so.6"));
	assert_false(runtime_frame_is_glibc("/lib/ld-musl-x86_64.so.1"));
	assert_false(runtime_frame_is_glibc(NULL));
}

/* The rules by example are in test_frame_rules.c; here what is easily mistaken for another. */
static void runtimes_are_reported(void **state)
{
	(void)state;
	assert_int_equal(runtime_frame_kind("/usr/bin/python3.11", "x"), FRAME_OF_INTERPRETER);
	assert_int_equal(runtime_frame_kind("/usr/lib/ruby/3.1.0/socket.so", "x"),
			 FRAME_OF_BINDING);
	assert_int_equal(runtime_frame_kind("/srv/app", "net.(*sysDialer).dialTCP"),
			 FRAME_OF_WRAPPER);
	assert_int_equal(runtime_frame_kind("/srv/app", "runtime/internal/syscall.Syscall6"),
			 FRAME_OF_RUNTIME); /* Go 1.19 to 1.22; internal/runtime/ since */
	assert_int_equal(runtime_frame_kind("/srv/app", "std::make_unique<net::Socket>"),
			 FRAME_OF_RUNTIME);
	assert_int_equal(runtime_frame_kind("/srv/app", "<core::iter::Map<I,F> as Iterator>::fold"),
			 FRAME_OF_RUNTIME);
	assert_int_equal(runtime_frame_kind(FRAME_JIT, "void io.netty.channel.Bootstrap.connect()"),
			 FRAME_OF_PROGRAM); /* no package of Go's */
	assert_int_equal(runtime_frame_kind(FRAME_JIT, "void app.Main.run(java.net.Socket, int)"),
			 FRAME_OF_PROGRAM); /* the parameters are the JDK's, the method is not */
}

static void an_interpreter_is_known_by_its_executable(void **state)
{
	(void)state;
	assert_string_equal(runtime_frame_interpreter("/usr/bin/python3.11"), "Python");
	assert_string_equal(runtime_frame_interpreter("/usr/bin/node"), "JavaScript");
	assert_null(runtime_frame_interpreter("/usr/bin/nginx"));
	assert_null(runtime_frame_interpreter("/usr/sbin/uwsgi"));
	assert_null(runtime_frame_interpreter("/usr/lib/libnet.so")); /* a library of Java's */
	assert_null(runtime_frame_interpreter(NULL));
}

static void programs_are_to_blame(void **state)
{
	(void)state;
	assert_int_equal(runtime_frame_kind("/usr/lib/libqpidcommon.so.2", "qpid::sys::SslSocket"),
			 FRAME_OF_PROGRAM);
	assert_int_equal(runtime_frame_kind("/srv/socket.so", "leak"), FRAME_OF_PROGRAM);
	assert_int_equal(runtime_frame_kind("/srv/app", "main.leak"), FRAME_OF_PROGRAM);
	assert_int_equal(runtime_frame_kind("/srv/libacme.so.5", NULL), FRAME_OF_PROGRAM);
	assert_int_equal(runtime_frame_kind("/srv/network", "network_open"), FRAME_OF_PROGRAM);
	assert_int_equal(runtime_frame_kind("/srv/app", "core::Socket::open"), FRAME_OF_PROGRAM);
	assert_int_equal(
		runtime_frame_kind("/srv/app", "std::_Function_handler<void (), f>::_M_invoke"),
		FRAME_OF_PROGRAM); /* f may be inlined there, and nothing tells */
	assert_int_equal(runtime_frame_kind(NULL, NULL), FRAME_OF_PROGRAM);
}

/* Of these no source line is looked for: glibc's debug information stays as compressed as it is. */
static void ends_are_glibc_alone(void **state)
{
	(void)state;
	assert_true(runtime_frame_is_end("/usr/lib/x86_64-linux-gnu/libc.so.6", "__socket"));
	assert_true(runtime_frame_is_end("/lib/libc.so.6", "__libc_start_call_main"));
	assert_true(runtime_frame_is_end("/lib/libc.so.6", "__libc_start_main@@GLIBC_2.34"));
	assert_true(runtime_frame_is_end("/lib/libpthread.so.0", "start_thread"));
	assert_true(runtime_frame_is_end("/lib/libc.so.6", "__connect"));
	assert_false(runtime_frame_is_end("/lib/libc.so.6", "getaddrinfo"));
	assert_false(runtime_frame_is_end("/lib/libc.so.6", "__socketpair"));
	assert_false(runtime_frame_is_end("/lib/libc.so.6", NULL));
	assert_false(runtime_frame_is_end("/srv/app", "socket"));
	assert_false(runtime_frame_is_end(NULL, "socket"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libc_is_reported),
		cmocka_unit_test(runtimes_are_reported),
		cmocka_unit_test(an_interpreter_is_known_by_its_executable),
		cmocka_unit_test(programs_are_to_blame),
		cmocka_unit_test(ends_are_glibc_alone),
	};

	return cmocka_run_group_tests_name("runtime_frames", tests, NULL, NULL);
}
