/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pprof/protobuf.h"

/* The low three bits of a field's tag. */
#define WIRE_VARINT 0
#define WIRE_BYTES 2

#define MAX_VARINT 10 /* bytes: 64 bits, 7 in each */

/* The least significant bits come first; the top bit says that more follow. */
static size_t encode_varint(char bytes[MAX_VARINT], __u64 value)
{
	size_t len = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[len++] = (char)(value | 0x80);
	bytes[len++] = (char)value;
	return len;
}

static void add_varint(struct text *out, __u64 value)
{
	char bytes[MAX_VARINT];

	text_add_bytes(out, bytes, encode_varint(bytes, value));
}

void protobuf_add_u64(struct text *out, unsigned int field, __u64 value)
{
	if (!value)
		return;
	add_varint(out, (__u64)field << 3 | WIRE_VARINT);
	add_varint(out, value);
}

void protobuf_add_bytes(struct text *out, unsigned int field, const void *bytes, size_t len)
{
	add_varint(out, (__u64)field << 3 | WIRE_BYTES);
	add_varint(out, len);
	text_add_bytes(out, bytes, len);
}

void protobuf_add_packed(struct text *out, unsigned int field, const __u64 *values, size_t count)
{
	char bytes[MAX_VARINT];
	size_t len = 0;

	if (!count)
		return;
	for (size_t i = 0; i < count; i++)
		len += encode_varint(bytes, values[i]);
	add_varint(out, (__u64)field << 3 | WIRE_BYTES);
	add_varint(out, len);
	for (size_t i = 0; i < count; i++)
		add_varint(out, values[i]);
}
