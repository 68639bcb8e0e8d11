/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/elf_notes.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* Notes are padded to 4 bytes, those of a segment aligned to 8 to 8. */
bool elf_note_next(const void *notes, size_t size, __u64 align, __u64 *at,
		   struct elf_note *ret_note)
{
	const char *bytes = notes;
	__u64 owner, desc;
	Elf64_Nhdr header;

	align = align == 8 ? 8 : 4;
	if (*at > size || size - *at < sizeof(header))
		return false;
	memcpy(&header, bytes + *at, sizeof(header));
	owner = *at + sizeof(header);
	desc = (owner + header.n_namesz + align - 1) & ~(align - 1);
	if (desc + header.n_descsz > size)
		return false;
	*ret_note = (struct elf_note){ .owner = bytes + owner,
				       .desc = bytes + desc,
				       .owner_size = header.n_namesz,
				       .desc_size = header.n_descsz,
				       .type = header.n_type };
	*at = (desc + header.n_descsz + align - 1) & ~(align - 1);
	return true;
}

bool elf_note_is(const struct elf_note *note, const char *owner, __u32 type)
{
	size_t size = strlen(owner) + 1;

	return note->type == type && note->owner_size == size && !memcmp(note->owner, owner, size);
}

bool elf_note_is_build_id(const struct elf_note *note)
{
	return elf_note_is(note, ELF_NOTE_GNU, NT_GNU_BUILD_ID) && note->desc_size <= BUILD_ID_MAX;
}

char *build_id_hex(const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *at = bytes;
	char *hex = malloc(2 * len + 1);

	if (!hex)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[at[i] >> 4];
		hex[2 * i + 1] = digits[at[i] & 15];
	}
	hex[2 * len] = '\0';
	return hex;
}

bool build_id_is_hex(const char *text)
{
	size_t len = strlen(text);

	return len >= 4 && len <= 2 * BUILD_ID_MAX && strspn(text, "0123456789abcdef") == len;
}
