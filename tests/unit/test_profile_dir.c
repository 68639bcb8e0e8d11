/* SPDX-License-Identifier: BSD-2-Clause */
/* profile_dir: names by date, and that no more are kept than asked for. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/text.h"
#include "lib/time.h"
#include "watch/output/profile_dir.h"

#define FIRST (1790000000 * (__s64)NSEC_PER_SEC) /* 2026-09-21T13:33:20Z */

static char directory[64];

static int begin(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/sockleak-profiles-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static void make_file(const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The names in the directory, with blanks between. */
static void expect_names(const char *names)
{
	_cleanup_text_ struct text found = TEXT_INIT;
	struct dirent **entries;
	int count = scandir(directory, &entries, visible, alphasort);

	assert_true(count >= 0);
	for (int i = 0; i < count; i++) {
		text_addf(&found, "%s%s", i ? " " : "", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	assert_string_equal(text_str(&found), names);
}

static void write_at(__s64 seconds, unsigned int keep)
{
	assert_int_equal(
		profile_dir_write(directory, FIRST + seconds * (__s64)NSEC_PER_SEC, keep, "x", 1),
		0);
}

static void a_name_is_a_date(void **state)
{
	_cleanup_text_ struct text path = TEXT_INIT;

	(void)state;
	assert_int_equal(profile_dir_add_path(&path, "/d", FIRST + 250000000), 0);
	assert_string_equal(text_str(&path), "/d/sockleak-20260921T141320.250Z.pb.gz");
	assert_int_equal(profile_dir_add_path(&path, "/d", INT64_MIN), -ERANGE);
}

static void the_oldest_gives_way(void **state)
{
	(void)state;
	write_at(0, 2);
	write_at(1, 2);
	write_at(2, 2);
	expect_names("sockleak-20260921T141321.000Z.pb.gz sockleak-20260921T141322.000Z.pb.gz");
	write_at(3, 1);
	expect_names("sockleak-20260921T141323.000Z.pb.gz");
}

/* Names that are nearly ours are not ours; a temporary file of a killed agent is. */
static void other_files_stay(void **state)
{
	(void)state;
	make_file("sockleak-20260921T141320.000Z.pb.gz.77.tmp");
	make_file("sockleak-20260921T141320.000Z.pb");
	make_file("sockleak-2026-921T141320.000Z.pb.gz");
	make_file("sockleak-kept.pb.gz");
	make_file("other");
	write_at(5, 1);
	expect_names("other sockleak-2026-921T141320.000Z.pb.gz sockleak-20260921T141320.000Z.pb "
		     "sockleak-20260921T141325.000Z.pb.gz sockleak-kept.pb.gz");
}

static void without_the_directory(void **state)
{
	(void)state;
	assert_int_equal(profile_dir_write("/no/such", FIRST, 1, "x", 1), -ENOENT);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_name_is_a_date),
		test(the_oldest_gives_way),
		test(other_files_stay),
		test(without_the_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
