/* SPDX-License-Identifier: BSD-2-Clause */
/* elf_notes: one note after the other, also where a text is cut off, and build ids as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "host/files/elf_notes.h"

static size_t round_up(size_t size, size_t align)
{
	return (size + align - 1) / align * align;
}

/* A note as elf(5) has it, padded with zeroes; its length. */
static size_t put_note(char *to, const char *owner, __u32 type, const char *desc, size_t align)
{
	Elf64_Nhdr note = { (__u32)strlen(owner) + 1, (__u32)strlen(desc), type };
	size_t at = round_up(sizeof(note) + note.n_namesz, align);
	size_t size = round_up(at + note.n_descsz, align);

	memset(to, 0, size);
	memcpy(to, &note, sizeof(note));
	memcpy(to + sizeof(note), owner, note.n_namesz);
	memcpy(to + at, desc, note.n_descsz);
	return size;
}

static size_t put_two(char *to, size_t align)
{
	size_t size = put_note(to, "stapsdt", 3, "probe", align);

	return size + put_note(to + size, ELF_NOTE_GNU, NT_GNU_BUILD_ID, "0123456789", align);
}

static void expect_two(size_t align)
{
	char notes[256];
	size_t size = put_two(notes, align);
	struct elf_note note;
	__u64 at = 0;

	assert_true(elf_note_next(notes, size, align, &at, &note));
	assert_int_equal(note.type, 3);
	assert_int_equal(note.desc_size, 5);
	assert_memory_equal(note.desc, "probe", 5);
	assert_true(elf_note_is(&note, "stapsdt", 3));
	assert_false(elf_note_is(&note, "stapsdt", 4));
	assert_false(elf_note_is(&note, "stapsd", 3));
	assert_false(elf_note_is(&note, "stapsdtx", 3));
	assert_false(elf_note_is_build_id(&note));
	assert_true(elf_note_next(notes, size, align, &at, &note));
	assert_true(elf_note_is_build_id(&note));
	assert_int_equal(note.desc_size, 10);
	assert_memory_equal(note.desc, "0123456789", 10);
	assert_false(elf_note_next(notes, size, align, &at, &note));
}

static void notes_of_either_alignment(void **state)
{
	(void)state;
	expect_two(4);
	expect_two(8);
}

/* In memory that ends where the text does (ASan): none of the notes goes beyond it. */
static void what_is_cut_off_is_no_note(void **state)
{
	char notes[256];
	size_t size = put_two(notes, 4),
	       first = put_note((char[64]){ 0 }, "stapsdt", 3, "probe", 4);

	(void)state;
	for (size_t cut = 0; cut <= size; cut++) {
		char *bytes = malloc(cut ?: 1);
		struct elf_note note;
		unsigned int count = 0;
		__u64 at = 0;

		memcpy(bytes, notes, cut);
		for (; elf_note_next(bytes, cut, 4, &at, &note); count++)
			assert_true((const char *)note.desc + note.desc_size <= bytes + cut);
		/* The padding of the last one, two bytes, may be missing. */
		assert_in_range(count, (cut >= first) + (cut >= size), 2);
		assert_true(count == 0 || cut >= first - 3);
		assert_true(count < 2 || cut >= size - 2);
		free(bytes);
	}
}

static void sizes_as_large_as_they_can_be(void **state)
{
	char notes[256];
	size_t size = put_two(notes, 4);

	(void)state;
	for (size_t i = 0; i + 4 <= size; i++) {
		char *bytes = malloc(size);
		struct elf_note note;
		__u64 at = 0;

		memcpy(bytes, notes, size);
		memset(bytes + i, 0xff, 4);
		while (elf_note_next(bytes, size, 4, &at, &note)) {
			assert_true(note.owner + note.owner_size <= bytes + size);
			assert_true((const char *)note.desc + note.desc_size <= bytes + size);
		}
		free(bytes);
	}
}

static void a_build_id_as_text(void **state)
{
	char *hex = build_id_hex("\x00\xab\x0f", 3), *none = build_id_hex("", 0);

	(void)state;
	assert_string_equal(hex, "00ab0f");
	assert_true(build_id_is_hex(hex));
	assert_string_equal(none, "");
	assert_false(build_id_is_hex("00ab0g"));
	assert_false(build_id_is_hex("../../etc/passwd"));
	free(hex);
	free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_of_either_alignment),
		cmocka_unit_test(what_is_cut_off_is_no_note),
		cmocka_unit_test(sizes_as_large_as_they_can_be),
		cmocka_unit_test(a_build_id_as_text),
	};

	return cmocka_run_group_tests_name("elf_notes", tests, NULL, NULL);
}
