/* SPDX-License-Identifier: BSD-2-Clause */
/* Runtimes that make code: how they are known, and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stacks/files/jit_runtimes.h"

static void files_of_runtimes(void **state)
{
	static const struct {
		const char *path;
		enum jit_runtime runtime;
	} files[] = {
		{ "/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so", JIT_JAVA },
		{ "/usr/bin/node", JIT_NODE },
		{ "/usr/lib/x86_64-linux-gnu/libnode.so.108", JIT_NODE },
		{ "/usr/bin/deno", JIT_DENO },
		{ "/opt/app/electron", JIT_CHROMIUM },
		{ "/usr/bin/mono-sgen", JIT_MONO },
		{ "/usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/libcoreclr.so",
		  JIT_DOTNET },
		{ "/usr/lib/erlang/erts-13.1.5/bin/beam.smp", JIT_ERLANG },
		{ "/usr/bin/luajit-2.1.0-beta3", JIT_LUAJIT },
		{ "/usr/lib/x86_64-linux-gnu/libluajit-5.1.so.2.1.0", JIT_LUAJIT },
		{ "/opt/julia/lib/julia/libjulia-internal.so.1.10", JIT_JULIA },
		{ "/usr/lib/php/20220829/opcache.so", JIT_PHP },
		{ "/usr/lib/x86_64-linux-gnu/libruby-3.3.so.3.3.0", JIT_RUBY },
		{ "/usr/lib/postgresql/15/lib/llvmjit.so", JIT_POSTGRESQL },
		{ "/usr/bin/node_exporter", JIT_NONE },
		{ "/usr/lib/libjvmti.so", JIT_NONE },
		{ "/node/app", JIT_NONE },
		{ "", JIT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (jit_runtime_of(files[i].path) != files[i].runtime)
			fail_msg("%s: %d", files[i].path, jit_runtime_of(files[i].path));
}

static void check(enum jit_runtime runtime, pid_t pid, const char *wanted)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	jit_runtime_add_advice(&text, runtime, pid);
	assert_string_equal(text_str(&text), wanted);
}

static void advice(void **state)
{
	(void)state;
	check(JIT_NONE, 42, "");
	check(JIT_JAVA, 42,
	      "Names for code that Java made at run time: jcmd 42 Compiler.perfmap (JDK 17 and "
	      "later); or start it with java -XX:+PreserveFramePointer -XX:+DumpPerfMapAtExit");
	/* it has ended */
	check(JIT_JAVA, 0,
	      "Names for code that Java made at run time: start it with java "
	      "-XX:+PreserveFramePointer -XX:+DumpPerfMapAtExit");
	check(JIT_NODE, 42,
	      "Names for code that Node.js made at run time: start it with node "
	      "--perf-basic-prof --interpreted-frames-native-stack");
	check(JIT_UNKNOWN, 42,
	      "Code that was made at run time has no names: no /tmp/perf-PID.map has it");
}

/* Nothing in the table is half filled in. */
static void rows_are_whole(void **state)
{
	(void)state;
	for (int i = JIT_UNKNOWN + 1; i < JIT_RUNTIMES; i++) {
		const char *command = jit_runtime_command((enum jit_runtime)i);

		assert_non_null(jit_runtime_name((enum jit_runtime)i));
		assert_non_null(jit_runtime_option((enum jit_runtime)i));
		assert_true(!command || strstr(command, "PID"));
	}
	assert_null(jit_runtime_name(JIT_UNKNOWN));
	assert_null(jit_runtime_option(JIT_NONE));
	assert_null(jit_runtime_name(JIT_RUNTIMES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_runtimes),
		cmocka_unit_test(advice),
		cmocka_unit_test(rows_are_whole),
	};

	return cmocka_run_group_tests_name("jit_runtimes", tests, NULL, NULL);
}
