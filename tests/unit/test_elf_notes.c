/* SPDX-License-Identifier: BSD-2-Clause */
/* Notes as linkers write them, and as somebody may who wants their reader to go astray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <string.h>

#include "host/files/elf_notes.h"

/* Two notes of a segment that is aligned to 4: a build id, and one of a distribution. */
static const unsigned char notes[] = {
	4, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0, 0xa, 0xb, 0xc, 0,
	4, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 'D', 'e', 'b', 0, 'x', 'y', 0,   0,
};

static void each_note_comes_in_turn(void **state)
{
	struct elf_note note;
	__u64 at = 0;

	(void)state;
	assert_true(elf_note_next(notes, sizeof(notes), 4, &at, &note));
	assert_true(elf_note_is(&note, "GNU", NT_GNU_BUILD_ID));
	assert_true(elf_note_is_build_id(&note));
	assert_int_equal(note.desc_size, 3);
	assert_memory_equal(note.desc, "\xa\xb\xc", 3);
	assert_true(elf_note_next(notes, sizeof(notes), 4, &at, &note));
	assert_true(elf_note_is(&note, "Deb", 1));
	assert_false(elf_note_is(&note, "Deb", 2));
	assert_false(elf_note_is(&note, "De", 1));
	assert_false(elf_note_is_build_id(&note));
	assert_false(elf_note_next(notes, sizeof(notes), 4, &at, &note));
}

static void what_is_cut_off_is_no_note(void **state)
{
	struct elf_note note;
	__u64 at;

	(void)state;
	for (size_t size = 0; size < 19; size++) {
		at = 0;
		assert_false(elf_note_next(notes, size, 4, &at, &note));
	}
}

static void sizes_that_wrap_around_are_refused(void **state)
{
	unsigned char bytes[sizeof(notes)];
	struct elf_note note;
	__u64 at;

	(void)state;
	for (size_t field = 0; field < 8; field += 4) { /* of the owner, of what it describes */
		for (unsigned char low = 0xf0; low; low++) {
			at = 0;
			memcpy(bytes, notes, sizeof(bytes));
			memset(bytes + field, 0xff, 4);
			bytes[field] = low;
			assert_false(elf_note_next(bytes, sizeof(bytes), 4, &at, &note));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_note_comes_in_turn),
		cmocka_unit_test(what_is_cut_off_is_no_note),
		cmocka_unit_test(sizes_that_wrap_around_are_refused),
	};

	return cmocka_run_group_tests_name("elf_notes", tests, NULL, NULL);
}
