/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of generic functions, as a line of text shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/short_name.h"
#include "stacks/names/function_name.h"

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

/* The symbol has 539 bytes; in the library's own words it is some 900. */
static void a_name_of_many_lines(void **state)
{
	static const char symbol[] =
		"_RINvCs6xxl1lAjzDf_1a4leakNCNCNvXB2_INtB2_7WrappedINtNtNtNtCsgEmfK2I1SDS_"
		"4core4iter8adapters10take_while9TakeWhileINtNtBQ_5chain5ChainINtNtBQ_"
		"7flatten7FlatMapINtNtNtNtCsjrHSEGnQ3l9_"
		"3std11collections4hash3map6ValuesNtNtCslNYArtu3iFV_5alloc6string6StringINtNtB3t_"
		"3vec3VecINtNtBU_6option6OptionINtNtBU_6result6ResulthNtNtNtB2E_"
		"2io5error5ErrorEEEEINtNtBQ_3map3MapINtNtBQ_6filter6FilterINtNtBQ_"
		"9enumerate9EnumerateINtNtNtBU_5slice4iter4IterB4i_EENCNCNvB2_4main00ENCB76_s_"
		"0ENCB78_0EINtNtNtBU_3ops5range5RangemEENCB78_s_0EjENtB2_5Maker4make00EB2_";
	char *name = function_name(symbol, LANGUAGE_ANY);

	(void)state;
	assert_true(strlen(name) > 500);
	check(name, "a::leak");
	free(name);
}

static void d(void **state)
{
	(void)state;
	check("a.Pool!(a.Client, a.Client.connect(immutable(char)[]).__lambda2).Pool."
	      "open!(immutable(char)[]).open",
	      "a.Pool.Pool.open.open");
	check(LONG "not!=(x)", LONG "not!=(x)");
	check(LONG "f!(broken", LONG "f!(broken");
}

/* The middle is left out, and the function's own name stays. */
static void what_is_longer_still_is_cut(void **state)
{
	char name[1024], wanted[256];

	(void)state;
	memset(name, 'a', sizeof(name));
	strcpy(name + 500, "::Connection::open");
	memset(wanted, 'a', SHORT_NAME_LIMIT);
	strcpy(wanted + SHORT_NAME_LIMIT - strlen("open"), "...open");
	check(name, wanted);
	memcpy(name + SHORT_NAME_LIMIT - 5, "\xc3\xa9", 2); /* not within a character */
	strcpy(wanted + SHORT_NAME_LIMIT - 5, "...open");
	check(name, wanted);
	/* Nobody writes such names but to make a report unreadable. */
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	memset(wanted, 'a', SHORT_NAME_LIMIT + 3);
	memcpy(wanted + SHORT_NAME_LIMIT - SHORT_NAME_OWN, "...", 3);
	wanted[SHORT_NAME_LIMIT + 3] = '\0';
	check(name, wanted);
	strcpy(name + 1000, ":");
	strcpy(wanted + SHORT_NAME_LIMIT + 2, ":");
	check(name, wanted);
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

static void python(void **state)
{
	(void)state;
	check("py::Pool.open:/srv/app.py", "Pool.open");
	check("py::fill.<locals>.<lambda>:/srv/a:b.py", "fill.<locals>.<lambda>");
	check("py::<module>:<string>", "<module>");
	check("py::no_file", "py::no_file");
	check("py:::/srv/app.py", "py:::/srv/app.py");
	assert_string_equal(short_name_module("py::f:/srv/a:b.py", "[jit]"), "/srv/a:b.py");
	assert_string_equal(short_name_module("LazyCompile:*f /srv/a.js", "[jit]"), "[jit]");
	assert_string_equal(short_name_module(NULL, "/usr/bin/python3.11"), "python3.11");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_ones_stay),
		cmocka_unit_test(rust),
		cmocka_unit_test(cplusplus),
		cmocka_unit_test(a_name_of_many_lines),
		cmocka_unit_test(d),
		cmocka_unit_test(python),
		cmocka_unit_test(what_is_longer_still_is_cut),
		cmocka_unit_test(what_is_no_argument_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
