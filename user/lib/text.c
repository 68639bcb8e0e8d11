/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

struct range {
	unsigned int first, last;
};

void text_free(struct text *text)
{
	free(text->data);
	*text = TEXT_INIT;
}

void text_clear(struct text *text)
{
	text->len = 0;
	text->failed = false;
	if (text->data)
		text->data[0] = '\0';
}

void text_cut(struct text *text, size_t len)
{
	if (len >= text->len)
		return;
	text->len = len;
	text->data[len] = '\0';
}

const char *text_str(const struct text *text)
{
	return text->data ? text->data : "";
}

int text_error(const struct text *text)
{
	return text->failed ? -ENOMEM : 0;
}

/* Doubling, so that n additions cost O(n). */
static bool grow(struct text *text, size_t more)
{
	size_t wanted, capacity = text->capacity ? text->capacity : 64;
	char *data;

	if (text->failed)
		return false;
	if (more >= SIZE_MAX / 2 - text->len)
		goto failed;
	wanted = text->len + more + 1;
	while (capacity < wanted)
		capacity *= 2;
	data = realloc(text->data, capacity);
	if (!data)
		goto failed;
	text->data = data;
	text->capacity = capacity;
	return true;
failed:
	text->failed = true;
	return false;
}

/* Room for `more` bytes and a NUL. */
static inline bool reserve(struct text *text, size_t more)
{
	return (!text->failed && more < text->capacity - text->len) || grow(text, more);
}

char *text_extend(struct text *text, size_t len)
{
	char *added;

	if (!reserve(text, len))
		return NULL;
	added = text->data + text->len;
	text->len += len;
	text->data[text->len] = '\0';
	return added;
}

void text_add_bytes(struct text *text, const void *bytes, size_t len)
{
	char *added = len ? text_extend(text, len) : NULL;

	if (added)
		memcpy(added, bytes, len);
}

void text_add_u64(struct text *text, unsigned long long value)
{
	char digits[sizeof("18446744073709551615")], *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + value % 10);
	while (value /= 10);
	text_add_bytes(text, first, (size_t)(digits + sizeof(digits) - first));
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_vaddf(struct text *text, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len < 0)
		text->failed = true;
	else if (reserve(text, (size_t)len))
		text->len +=
			(size_t)vsnprintf(text->data + text->len, (size_t)len + 1, format, again);
	va_end(again);
}

void text_addf(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vaddf(text, format, args);
	va_end(args);
}

/* The length of a character that begins with this byte; 0 = none does. */
static size_t utf8_size(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2) /* in the middle of a character, or overlong */
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf5 ? 4 : 0;
}

size_t text_decode_utf8(const char *bytes, size_t len, unsigned int *ret_code_point)
{
	static const unsigned int smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *b = (const unsigned char *)bytes;
	unsigned int point;
	size_t size, i;

	if (!len)
		return 0;
	size = utf8_size(b[0]);
	if (!size || size > len)
		return 0;
	point = size == 1 ? b[0] : b[0] & (0xffU >> (size + 1));
	for (i = 1; i < size; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (b[i] & 0x3f);
	}
	if (point < smallest[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_code_point = point;
	return size;
}

bool text_is_unsafe(unsigned int point)
{
	return point < 0x20 || (point >= 0x7f && point <= 0x9f) ||
	       point == 0x061c ||		       /* Arabic letter mark */
	       point == 0x200e || point == 0x200f ||   /* left-to-right and right-to-left mark */
	       (point >= 0x2028 && point <= 0x202e) || /* separators, embeddings, overrides */
	       (point >= 0x2066 && point <= 0x2069);   /* isolates */
}

void text_add_clean(struct text *text, const char *bytes, size_t len)
{
	const char *end = bytes + strnlen(bytes, len);
	unsigned int point;
	size_t size;

	while (bytes < end && !text->failed) {
		size = text_decode_utf8(bytes, (size_t)(end - bytes), &point);
		if (!size)
			text_add(text, REPLACEMENT);
		else if (!text_is_unsafe(point))
			text_add_bytes(text, bytes, size);
		else if (point <= 0xff)
			text_addf(text, "\\x%02x", point);
		else
			text_addf(text, "\\u{%04x}", point);
		bytes += size ? size : 1;
	}
}

/*
 * Characters that take no column. The table has the marks of the scripts that are most used
 * on computers. A mark of another script counts as one column, which shifts a table's edge.
 */
static const struct range no_column[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 },	  { 0x0591, 0x05bd },	{ 0x05bf, 0x05bf },
	{ 0x05c1, 0x05c2 }, { 0x05c4, 0x05c5 },	  { 0x05c7, 0x05c7 },	{ 0x0610, 0x061a },
	{ 0x064b, 0x065f }, { 0x0670, 0x0670 },	  { 0x06d6, 0x06dc },	{ 0x06df, 0x06e4 },
	{ 0x06e7, 0x06e8 }, { 0x06ea, 0x06ed },	  { 0x0900, 0x0902 },	{ 0x093a, 0x093a },
	{ 0x093c, 0x093c }, { 0x0941, 0x0948 },	  { 0x094d, 0x094d },	{ 0x0951, 0x0957 },
	{ 0x0962, 0x0963 }, { 0x0981, 0x0981 },	  { 0x09bc, 0x09bc },	{ 0x09c1, 0x09c4 },
	{ 0x09cd, 0x09cd }, { 0x0bc0, 0x0bc0 },	  { 0x0bcd, 0x0bcd },	{ 0x0e31, 0x0e31 },
	{ 0x0e34, 0x0e3a }, { 0x0e47, 0x0e4e },	  { 0x1160, 0x11ff },	{ 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff }, { 0x200b, 0x200d },	  { 0x2060, 0x2064 },	{ 0x20d0, 0x20f0 },
	{ 0x302a, 0x302d }, { 0x3099, 0x309a },	  { 0xfe00, 0xfe0f },	{ 0xfe20, 0xfe2f },
	{ 0xfeff, 0xfeff }, { 0x1f3fb, 0x1f3ff }, { 0xe0001, 0xe01ef },
};

/* Characters that take two columns: East Asian Width W and F (Unicode UAX #11), by block. */
static const struct range two_columns[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },	  { 0x23e9, 0x23ec },
	{ 0x23f0, 0x23f0 },   { 0x23f3, 0x23f3 },   { 0x2614, 0x2615 },	  { 0x2648, 0x2653 },
	{ 0x26a1, 0x26a1 },   { 0x26bd, 0x26be },   { 0x2705, 0x2705 },	  { 0x270a, 0x270b },
	{ 0x2728, 0x2728 },   { 0x274c, 0x274c },   { 0x2753, 0x2755 },	  { 0x2757, 0x2757 },
	{ 0x2795, 0x2797 },   { 0x2b50, 0x2b50 },   { 0x2e80, 0x303e },	  { 0x3041, 0xa4cf },
	{ 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },	  { 0xfe10, 0xfe19 },
	{ 0xfe30, 0xfe6f },   { 0xff01, 0xff60 },   { 0xffe0, 0xffe6 },	  { 0x17000, 0x18cff },
	{ 0x1b000, 0x1b2ff }, { 0x1f18e, 0x1f19a }, { 0x1f200, 0x1f320 }, { 0x1f32d, 0x1f335 },
	{ 0x1f337, 0x1f393 }, { 0x1f3a0, 0x1f3fa }, { 0x1f400, 0x1f4fc }, { 0x1f4ff, 0x1f53d },
	{ 0x1f54b, 0x1f567 }, { 0x1f5fb, 0x1f64f }, { 0x1f680, 0x1f6c5 }, { 0x1f6eb, 0x1f6ff },
	{ 0x1f7e0, 0x1f7eb }, { 0x1f90c, 0x1f9ff }, { 0x1fa70, 0x1faff }, { 0x20000, 0x3fffd },
};

static bool is_in(const struct range *ranges, size_t count, unsigned int point)
{
	size_t low = 0, high = count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (point > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && point >= ranges[low].first;
}

#define IS_IN(table, point) is_in(table, sizeof(table) / sizeof((table)[0]), point)

size_t text_width(const char *string)
{
	size_t left = strlen(string), width = 0, size;
	unsigned int point;

	for (; left; left -= size, string += size) {
		size = text_decode_utf8(string, left, &point);
		if (!size) {
			/*
			 * It is not a clean string; most terminals draw one replacement character.
			 */
			size = 1;
			width++;
		} else if (point >= 0x20 && !IS_IN(no_column, point)) {
			width += IS_IN(two_columns, point) ? 2 : 1;
		}
	}
	return width;
}

size_t text_parenthesis_len(const char *string)
{
	unsigned int open = 0;

	for (size_t i = 0; string[i]; i++) {
		open += string[i] == '(';
		if (string[i] == ')' && !--open)
			return i + 1;
	}
	return 0;
}
