/* SPDX-License-Identifier: BSD-2-Clause */
/* plumbing: whose frames are not to blame. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stacks/plumbing.h"

static void libc_is_told(void **state)
{
	(void)state;
	assert_int_equal(plumbing_of("/lib/x86_64-linux-gnu/libc.so.6", "socket"), PLUMBING_LIBC);
	assert_int_equal(plumbing_of("/usr/lib/libpthread-2.31.so", NULL), PLUMBING_LIBC);
	assert_int_equal(plumbing_of("/lib/ld-musl-x86_64.so.1", NULL), PLUMBING_LIBC);
	assert_int_equal(plumbing_of("[vdso]", NULL), PLUMBING_LIBC);
	assert_true(plumbing_is_glibc("/lib64/libc.so.6"));
	assert_false(plumbing_is_glibc("/lib/ld-musl-x86_64.so.1"));
	assert_false(plumbing_is_glibc(NULL));
}

static void runtimes_are_told(void **state)
{
	(void)state;
	assert_int_equal(plumbing_of("/usr/bin/python3.11", "x"), PLUMBING_RUNTIME);
	assert_int_equal(plumbing_of("/usr/lib/ruby/3.1.0/socket.so", "x"), PLUMBING_RUNTIME);
	assert_int_equal(plumbing_of("/usr/lib/libruby-3.1.so.3.1", NULL), PLUMBING_RUNTIME);
	assert_int_equal(plumbing_of("/usr/lib/jvm/lib/libnio.so", NULL), PLUMBING_RUNTIME);
	assert_int_equal(plumbing_of("/usr/bin/node", NULL), PLUMBING_RUNTIME);
	assert_int_equal(plumbing_of("/srv/app", "net.(*sysDialer).dialTCP"), PLUMBING_RUNTIME);
	assert_int_equal(plumbing_of("/srv/app", "runtime/internal/syscall.Syscall6"),
			 PLUMBING_RUNTIME); /* Go 1.19 to 1.22; internal/runtime/ since */
	assert_int_equal(plumbing_of("/srv/app", "golang.org/x/sys/unix.Socket"), PLUMBING_RUNTIME);
	assert_int_equal(plumbing_of("/srv/app", "std::net::tcp::TcpStream::connect"),
			 PLUMBING_RUNTIME);
	assert_int_equal(plumbing_of("/srv/app", "std::make_unique<net::Socket>"),
			 PLUMBING_RUNTIME);
	assert_int_equal(plumbing_of("/srv/app", "<core::iter::Map<I,F> as Iterator>::fold"),
			 PLUMBING_RUNTIME);
	assert_int_equal(plumbing_of("/usr/lib/jvm/lib/libjli.so", "JavaMain"), PLUMBING_RUNTIME);
}

static void programs_are_to_blame(void **state)
{
	(void)state;
	assert_int_equal(plumbing_of("/usr/lib/libqpidcommon.so.2", "qpid::sys::SslSocket"),
			 PLUMBING_NONE);
	assert_int_equal(plumbing_of("/srv/socket.so", "leak"), PLUMBING_NONE);
	assert_int_equal(plumbing_of("/srv/app", "main.leak"), PLUMBING_NONE);
	assert_int_equal(plumbing_of("/srv/libcurl.so.4", NULL), PLUMBING_NONE);
	assert_int_equal(plumbing_of("/srv/network", "network_open"), PLUMBING_NONE);
	assert_int_equal(plumbing_of("/srv/app", "core::Socket::open"), PLUMBING_NONE);
	assert_int_equal(plumbing_of("/srv/app", "std::_Function_handler<void (), f>::_M_invoke"),
			 PLUMBING_NONE); /* f may be inlined there, and nothing tells */
	assert_int_equal(plumbing_of(NULL, NULL), PLUMBING_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libc_is_told),
		cmocka_unit_test(runtimes_are_told),
		cmocka_unit_test(programs_are_to_blame),
	};

	return cmocka_run_group_tests_name("plumbing", tests, NULL, NULL);
}
