/* SPDX-License-Identifier: BSD-2-Clause */
/* What lets other processes' bytes into reports: escaping, UTF-8, width. */
#include "fuzz.h"

#include "lib/text.h"

static void check_decoding(const uint8_t *data, size_t size)
{
	unsigned int point;
	size_t i, wanted;

	for (i = 0; i < size; i++) {
		point = 0x5a5a5a;
		wanted = utf8_length(data + i, size - i);
		check(text_decode_utf8((const char *)data + i, size - i, &point) == wanted);
		if (!wanted)
			check(point == 0x5a5a5a);
		else if (wanted == 1)
			check(point == data[i]);
		else
			check(point >= 0x80 && point <= 0x10ffff);
		if (wanted)
			check(text_is_unsafe(point) == is_unsafe(data + i, wanted));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text clean = TEXT_INIT, again = TEXT_INIT, whole = TEXT_INIT;
	size_t half = size / 2;

	check_decoding(data, size);

	text_add_clean(&clean, (const char *)data, size);
	check(!text_error(&clean));
	check(clean.len == strlen(text_str(&clean)));
	check(clean.len <= 4 * size);
	check_clean(text_str(&clean), clean.len, "");
	check(text_width(text_str(&clean)) <= clean.len);
	text_add_clean(&again, text_str(&clean), clean.len);
	check(!strcmp(text_str(&again), text_str(&clean)));

	text_add_bytes(&whole, data, half);
	text_add_bytes(&whole, data + half, size - half);
	check(whole.len == size);
	check(!size || (!memcmp(whole.data, data, size) && !whole.data[size]));
	text_clear(&whole);
	text_addf(&whole, "%s%zu", text_str(&clean), size);
	check(!strncmp(text_str(&whole), text_str(&clean), clean.len));
	/* any string has a width */
	text_clear(&whole);
	text_add_bytes(&whole, data, strnlen((const char *)data, size));
	check(text_width(text_str(&whole)) <= whole.len);
	return 0;
}
