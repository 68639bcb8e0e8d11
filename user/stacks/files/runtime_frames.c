/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/runtime_frames.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

static const char *const glibc[] = {
	"libc.so.6", "libc-2.*.so", "libpthread.so.0", "libpthread-2.*.so", NULL,
};

static const char *const libc[] = {
	"ld-linux*.so.*",   "ld-2.*.so", "ld64.so.*", "ld-musl-*.so.*",
	"libc.musl-*.so.*", "\\[vdso]",	 NULL,
};

/* Base names of files that hold a runtime and nothing of the program. */
static const char *const runtimes[] = {
	"python[23]*",	  "libpython[23]*.so*",
	"_socket.*.so",	  "_asyncio.*.so",
	"ruby",		  "ruby[0-9]*",
	"libruby*.so*",	  "perl",
	"perl5*",	  "libperl.so*",
	"Socket.so",	  "node",
	"nodejs",	  "libnode.so*",
	"libuv.so*",	  "libjvm.so",
	"libjava.so",	  "libnet.so",
	"libnio.so",	  "libstdc++.so.6*",
	"libgcc_s.so.1*", "php*",
	"lua*",		  "liblua*.so*",
	"libcoreclr.so",  "libSystem.Native.so",
	"libgo.so*",	  "java",
	"libjli.so",	  "dotnet",
	"libhostfxr.so",  "libhostpolicy.so",
	"beam.smp",	  NULL,
};

/* Paths, for names that are too common by themselves. */
static const char *const runtime_paths[] = {
	"*/ruby/*/socket.so",
	"*/perl*/auto/*.so",
	NULL,
};

/* Functions of standard libraries that are linked into the program: Go's, Rust's and C++'s. */
static const char *const runtime_functions[] = {
	"runtime.*",	"runtime/*",	"syscall.*",	      "internal/*", "net.*",
	"crypto/tls.*", "net/http.*",	"golang.org/x/sys/*", "std::*",	    "<std::*",
	"__gnu_cxx::*", "core::ops::*", "core::iter::*",      "<core::*",   "alloc::vec::*",
	"<alloc::*",	NULL,
};

/* But these of C++ call what they were given, which then often is part of them. */
static const char *const callers_of_code[] = {
	"std::*::_M_invoke", "std::*::_M_run", "std::__invoke*", "std::invoke*", NULL,
};

static bool matches_any(const char *name, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0))
			return true;
	return false;
}

const char *module_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

bool runtime_frame_is_glibc(const char *module)
{
	return module && matches_any(module_name(module), glibc);
}

bool runtime_frame_is_end(const char *module, const char *function)
{
	static const char *const ends[] = {
		"socket",
		"__socket",
		"__libc_start_main*",
		"__libc_start_call_main",
		"start_thread",
		"clone",
		"clone3",
		"__clone*",
		NULL,
	};

	return function && runtime_frame_is_glibc(module) && matches_any(function, ends);
}

enum frame_kind runtime_frame_kind(const char *module, const char *function)
{
	if (module && (runtime_frame_is_glibc(module) || matches_any(module_name(module), libc)))
		return FRAME_OF_LIBC;
	if (module &&
	    (matches_any(module_name(module), runtimes) || matches_any(module, runtime_paths)))
		return FRAME_OF_RUNTIME;
	if (function && matches_any(function, runtime_functions) &&
	    !matches_any(function, callers_of_code))
		return FRAME_OF_RUNTIME;
	return FRAME_OF_PROGRAM;
}
