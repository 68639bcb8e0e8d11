/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of other languages. The symbols are those of programs made with GDC 12, GNAT 12, GHC 9.0,
 * OCaml 4.13, FPC 3.2, Nim 1.6 and Crystal 1.6, and names that only look like them.
 */
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

struct example {
	enum language language;
	const char *symbol, *wanted;
};

static void check_all(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *name = function_name(examples[i].symbol, examples[i].language);

		if (strcmp(name, examples[i].wanted) != 0)
			fail_msg("%s: expected %s, seen %s", examples[i].symbol, examples[i].wanted,
				 name);
		free(name);
	}
}
#define CHECK_ALL(examples) check_all(examples, sizeof(examples) / sizeof((examples)[0]))

static void names_of_d(void **state)
{
	static const struct example examples[] = {
		{ 0, "_D1a6Client7connectMFAyaZi", "a.Client.connect" },
		{ 0, "_D1a6Client6__ctorMFiZCQvQv", "a.Client.this" },
		{ 0, "_D1a6Client6__dtorMFZv", "a.Client.~this" },
		{ 0, "_D1a4mainFZ6nestedMFNfiZv", "a.main.nested" },
		{ 0, "_D1a4mainFZ__T9__lambda2TiZQnFNfiZC3std6socket9TcpSocket",
		  "a.main.__lambda2!(int).__lambda2" },
		{ 0,
		  "_D1a__T4PoolTCQm6ClientSQwQk7connectMFAyaZ9__lambda2ZQBu__"
		  "T4openTQBbZQkMFNaNbNiNfQBriZi",
		  "a.Pool!(a.Client, a.Client.connect(immutable(char)[]).__lambda2).Pool."
		  "open!(immutable(char)[]).open" },
		{ 0, "_D3std6socket6Socket6handleMxFNaNbNdNiNfZE3std6socket8socket_t",
		  "std.socket.Socket.handle" },
		{ 0, "_Dmain", "D main" },
		{ 0, "_Data", "_Data" },
		{ 0, "_D9", "_D9" },
	};

	(void)state;
	CHECK_ALL(examples);
}

/* C has names of the same form, so the language must be known. */
static void names_of_ada(void **state)
{
	static const struct example examples[] = {
		{ LANGUAGE_ADA, "net_pool__inner__open_it__2", "net_pool.inner.open_it" },
		{ LANGUAGE_ADA, "net_pool__inner__open_it__nested.0",
		  "net_pool.inner.open_it.nested" },
		{ LANGUAGE_ADA, "net_pool__inner__Oadd", "net_pool.inner.\"+\"" },
		{ LANGUAGE_ADA, "_ada_a", "a" },
		{ LANGUAGE_ADA, "socket", "socket" },
		{ LANGUAGE_ADA, "net_pool__workerTB", "net_pool__workerTB" },
		{ LANGUAGE_ADA, "_ZN1a1bEv", "a::b" },
		{ LANGUAGE_ANY, "uv__socket", "uv__socket" },
	};

	(void)state;
	CHECK_ALL(examples);
}

static void names_of_haskell(void **state)
{
	static const struct example examples[] = {
		{ 0, "base_GHCziIOziHandleziText_hPutStr2_info",
		  "base:GHC.IO.Handle.Text.hPutStr2" },
		{ 0, "base_GHCziIOziHandleziText_zdwhPutChar_info",
		  "base:GHC.IO.Handle.Text.$whPutChar" },
		{ 0, "networkzm3zi1zi2_NetworkziSocket_socket1_info",
		  "network-3.1.2:Network.Socket.socket1" },
		{ 0, "ghczmbignum_GHCziNumziBigNat_BNzh_con_info",
		  "ghc-bignum:GHC.Num.BigNat.BN#" },
		{ LANGUAGE_HASKELL, "Main_openItzq_info", "Main.openIt'" },
		{ LANGUAGE_HASKELL, "Main_zpzpzp_info", "Main.+++" },
		{ LANGUAGE_HASKELL, "ZCMain_main_info", ":Main.main" },
		{ LANGUAGE_HASKELL, "Main_az7cUb_info", "Main.a|b" },
		{ LANGUAGE_HASKELL, "Main_z00e9U_info", "Main.z00e9U" },
		{ LANGUAGE_HASKELL, "Main_z_info", "Main.z" },
		/* C's */
		{ 0, "SSL_get_info", "SSL_get_info" },
		{ 0, "gzip_Read_header_info", "gzip_Read_header_info" },
		{ LANGUAGE_HASKELL, "get_info", "get_info" },
		{ LANGUAGE_HASKELL, "Main_info", "Main_info" },
		{ LANGUAGE_HASKELL, "_info", "_info" },
		{ LANGUAGE_HASKELL, "stg_ap_v_fast", "stg_ap_v_fast" },
	};

	(void)state;
	CHECK_ALL(examples);
}

static void names_of_ocaml(void **state)
{
	static const struct example examples[] = {
		{ 0, "camlA__open_it_82", "A.open_it" },
		{ 0, "camlStdlib__List__iter_261", "Stdlib.List.iter" },
		{ 0, "camlStdlib__List.iter_261", "Stdlib.List.iter" },
		{ 0, "camlDune__exe__Main__serve_12", "Dune__exe.Main.serve" },
		{ 0, "camlDune__exe__Main.serve_12", "Dune__exe.Main.serve" },
		{ 0, "camlA__$40$2b_127", "A.@+" },
		{ 0, "camlA__fun_256", "A.fun_256" }, /* no other name tells it */
		{ 0, "camlA__entry", "A.entry" },
		{ 0, "camlA__x$", "A.x$" },
		/* the runtime's, in C */
		{ 0, "caml_apply2", "caml_apply2" },
		{ 0, "camlA", "camlA" },
		{ 0, "camlA__", "camlA__" },
	};

	(void)state;
	CHECK_ALL(examples);
}

static void names_of_pascal(void **state)
{
	static const struct example examples[] = {
		{ 0, "P$A$_$TCONN_$__$$_OPEN$LONGINT$SHORTSTRING", "A.TCONN.OPEN" },
		{ 0, "P$A$_$TCONN_$_OPEN$LONGINT$SHORTSTRING_$$_NESTED", "A.TCONN.OPEN.NESTED" },
		{ 0, "P$A_$$_MAKEIT$LONGINT$$LONGINT", "A.MAKEIT" },
		{ 0, "SYSTEM_$$_HALT$LONGINT", "SYSTEM.HALT" },
		{ 0, "U_$$_$plus$TVEC$TVEC$$TVEC", "U.$plus" },
		{ 0, "PASCALMAIN", "PASCALMAIN" },
		{ 0, "a_$$_b-c", "a_$$_b-c" },
	};

	(void)state;
	CHECK_ALL(examples);
}

static void names_of_nim(void **state)
{
	static const struct example examples[] = {
		{ LANGUAGE_NIM, "newSocket__pureZnet_159", "net.newSocket" },
		{ LANGUAGE_NIM, "open_it__a_17", "a.open_it" },
		{ LANGUAGE_NIM, "pluseq___a_11", "a.`+=`" },
		{ LANGUAGE_NIM, "eqdestroy___a_11", "a.eqdestroy_" },
		{ LANGUAGE_NIM, "NimMain", "NimMain" },
		{ LANGUAGE_NIM, "__a_1", "__a_1" },
		{ LANGUAGE_ANY, "open_it__a_17", "open_it__a_17" },
	};

	(void)state;
	CHECK_ALL(examples);
}

/* Nothing of them is taken for a symbol's version. */
static void names_of_crystal(void **state)
{
	static const struct example examples[] = {
		{ 0, "*Socket@Crystal::System::Socket#create_handle<Socket::Family, Bool>:Int32",
		  "Socket@Crystal::System::Socket#create_handle<Socket::Family, Bool>" },
		{ 0, "*Pool(Int32)@Pool(T)#open<Int32, String>:Array(Socket+)",
		  "Pool(Int32)@Pool(T)#open<Int32, String>" },
		{ 0, "*Fiber::StackPool#checkout:Tuple(Pointer(Void), Pointer(Void))",
		  "Fiber::StackPool#checkout" },
		{ 0, "*Pool::open_one:Array(Socket+)", "Pool::open_one" },
		{ 0, "*Socket#initialize<Int32>:(Int32 | Nil)", "Socket#initialize<Int32>" },
		{ 0,
		  "~proc2Proc(Fiber, (IO::FileDescriptor | Nil))@/usr/lib/crystal/lib/fiber.cr:98",
		  "~proc2Proc(Fiber, (IO::FileDescriptor | "
		  "Nil))@/usr/lib/crystal/lib/fiber.cr:98" },
		{ 0, "*Pool::open_one", "*Pool::open_one" },
		{ 0, "*Pool:", "*Pool:" },
		{ 0, "*:", "*:" },
		{ 0, "*socket:Nil", "*socket:Nil" },
	};

	(void)state;
	CHECK_ALL(examples);
}

/* "Q" and how far back: in base 26, the last digit in a small letter. */
static void add_back_reference(char *symbol, size_t to)
{
	size_t back = strlen(symbol) - to;

	if (back >= 26)
		sprintf(symbol + strlen(symbol), "Q%c%c", (int)('A' + back / 26),
			(int)('a' + back % 26));
	else
		sprintf(symbol + strlen(symbol), "Q%c", (int)('a' + back));
}

/* f!(T, T[T], T[T][T[T]], ...).g: each type is twice the one before. */
static void doubling_name(char symbol[1024], unsigned int times)
{
	size_t before, type;

	strcpy(symbol, "_D1a__T1fTAya");
	before = strlen("_D1a__T1fT");
	for (unsigned int i = 0; i < times; i++) {
		strcat(symbol, "T");
		type = strlen(symbol);
		strcat(symbol, "H");
		add_back_reference(symbol, before);
		add_back_reference(symbol, before);
		before = type;
	}
	strcat(symbol, "Z1gFZv");
}

static void back_references_are_bounded(void **state)
{
	char symbol[1024], *name;

	(void)state;
	doubling_name(symbol, 1);
	name = function_name(symbol, LANGUAGE_ANY);
	assert_string_equal(name, "a.f!(immutable(char)[], "
				  "immutable(char)[][immutable(char)[]]).g");
	free(name);
	doubling_name(symbol, 40); /* to 2^40 */
	alarm(120);
	name = function_name(symbol, LANGUAGE_ANY);
	alarm(0);
	assert_string_equal(name, symbol);
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_d),	    cmocka_unit_test(names_of_ada),
		cmocka_unit_test(names_of_haskell), cmocka_unit_test(names_of_ocaml),
		cmocka_unit_test(names_of_pascal),  cmocka_unit_test(names_of_nim),
		cmocka_unit_test(names_of_crystal), cmocka_unit_test(back_references_are_bounded),
	};

	return cmocka_run_group_tests_name("language_name", tests, NULL, NULL);
}
