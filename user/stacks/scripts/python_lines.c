/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/scripts/python_lines.h"

#include <stdbool.h>
#include <stdint.h>

struct location_table {
	const unsigned char *bytes;
	size_t len, at;
};

static unsigned int next_byte(struct location_table *table)
{
	return table->at < table->len ? table->bytes[table->at++] : 0;
}

/* Six bits a byte, the lowest first; bit 6 says that more follow. */
static __u32 next_varint(struct location_table *table)
{
	unsigned int byte = next_byte(table), shift = 0;
	__u32 value = byte & 63;

	while (byte & 64 && shift < 24) {
		byte = next_byte(table);
		shift += 6;
		value |= (byte & 63) << shift;
	}
	return value;
}

/* The lowest bit is the sign. */
static __s32 next_signed(struct location_table *table)
{
	__u32 value = next_varint(table);

	return value & 1 ? -(__s32)(value >> 1) : (__s32)(value >> 1);
}

/* The line of an entry less that of the one before, by what its first byte says of it. */
static __s32 line_step(struct location_table *table, unsigned int code, bool *ret_has_line)
{
	__s32 step = 0;

	*ret_has_line = true;
	switch (code) {
	case 15: /* no location */
		*ret_has_line = false;
		return 0;
	case 14: /* long form: three more numbers */
		step = next_signed(table);
		next_varint(table);
		next_varint(table);
		next_varint(table);
		return step;
	case 13: /* no columns */
		return next_signed(table);
	case 10:
	case 11:
	case 12: /* one line form: two columns */
		table->at += 2;
		return (__s32)code - 10;
	default: /* short form: a byte with columns */
		table->at++;
		return 0;
	}
}

/* Tables of a hostile process may lead anywhere. */
static unsigned int known_line(__s64 line)
{
	return line > 0 && line <= INT32_MAX ? (unsigned int)line : 0;
}

/* The line of the code unit number `unit` by a table of locations (3.11 and later); 0: none. */
static unsigned int line_by_locations(struct location_table table, __s64 line, __u64 unit)
{
	bool has_line;

	for (__u64 begin = 0; table.at < table.len;) {
		unsigned int first = next_byte(&table);

		line += line_step(&table, first >> 3 & 15, &has_line);
		begin += (first & 7) + 1;
		if (unit < begin)
			return has_line ? known_line(line) : 0;
	}
	return 0;
}

/*
 * The same by a table of lines, of 3.10: pairs of bytes, how far an entry reaches and by how much
 * its line is further on.
 */
static unsigned int line_by_ranges(struct location_table table, __s64 line, __u64 address)
{
	for (__u64 end = 0; table.at < table.len;) {
		__s8 step;

		end += next_byte(&table);
		step = (__s8)next_byte(&table);
		if (step != -128)
			line += step;
		if (address < end)
			return step != -128 ? known_line(line) : 0;
	}
	return 0;
}

/* And by that of 3.9 and before it: an entry begins where its first byte says. */
static unsigned int line_by_starts(struct location_table table, __s64 line, __u64 address)
{
	for (__u64 start = 0; table.at < table.len;) {
		start += next_byte(&table);
		if (start > address)
			break;
		line += (__s8)next_byte(&table);
	}
	return known_line(line);
}

unsigned int python_line(unsigned int minor, const unsigned char *bytes, size_t len, __s32 first,
			 __u64 at)
{
	struct location_table table = { .bytes = bytes, .len = len };

	if (minor >= 11)
		return line_by_locations(table, first, at);
	return minor == 10 ? line_by_ranges(table, first, 2 * at) :
			     line_by_starts(table, first, at);
}
