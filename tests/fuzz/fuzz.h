/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz: what the fuzz targets share: a way to say what must hold, a way to take an
 * input apart, and the checks that more than one of them makes. The checks are
 * written anew here, not called from user/: a bug would else agree with itself.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The target; libFuzzer calls it, or replay.c. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define UNUSED __attribute__((unused))

/* A promise of the header that is being fuzzed. Never compiled out. */
#define check(condition)                                                                        \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* ---- Taking an input apart. At its end everything is 0 and "". ---- */

struct input {
	const uint8_t *at, *end;
};

static UNUSED struct input input_of(const uint8_t *data, size_t size)
{
	return (struct input){ data, data + size };
}

static UNUSED size_t input_left(const struct input *input)
{
	return (size_t)(input->end - input->at);
}

/* Exactly `size` bytes, padded with 0. */
static UNUSED void take_bytes(struct input *input, void *to, size_t size)
{
	size_t len = input_left(input) < size ? input_left(input) : size;

	memset(to, 0, size);
	if (len)
		memcpy(to, input->at, len);
	input->at += len;
}

static UNUSED uint8_t take_u8(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

static UNUSED uint32_t take_u32(struct input *input)
{
	uint32_t number;

	take_bytes(input, &number, sizeof(number));
	return number;
}

static UNUSED uint64_t take_u64(struct input *input)
{
	uint64_t number;

	take_bytes(input, &number, sizeof(number));
	return number;
}

/* The next `len` bytes, or fewer, up to a NUL, as a string of its own size, to be freed. */
static UNUSED char *take_string(struct input *input, size_t len)
{
	char *string;

	if (len > input_left(input))
		len = input_left(input);
	string = strndup(len ? (const char *)input->at : "", len);
	check(string);
	input->at += len;
	return string;
}

/* What stands before a byte, which is passed over. */
static UNUSED char *take_until(struct input *input, char end)
{
	const uint8_t *found = input_left(input) ? memchr(input->at, end, input_left(input)) : NULL;
	char *string = take_string(input, found ? (size_t)(found - input->at) : input_left(input));

	if (found)
		input->at = found + 1;
	return string;
}

static UNUSED char *take_rest(struct input *input)
{
	return take_string(input, input_left(input));
}

/* ---- Text ---- */

/* The length of the UTF-8 character at the beginning, by the table of RFC 3629; 0 = none. */
static UNUSED size_t utf8_length(const uint8_t *s, size_t len)
{
	static const struct {
		uint8_t first, last, second_low, second_high, size;
	} rows[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i, j;

	if (len && s[0] < 0x80)
		return 1;
	for (i = 0; len && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (s[0] < rows[i].first || s[0] > rows[i].last)
			continue;
		if (len < rows[i].size || s[1] < rows[i].second_low || s[1] > rows[i].second_high)
			return 0;
		for (j = 2; j < rows[i].size; j++)
			if (s[j] < 0x80 || s[j] > 0xbf)
				return 0;
		return rows[i].size;
	}
	return 0;
}

/* What must reach no terminal: C0, DEL, C1, and the marks of lines and directions. */
static UNUSED bool is_unsafe(const uint8_t *s, size_t size)
{
	if (size == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (size == 2)
		return (s[0] == 0xc2 && s[1] <= 0x9f) || (s[0] == 0xd8 && s[1] == 0x9c);
	if (size == 3 && s[0] == 0xe2 && s[1] == 0x80)
		return s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae);
	return size == 3 && s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9;
}

/* Valid UTF-8 without control characters, but for those in `allowed`. */
static UNUSED void check_clean(const char *string, size_t len, const char *allowed)
{
	const uint8_t *at = (const uint8_t *)string;
	size_t size;

	for (; len; len -= size, at += size) {
		size = utf8_length(at, len);
		check(size);
		if (size == 1 && *at && strchr(allowed, *at))
			continue;
		check(!is_unsafe(at, size));
	}
}

/* ---- Files ---- */

/* Bytes as a stream, to be closed. */
static UNUSED FILE *stream_of(const uint8_t *data, size_t size)
{
	static char nothing[1];
	FILE *stream = fmemopen(size ? (void *)data : nothing, size, "r");

	check(stream);
	return stream;
}

#endif /* FUZZ_H */
