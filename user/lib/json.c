/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "lib/text.h"

struct json json_writer(struct text *out)
{
	return (struct json){ .out = out };
}

static bool in_object(const struct json *json)
{
	return json->in_object >> json->depth & 1;
}

static void add_character(struct text *out, const char *bytes, size_t size, unsigned int point)
{
	if (point == '"' || point == '\\')
		text_addf(out, "\\%c", (char)point);
	else if (text_is_unsafe(point))
		text_addf(out, "\\u%04x", point);
	else
		text_add_bytes(out, bytes, size);
}

/* Most of the output is ASCII that needs no escape: this many bytes at the front are. */
static size_t plain_length(const char *bytes, size_t len)
{
	size_t plain = 0;

	while (plain < len && bytes[plain] >= 0x20 && bytes[plain] < 0x7f && bytes[plain] != '"' &&
	       bytes[plain] != '\\')
		plain++;
	return plain;
}

static void add_plain_quoted(struct text *out, const char *bytes, size_t len)
{
	char *added = text_extend(out, len + 2);

	if (!added)
		return;
	added[0] = '"';
	memcpy(added + 1, bytes, len);
	added[len + 1] = '"';
}

/* Like add_quoted(), but escapes what is not plain. */
static void add_escaped(struct text *out, const char *bytes, size_t len)
{
	unsigned int point;
	size_t size;

	text_add_bytes(out, "\"", 1);
	while (len && !text_error(out)) {
		size = text_decode_utf8(bytes, len, &point);
		if (size) {
			add_character(out, bytes, size, point);
		} else {
			text_add(out, "\\ufffd");
			size = 1;
		}
		bytes += size;
		len -= size;
	}
	text_add_bytes(out, "\"", 1);
}

static void add_quoted(struct text *out, const char *bytes, size_t len)
{
	if (!len || plain_length(bytes, len) == len)
		add_plain_quoted(out, len ? bytes : "", len);
	else
		add_escaped(out, bytes, len);
}

/* The comma and the key before a value. */
static void before(struct json *json, const char *key)
{
	assert(in_object(json) == (key != NULL));
	if (json->comma)
		text_add_bytes(json->out, ",", 1);
	json->comma = true;
	if (!key)
		return;
	add_quoted(json->out, key, strlen(key));
	text_add_bytes(json->out, ":", 1);
}

/* After a value: at the top level, the end of the line. */
static void after(struct json *json)
{
	if (json->depth)
		return;
	text_add_bytes(json->out, "\n", 1);
	json->comma = false;
}

static void begin_value(struct json *json, const char *key, bool object)
{
	before(json, key);
	assert(json->depth + 1 < JSON_MAX_DEPTH);
	json->depth++;
	json->in_object &= ~(1U << json->depth);
	json->in_object |= (__u32)object << json->depth;
	json->comma = false;
	text_add_bytes(json->out, object ? "{" : "[", 1);
}

static void end(struct json *json, bool object)
{
	assert(json->depth && in_object(json) == object);
	json->depth--;
	json->comma = true;
	text_add_bytes(json->out, object ? "}" : "]", 1);
	after(json);
}

void json_begin_object(struct json *json, const char *key)
{
	begin_value(json, key, true);
}

void json_end_object(struct json *json)
{
	end(json, true);
}

void json_begin_array(struct json *json, const char *key)
{
	begin_value(json, key, false);
}

void json_end_array(struct json *json)
{
	end(json, false);
}

static void add_word(struct json *json, const char *key, const char *word)
{
	before(json, key);
	text_add(json->out, word);
	after(json);
}

void json_members(struct json *json, const char *members, size_t len)
{
	assert(in_object(json) && json->comma);
	text_add_bytes(json->out, members, len);
}

void json_raw(struct json *json, const char *key, const char *value)
{
	add_word(json, key, value);
}

void json_null(struct json *json, const char *key)
{
	add_word(json, key, "null");
}

void json_bool(struct json *json, const char *key, bool value)
{
	add_word(json, key, value ? "true" : "false");
}

void json_u64(struct json *json, const char *key, __u64 value)
{
	before(json, key);
	text_add_u64(json->out, value);
	after(json);
}

void json_s64(struct json *json, const char *key, __s64 value)
{
	before(json, key);
	text_addf(json->out, "%lld", value);
	after(json);
}

/* In integers, because printf's decimal point depends on the locale. */
static void add_thousandths(struct text *out, double value)
{
	unsigned long long thousandths = (unsigned long long)(fabs(value) * 1000 + 0.5);
	unsigned int part = (unsigned int)(thousandths % 1000), width = 3;
	char *digits;

	if (value < 0 && thousandths)
		text_add(out, "-");
	text_add_u64(out, thousandths / 1000);
	if (!part)
		return;
	for (; part % 10 == 0; part /= 10)
		width--;
	digits = text_extend(out, width + 1);
	for (; digits && width; part /= 10)
		digits[width--] = (char)('0' + part % 10);
	if (digits)
		digits[0] = '.';
}

void json_double(struct json *json, const char *key, double value)
{
	if (!isfinite(value)) {
		json_null(json, key);
		return;
	}
	before(json, key);
	if (fabs(value) < 1e15)
		add_thousandths(json->out, value);
	else
		text_addf(json->out, "%.0f", value);
	after(json);
}

void json_string(struct json *json, const char *key, const char *value)
{
	if (value)
		json_bytes(json, key, value, strlen(value));
	else
		json_null(json, key);
}

void json_bytes(struct json *json, const char *key, const char *bytes, size_t len)
{
	before(json, key);
	add_quoted(json->out, bytes, len);
	after(json);
}

void json_hex(struct json *json, const char *key, __u64 value)
{
	char *digits;

	before(json, key);
	digits = text_extend(json->out, 2 + 16);
	for (unsigned int i = 16; digits && i; value >>= 4)
		digits[i--] = "0123456789abcdef"[value & 0xf];
	if (digits)
		digits[0] = digits[2 + 16 - 1] = '"';
	after(json);
}
