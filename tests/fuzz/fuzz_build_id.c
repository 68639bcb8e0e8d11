/* SPDX-License-Identifier: BSD-2-Clause */
/* The build id among an ELF file's first bytes, as a process has them in its memory. */
#include "fuzz.h"

#include "host/files/process_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data, *id;
	size_t len = SIZE_MAX;
	uint8_t sum = 0;

	id = process_files_build_id(bytes, size, &len);
	if (!id) {
		check(len == SIZE_MAX);
		return 0;
	}
	check(id >= bytes && len <= size && (size_t)(id - bytes) <= size - len);
	for (size_t i = 0; i < len; i++)
		sum ^= (uint8_t)id[i]; /* for ASan */
	return sum == 1 && !len;       /* never: the sum is used */
}
