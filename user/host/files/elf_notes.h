/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_notes: the notes of an ELF file (elf(5)), and the build id that is one of them. Reads bytes
 * that are in memory, whoever wrote them; libelf does the same where a file is open in it.
 */
#ifndef SOCKLEAK_ELF_NOTES_H
#define SOCKLEAK_ELF_NOTES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define BUILD_ID_MAX 64 /* bytes; SHA-1 has 20 */

struct elf_note {
	const char *owner;
	const void *desc;
	size_t owner_size, desc_size;
	__u32 type;
};

/*
 * The note at *at, which is 0 for the first; afterwards *at is behind it. `align` is the
 * segment's. False: there is no further note, or it is cut off.
 */
bool elf_note_next(const void *notes, size_t size, __u64 align, __u64 *at,
		   struct elf_note *ret_note);
bool elf_note_is(const struct elf_note *note, const char *owner, __u32 type);
bool elf_note_is_build_id(const struct elf_note *note);

/* A build id as text (the caller frees it). NULL: no memory. */
char *build_id_hex(const void *bytes, size_t len);
/* Is a text one? */
bool build_id_is_hex(const char *text);

#endif /* SOCKLEAK_ELF_NOTES_H */
