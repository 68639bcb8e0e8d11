/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/jit_runtimes.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#include "stacks/names/runtime_frames.h"

#define MAX_FILES 4

struct jit_row {
	const char *name;
	const char *files[MAX_FILES]; /* patterns of base names; a library, or the program */
	const char *command, *needs;  /* without a restart, and from which version on */
	const char *option;
};

static const struct jit_row rows[JIT_RUNTIMES] = {
	[JIT_JAVA] = { "Java",
		       { "libjvm.so" },
		       "jcmd PID Compiler.perfmap",
		       "JDK 17",
		       "java -XX:+PreserveFramePointer -XX:+DumpPerfMapAtExit" },
	[JIT_NODE] = { "Node.js",
		       { "node", "nodejs", "libnode.so.*" },
		       NULL,
		       NULL,
		       "node --perf-basic-prof --interpreted-frames-native-stack" },
	[JIT_DENO] = { "Deno",
		       { "deno" },
		       NULL,
		       NULL,
		       "deno run --v8-flags=--perf-basic-prof,--interpreted-frames-native-stack" },
	[JIT_CHROMIUM] = { "Chromium",
			   { "chrome", "chromium", "electron" },
			   NULL,
			   NULL,
			   "--js-flags=--perf-basic-prof --no-sandbox" },
	[JIT_MONO] = { "Mono",
		       { "mono", "mono-sgen", "libmonosgen-2.0.so*", "libmono-2.0.so*" },
		       NULL,
		       NULL,
		       "mono --jitmap" },
	[JIT_DOTNET] = { ".NET", { "libcoreclr.so" }, NULL, NULL, "DOTNET_PerfMapEnabled=1" },
	[JIT_ERLANG] = { "Erlang", { "beam.smp", "beam" }, NULL, NULL, "erl +JPperf true" },
	[JIT_LUAJIT] = { "LuaJIT",
			 { "luajit*", "libluajit*.so*" },
			 NULL,
			 NULL,
			 "luajit -joff, or a LuaJIT built with -DLUAJIT_USE_PERFTOOLS" },
	[JIT_JULIA] = { "Julia",
			{ "libjulia.so*", "libjulia-internal.so*", "julia" },
			NULL,
			NULL,
			"ENABLE_JITPROFILING=1 julia" },
	[JIT_PHP] = { "PHP",
		      { "opcache.so", "libphp*.so*" },
		      NULL,
		      NULL,
		      "php -d opcache.jit_debug=16" },
	[JIT_RUBY] = { "Ruby",
		       { "ruby", "ruby[0-9]*", "libruby*.so*" },
		       NULL,
		       NULL,
		       "ruby --yjit-perf (Ruby 3.3 and later)" },
	[JIT_POSTGRESQL] = { "PostgreSQL",
			     { "llvmjit.so" },
			     NULL,
			     NULL,
			     "jit_profiling_support = on in postgresql.conf" },
};

enum jit_runtime jit_runtime_of(const char *path)
{
	const char *name = module_name(path);

	for (size_t i = JIT_UNKNOWN + 1; i < JIT_RUNTIMES; i++)
		for (size_t n = 0; n < MAX_FILES && rows[i].files[n]; n++)
			if (!fnmatch(rows[i].files[n], name, 0))
				return (enum jit_runtime)i;
	return JIT_NONE;
}

bool jit_runtime_interprets(const char *function)
{
	return function && !strcmp(function, "Builtins_InterpreterEntryTrampoline");
}

static const struct jit_row *row_of(enum jit_runtime runtime)
{
	static const struct jit_row none;

	return runtime < JIT_RUNTIMES ? &rows[runtime] : &none;
}

const char *jit_runtime_name(enum jit_runtime runtime)
{
	return row_of(runtime)->name;
}

const char *jit_runtime_command(enum jit_runtime runtime)
{
	return row_of(runtime)->command;
}

const char *jit_runtime_option(enum jit_runtime runtime)
{
	return row_of(runtime)->option;
}

/* The command with the process in the place of "PID". */
static void add_command(struct text *text, const char *command, pid_t pid)
{
	const char *at = strstr(command, "PID");

	text_add_bytes(text, command, (size_t)(at - command));
	text_addf(text, "%d%s", pid, at + strlen("PID"));
}

void jit_runtime_add_advice(struct text *text, enum jit_runtime runtime, pid_t pid)
{
	const struct jit_row *row = row_of(runtime);

	if (runtime == JIT_NONE)
		return;
	if (!row->name) {
		text_add(text, "Code that was made at run time has no names: no "
			       "/tmp/perf-PID.map has it");
		return;
	}
	text_addf(text, "Names for code that %s made at run time: ", row->name);
	if (row->command && pid) {
		add_command(text, row->command, pid);
		text_addf(text, " (%s and later); or", row->needs);
	}
	text_addf(text, "%sstart it with %s", row->command && pid ? " " : "", row->option);
}
