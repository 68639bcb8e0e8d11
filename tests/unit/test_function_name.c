/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols as people read them, and symbols that are traps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stacks/names/function_name.h"

static void check(const char *symbol, enum language language, const char *wanted)
{
	char *name = function_name(symbol, language);

	assert_string_equal(name, wanted);
	free(name);
}

static void plain(void **state)
{
	(void)state;
	check("socket", false, "socket");
	check("socket@@GLIBC_2.2.5", false, "socket");
	check("socket@GLIBC_2.2.5", false, "socket");
	check("@strange", false, "@strange");
	check("work.isra.0@V_1.2", false, "work");
	check("a@b#c", false, "a@b#c");
	check("a@", false, "a");
	check("", false, "");
	check("_ZN4qpid3sys9SslSocketC1Ei", false, "qpid::sys::SslSocket::SslSocket");
	check("_ZN5hello4main17h0123456789abcdefE", false, "hello::main");
	check("_RNvCs1234_7mycrate3foo", false, "mycrate::foo");
	check("_Z", false, "_Z");
	check("_RNvC00", false, "_RNvC00");   /* "" */
	check("_RNvC0_3foo", false, "::foo"); /* the demangler adds a piece of no bytes */
}

static void clones(void **state)
{
	(void)state;
	check("work.constprop.0", false, "work");
	check("work.isra.12", false, "work");
	check("work.part.0", false, "work");
	check("work.cold", false, "work");
	check("work.part.0.isra.0.cold", false, "work");
	check("work.lto_priv.3", false, "work");
	check("work.llvm.123456789", false, "work");
	check("_ZN1a1bEv.constprop.0", false, "a::b");
	check("_ZN5hello4main17h0123456789abcdefE.llvm.42", false, "hello::main");
	check("work.constprop.0@@V1", false, "work");
	/* these are names, not copies */
	check(".cold", false, ".cold");
	check("cold", false, "cold");
	check("work.0", false, "work.0");
	check("work.colder", false, "work.colder");
	check("work.part.", false, "work.part.");
	check("5.0", false, "5.0");
	check("123", false, "123");
}

static void go(void **state)
{
	(void)state;
	check("main.main", true, "main.main");
	check("main.cold", true, "main.cold");
	check("net.(*Dialer).DialContext.func1", true, "net.(*Dialer).DialContext.func1");
	check("main.part.0", true, "main.part.0");
	check("main.main", false, "main.main");
}

/* f<X<int, int>, X<S1, S1>, X<S2, S2>, ...>: each doubles the one before, to 2^32 of them. */
static void a_name_that_explodes(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char symbol[1024] = "_Z1fI1XIiiE";
	unsigned int i;
	char *name;

	(void)state;
	for (i = 1; i <= 32; i++) /* S_ is f, S0_ is X, S1_ the first X<> */
		sprintf(symbol + strlen(symbol), "S0_IS%c_S%c_E", digits[i], digits[i]);
	strcat(symbol, "Evv");
	alarm(120);
	name = function_name(symbol, false);
	alarm(0);
	assert_string_equal(name, symbol);
	free(name);
	/* the same of a sane size */
	check("_Z1fI1XIiiES0_IS1_S1_EEvv", false, "f<X<int, int>, X<X<int, int>, X<int, int> > >");
}

static void a_very_long_name(void **state)
{
	char *symbol = malloc(1 << 20), *name;

	(void)state;
	assert_non_null(symbol);
	memset(symbol, 'a', (1 << 20) - 1);
	symbol[(1 << 20) - 1] = '\0';
	memcpy(symbol, "_ZN", 3);
	alarm(120);
	name = function_name(symbol, false);
	alarm(0);
	assert_int_equal(strlen(name), FUNCTION_NAME_MAX - 1);
	assert_memory_equal(name, symbol, FUNCTION_NAME_MAX - 1);
	free(name);
	name = function_name(symbol, true);
	assert_int_equal(strlen(name), FUNCTION_NAME_MAX - 1);
	free(name);
	symbol[5000] = '\0'; /* too long to be demangled, not to be shown */
	check(symbol, false, symbol);
	free(symbol);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(clones),
		cmocka_unit_test(go),
		cmocka_unit_test(a_name_that_explodes),
		cmocka_unit_test(a_very_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
