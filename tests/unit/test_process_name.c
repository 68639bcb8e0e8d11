/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process is called: by its comm, unless that says nothing of the program. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "host/process_name.h"
#include "host/workloads/owner.h"

static void exe_names(void **state)
{
	static const struct {
		const char *exe, *name;
	} cases[] = {
		{ "/usr/bin/node", "node" },
		{ "/usr/bin/node (deleted)", "node" },
		{ "/opt/a-program-with-a-long-name", "a-program-with-" },
		{ "/memfd:jit (deleted)", "memfd:jit" },
		{ "relative", "relative" },
		{ "/usr/bin/", "" },
		{ " (deleted)", " (deleted)" },
		{ NULL, "" },
	};
	char name[SOCKLEAK_COMM_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		process_exe_name(cases[i].exe, name);
		assert_string_equal(name, cases[i].name);
	}
}

static void renames(void **state)
{
	static const struct {
		const char *comm, *exe, *command;
		bool renamed;
	} cases[] = {
		{ "MainThread", "/usr/bin/node", "node server.js", true },
		{ "GeckoMain", "/usr/lib/firefox-esr/firefox-esr", "firefox-esr", true },
		{ "node", "/usr/bin/node", "node server.js", false },
		/* a script, and what runs it under another name */
		{ "delayed_job", "/usr/bin/ruby3.1", "ruby bin/delayed_job run", false },
		{ "python3", "/usr/bin/python3.11", "gunicorn app", false },
		{ "wget", "/bin/busybox", "wget -q x", false },
		/* a title over the arguments, which the comm has the beginning of */
		{ "gunicorn: maste", "/usr/bin/python3.11", "gunicorn: master [app]", false },
		{ "a-program-with-", "/opt/a-program-with-a-long-name", "x", false },
		/* what is not known says nothing */
		{ "MainThread", NULL, "node server.js", false },
		{ "MainThread", "/usr/bin/node", NULL, false },
		{ "", "/usr/bin/node", "node", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char comm[SOCKLEAK_COMM_LEN] = "";

		memcpy(comm, cases[i].comm, strlen(cases[i].comm));
		assert_int_equal(process_is_renamed(comm, cases[i].exe, cases[i].command),
				 cases[i].renamed);
	}
}

/* A comm need not end with a NUL. */
static void whole_comm(void **state)
{
	char comm[SOCKLEAK_COMM_LEN];

	(void)state;
	memset(comm, 'x', sizeof(comm));
	assert_true(process_is_renamed(comm, "/bin/node", "node xxxxxxxxxxxxxxx"));
	assert_false(process_is_renamed(comm, "/bin/node", "node xxxxxxxxxxxxxxxx"));
}

static void names_of_owners(void **state)
{
	struct owner *owner = owner_new(NULL, NULL, NULL);

	(void)state;
	assert_string_equal(owner_name(owner, "MainThread\0\0\0\0\0"), "MainThread");
	strcpy(owner->renamed, "node");
	assert_string_equal(owner_name(owner, "MainThread\0\0\0\0\0"), "node");
	owner_unref(owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exe_names),
		cmocka_unit_test(renames),
		cmocka_unit_test(whole_comm),
		cmocka_unit_test(names_of_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
