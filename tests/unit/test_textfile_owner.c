/* SPDX-License-Identifier: BSD-2-Clause */
/* textfile_owner: another agent is known by its line, and nobody else can pass for one. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child_fixture.h"
#include "host/process.h"
#include "host/textfile_owner.h"
#include "lib/text.h"

static char path[64];

static void write_line(const char *line)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(line, file);
	fclose(file);
}

static void write_for(pid_t pid, __u64 start_ns)
{
	char line[128];

	snprintf(line, sizeof(line), "# sockleak agent, pid %d, started %llu ns after boot\nmore\n",
		 (int)pid, (unsigned long long)start_ns);
	write_line(line);
}

static int begin(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/sockleak-owner-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 || close(fd);
}

static int end(void **state)
{
	(void)state;
	return unlink(path) && access(path, F_OK) == 0;
}

static bool without_rights(void)
{
	return !setresuid(1, 1, 1); /* root gives up its capabilities with its user */
}

static void another_agent(void **state)
{
	pid_t child, unprivileged;
	__u64 start_ns;

	(void)state;
	if (geteuid()) {
		print_message("SKIPPED: to have rights, and to give them up, needs root\n");
		skip();
	}
	child = start_child();
	assert_true(child > 0);
	assert_int_equal(process_start_time(child, &start_ns), 0);
	write_for(child, start_ns);
	assert_int_equal(textfile_owner_other(path), child);
	write_for(child, start_ns + 10000000); /* the pid of an earlier process */
	assert_int_equal(textfile_owner_other(path), 0);
	write_for(child, start_ns);
	assert_int_equal(chown(path, 1, 1), 0); /* a user's word on a process of root */
	assert_int_equal(textfile_owner_other(path), 0);
	kill_child(child);

	unprivileged = start_prepared_child(without_rights);
	assert_true(unprivileged > 0);
	assert_int_equal(process_start_time(unprivileged, &start_ns), 0);
	write_for(unprivileged,
		  start_ns); /* still uid 1's file: its own process, but not an agent */
	assert_int_equal(textfile_owner_other(path), 0);
	kill_child(unprivileged);
}

static void ended_agent(void **state)
{
	__u64 start_ns;
	pid_t child;

	(void)state;
	child = start_child();
	assert_true(child > 0);
	assert_int_equal(process_start_time(child, &start_ns), 0);
	write_for(child, start_ns);
	kill_child(child);
	assert_int_equal(textfile_owner_other(path), 0);
}

static void own_file(void **state)
{
	struct text line = TEXT_INIT;

	(void)state;
	textfile_owner_add(&line);
	assert_int_equal(text_error(&line), 0);
	write_line(text_str(&line));
	assert_int_equal(textfile_owner_other(path), 0);
	text_free(&line);
}

static void no_line(void **state)
{
	(void)state;
	write_line("");
	assert_int_equal(textfile_owner_other(path), 0);
	write_line("# HELP sockleak_up up\n");
	assert_int_equal(textfile_owner_other(path), 0);
	write_line("# sockleak agent, pid -1, started 5 ns after boot\n");
	assert_int_equal(textfile_owner_other(path), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(textfile_owner_other(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(another_agent, begin, end),
		cmocka_unit_test_setup_teardown(ended_agent, begin, end),
		cmocka_unit_test_setup_teardown(own_file, begin, end),
		cmocka_unit_test_setup_teardown(no_line, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
