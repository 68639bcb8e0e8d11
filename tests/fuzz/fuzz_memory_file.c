/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as what a process has mapped of an ELF file, at any place. */
#include "fuzz.h"

#include <elf.h>

#include "stacks/files/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	__u64 start = take_u64(&input);
	size_t len = input_left(&input);
	unsigned char *bytes = malloc(len + 1), *again = malloc(len + 1);
	Elf64_Ehdr ehdr;

	check(bytes && again);
	take_bytes(&input, bytes, len);
	memcpy(again, bytes, len);
	if (!memory_file_restore(bytes, len, start)) {
		check(!memcmp(bytes, again, len)); /* untouched */
	} else {
		memcpy(&ehdr, bytes, sizeof(ehdr));
		check(!ehdr.e_shoff && !ehdr.e_shnum && !ehdr.e_shstrndx);
		check(memory_file_restore(again, len, start) && !memcmp(bytes, again, len));
	}
	free(bytes);
	free(again);
	return 0;
}
