/* SPDX-License-Identifier: BSD-2-Clause */
/* check_json: a strict reader of JSON (RFC 8259), for the targets whose output it is. */
#ifndef CHECK_JSON_H
#define CHECK_JSON_H

#include "fuzz.h"

#define CHECK_JSON_DEPTH 64

struct json_text {
	const char *at, *end;
};

static UNUSED bool json_take(struct json_text *json, char c)
{
	if (json->at >= json->end || *json->at != c)
		return false;
	json->at++;
	return true;
}

static UNUSED size_t json_digits(struct json_text *json)
{
	const char *begin = json->at;

	while (json->at < json->end && *json->at >= '0' && *json->at <= '9')
		json->at++;
	return (size_t)(json->at - begin);
}

/* Of what is written here: without an exponent. */
static UNUSED void check_json_number(struct json_text *json)
{
	const char *begin;
	size_t digits;

	json_take(json, '-');
	begin = json->at;
	digits = json_digits(json);
	check(digits);
	check(digits == 1 || *begin != '0');
	if (json_take(json, '.')) {
		digits = json_digits(json);
		check(digits >= 1 && digits <= 3);
	}
}

static UNUSED unsigned int json_hex4(struct json_text *json)
{
	char digits[5] = "";

	check(json->end - json->at >= 4);
	memcpy(digits, json->at, 4);
	check(strspn(digits, "0123456789abcdefABCDEF") == 4);
	json->at += 4;
	return (unsigned int)strtoul(digits, NULL, 16);
}

/* A character up to U+FFFF as UTF-8; returns its length. */
static UNUSED size_t put_utf8(unsigned int point, char to[3])
{
	if (point < 0x80) {
		to[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		to[0] = (char)(0xc0 | point >> 6);
		to[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	to[0] = (char)(0xe0 | point >> 12);
	to[1] = (char)(0x80 | (point >> 6 & 0x3f));
	to[2] = (char)(0x80 | (point & 0x3f));
	return 3;
}

/* What an escape says, behind its backslash, as UTF-8; returns its length. */
static UNUSED size_t check_json_escape(struct json_text *json, char to[3])
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	unsigned int point;

	if (json_take(json, 'u')) {
		point = json_hex4(json);
		check(point < 0xd800 || point > 0xdfff); /* nothing here needs surrogates */
		return put_utf8(point, to);
	}
	check(json->at < json->end);
	letter = *json->at ? strchr(letters, *json->at) : NULL;
	check(letter);
	json->at++;
	to[0] = meant[letter - letters];
	return 1;
}

/* A string; what it stands for goes into `to`, when that is not NULL and has room. */
static UNUSED size_t check_json_string(struct json_text *json, char *to, size_t room)
{
	size_t len = 0, size;
	char piece[4];

	check(json_take(json, '"'));
	while (!json_take(json, '"')) {
		check(json->at < json->end);
		if (json_take(json, '\\')) {
			size = check_json_escape(json, piece);
		} else {
			const uint8_t *at = (const uint8_t *)json->at;

			size = utf8_length(at, (size_t)(json->end - json->at));
			check(size && !is_unsafe(at, size));
			memcpy(piece, json->at, size);
			json->at += size;
		}
		if (to) {
			check(len + size <= room);
			memcpy(to + len, piece, size);
		}
		len += size;
	}
	return len;
}

static UNUSED void check_json_value(struct json_text *json, unsigned int depth);

static UNUSED void check_json_members(struct json_text *json, unsigned int depth, bool object)
{
	char close = object ? '}' : ']';

	check(depth < CHECK_JSON_DEPTH);
	if (json_take(json, close))
		return;
	do {
		if (object) {
			check_json_string(json, NULL, 0);
			check(json_take(json, ':'));
		}
		check_json_value(json, depth + 1);
	} while (json_take(json, ','));
	check(json_take(json, close));
}

/* One value, as it is written here: without blanks. */
static UNUSED void check_json_value(struct json_text *json, unsigned int depth)
{
	static const char *const words[] = { "null", "true", "false" };
	size_t i, left = (size_t)(json->end - json->at);

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (left >= strlen(words[i]) && !memcmp(json->at, words[i], strlen(words[i]))) {
			json->at += strlen(words[i]);
			return;
		}
	check(left);
	if (json_take(json, '{'))
		check_json_members(json, depth, true);
	else if (json_take(json, '['))
		check_json_members(json, depth, false);
	else if (*json->at == '"')
		check_json_string(json, NULL, 0);
	else
		check_json_number(json);
}

/* JSON Lines: nothing but values, each with a newline behind it. Returns how many. */
static UNUSED unsigned int check_json_lines(const char *text, size_t len)
{
	struct json_text json = { text, text + len };
	unsigned int lines = 0;

	for (; json.at < json.end; lines++) {
		check_json_value(&json, 0);
		check(json_take(&json, '\n'));
	}
	return lines;
}

#endif /* CHECK_JSON_H */
