/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of generic functions, as a line of text shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "report/short_name.h"

/* What makes a name longer than SHORT_NAME_MAX, in front of what is looked at. */
#define LONG "a_module_whose_name_is_so_long_that_no_line_of_80_columns_has_room_for_it::"

static void check(const char *name, const char *wanted)
{
	_cleanup_text_ struct text text = {};

	short_name_add(&text, name);
	assert_string_equal(text_str(&text), wanted);
}

static void short_ones_stay(void **state)
{
	(void)state;
	check("", "");
	check("socket", "socket");
	check("Pool<Socket>::make", "Pool<Socket>::make");
}

static void rust(void **state)
{
	(void)state;
	/* as rustc 1.97 names them: what stands around main() in every program */
	check("std::sys::backtrace::__rust_begin_short_backtrace::<fn() -> "
	      "core::result::Result<(), "
	      "alloc::boxed::Box<dyn core::error::Error>>, ()>",
	      "std::sys::backtrace::__rust_begin_short_backtrace");
	check("<alloc::boxed::Box<dyn core::ops::function::FnOnce<(), Output = ()>> as "
	      "core::ops::function::FnOnce<()>>::call_once",
	      "<alloc::boxed::Box as core::ops::function::FnOnce>::call_once");
	check("<" LONG "Pool<T>>::get::<u8>::{closure#0}", "<" LONG "Pool>::get::{closure#0}");
	check(LONG "each::<fn(u8) -> u8>", LONG "each");
}

static void cplusplus(void **state)
{
	(void)state;
	check(LONG "Pool<Socket, std::allocator<Socket> >::make", LONG "Pool::make");
	check(LONG "Array<(3>2)>::make", LONG "Array::make");
	check(LONG "operator<<", LONG "operator<<");
	check(LONG "operator<=><int>", LONG "operator<=>");
	check(LONG "operator-><int>", LONG "operator->");
	check(LONG "my_operator<int>", LONG "my_operator");
	check(LONG "{lambda(Pool<int>)#1}::operator()", LONG "{lambda(Pool)#1}::operator()");
}

static void what_is_no_argument_stays(void **state)
{
	(void)state;
	check(LONG "Leak.<anonymous>", LONG "Leak.<anonymous>");
	check(LONG "Leak::<init>", LONG "Leak::<init>");
	check(LONG "Leak::<clinit>", LONG "Leak::<clinit>");
	check("<module> " LONG, "<module> " LONG);
	check(LONG "a<b", LONG "a<b");
	check(LONG "a<b<c>", LONG "a<b<c>");
	check(LONG "a>b", LONG "a>b");
	check(LONG "a::<", LONG "a::<");
	check(LONG "\x1b<x>\xff<y>", LONG "\\x1b<x>\xef\xbf\xbd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_ones_stay),
		cmocka_unit_test(rust),
		cmocka_unit_test(cplusplus),
		cmocka_unit_test(what_is_no_argument_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
