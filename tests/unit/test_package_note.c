/* SPDX-License-Identifier: BSD-2-Clause */
/* package_note: notes, good and hostile, alone and in ELF files. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/time.h"
#include "lib/text.h"
#include "package_fixture.h"
#include "packages/package.h"
#include "packages/package_sources.h"

static int parse(const char *json, struct package *ret_package)
{
	return package_parse_note(json, strlen(json), ret_package);
}

static void note_of_rpm(void **state)
{
	struct package package = { 0 };

	(void)state;
	assert_int_equal(parse("{\"type\":\"rpm\",\"name\":\"ruby\",\"version\":\"3.2.2-1.fc38\","
			       "\"architecture\":\"x86_64\","
			       "\"osCpe\":\"cpe:/o:fedoraproject:fedora:38\"}",
			       &package),
			 0);
	assert_int_equal(package.kind, PACKAGE_RPM);
	assert_int_equal(package.source, PACKAGE_FROM_NOTE);
	assert_string_equal(package.name, "ruby");
	assert_string_equal(package.debug, "ruby-3.2.2-1.fc38.x86_64");
	assert_int_equal(parse("{ \"version\" : \"2:1-1\", \"x\" : [1,{\"name\": \"}\\\"\"}, null],"
			       "\"name\":\"a\" ,\n\"architecture\":\"noarch\",\"type\":\"rpm\" } ",
			       &package),
			 0);
	assert_string_equal(package.version, "2:1-1");
	assert_string_equal(package.debug, "a-1-1.noarch");
}

static void note_of_deb(void **state)
{
	static const char json[] =
		"{\"type\":\"deb\",\"os\":\"Debian\",\"name\":\"systemd\","
		"\"version\":\"252.38-1~deb12u1\",\"architecture\":\"amd64\"}\0\0";
	struct package package = { 0 };

	(void)state;
	assert_int_equal(package_parse_note(json, sizeof(json), &package), 0);
	assert_int_equal(package.kind, PACKAGE_DEB);
	assert_string_equal(package.version, "252.38-1~deb12u1");
	assert_string_equal(package.debug, "systemd-dbgsym");
}

static void hostile_notes(void **state)
{
	static const char *const notes[] = {
		"",
		"{",
		"{}",
		"[]",
		"null",
		"\"",
		"{\"",
		"{\"type\"",
		"{\"type\":",
		"{,}",
		NOTE("\"a; id\"", "\"1\""),
		NOTE("\"$(id)\"", "\"1\""),
		NOTE("\"a\nid\"", "\"1\""),
		NOTE("\"a\\nid\"", "\"1\""),
		NOTE("\"-rf\"", "\"1\""),
		NOTE("\"~root\"", "\"1\""),
		NOTE("\"^.+\"", "\"1\""), /* a pattern to apt: all that there are */
		NOTE("\"\"", "\"1\""),
		NOTE("\"a\xc3\xa9\"", "\"1\""),
		NOTE("\"a\"", "\"1`id`\""),
		NOTE("\"a\"", "\"1:\""),
		NOTE("\"a\"", "1"),
		NOTE("{\"name\":\"a\"}", "\"1\""),
		NOTE("null", "\"1\""),
		NOTE("[[[[[[[[[[1]]]]]]]]]]", "\"1\""),
		NOTE("]", "\"1\""),
		NOTE("\"a\"", "\"1\"") "x",
		NOTE("\"a\"", "\"1\"") "{}",
		"{\"type\":\"exe\",\"name\":\"a\",\"version\":\"1\",\"architecture\":\"x\"}",
		"{\"type\":\"rpm\",\"name\":\"a\",\"version\":\"1\"}",
		"{\"type\":\"rpm\",\"name\":\"a\",\"version\":\"1\",\"architecture\":\"x\",}",
	};
	struct package package = { .arch = "untouched" };
	char *huge = calloc(1, 100000);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (parse(notes[i], &package) != -EINVAL)
			fail_msg("taken: %s", notes[i]);
	snprintf(huge, 100000, NOTE("\"%0300d\"", "\"1\""), 0);
	assert_int_equal(parse(huge, &package), -EINVAL);
	memset(huge, '[', 99999);
	assert_int_equal(parse(huge, &package), -EINVAL);
	assert_int_equal(package_parse_note(huge, 0, &package), -EINVAL);
	assert_string_equal(package.arch, "untouched");
	free(huge);
}

/* No part of a note is a note; each is in memory of its own size, for ASan. */
static void cut_notes(void **state)
{
	static const char json[] = NOTE("\"ruby\"", "\"3.2.2-1\"");
	struct package package;
	size_t len;
	char *part;

	(void)state;
	for (len = 1; len < strlen(json); len++) {
		part = malloc(len);
		memcpy(part, json, len);
		assert_int_equal(package_parse_note(part, len, &package), -EINVAL);
		free(part);
	}
}

static int read_bytes(const char *bytes, size_t len, struct package_file *ret_file)
{
	int fd = memfd_create("elf", MFD_CLOEXEC), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	err = package_read_file(fd, ret_file);
	close(fd);
	return err;
}

static void elf_notes(void **state)
{
	struct package_file file = { 0 };
	char elf[4096];
	size_t len = make_elf(elf, 0xab, NOTE("\"ruby\"", "\"3.2.2-1\"")), cut;

	(void)state;
	assert_int_equal(read_bytes(elf, len, &file), 0);
	assert_string_equal(file.build_id, "abababababababab");
	assert_string_equal(file.package.debug, "ruby-3.2.2-1.x");
	for (cut = 0; cut < len; cut++)
		if (!read_bytes(elf, cut, &file))
			assert_int_equal(file.package.kind, PACKAGE_UNKNOWN);
	assert_int_equal(read_bytes("#!/bin/sh\n", 10, &file), -ENOEXEC);
}

/* Every byte of the headers and notes set to the worst. */
static void hostile_elf(void **state)
{
	static const unsigned char worst[] = { 0x00, 0x7f, 0x80, 0xff };
	char elf[4096], changed[4096];
	size_t len = make_elf(elf, 0xab, NOTE("\"a\"", "\"1\"")), width, i, j;
	struct package_file file;

	(void)state;
	for (i = 0; i < len; i++) {
		for (j = 0; j < 2 * sizeof(worst); j++) {
			width = j % 2 && len - i >= 4 ? 4 : 1;
			memcpy(changed, elf, len);
			memset(changed + i, worst[j / 2], width);
			if (!read_bytes(changed, len, &file))
				assert_true(strlen(file.build_id) <= 2 * BUILD_ID_MAX);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(note_of_rpm),	 cmocka_unit_test(note_of_deb),
		cmocka_unit_test(hostile_notes), cmocka_unit_test(cut_notes),
		cmocka_unit_test(elf_notes),	 cmocka_unit_test(hostile_elf),
	};

	return cmocka_run_group_tests_name("package_note", tests, make_root, remove_root);
}
