/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The JSON writer. An input is a program: values, objects and arrays in any order,
 * with any bytes in keys and strings. What comes out is read by a strict reader.
 */
#include "check_json.h"

#include "lib/json.h"
#include "lib/text.h"

#define MAX_OPEN (JSON_MAX_DEPTH - 2)

struct writing {
	struct json json;
	bool object[JSON_MAX_DEPTH]; /* what is open, the outermost first */
	unsigned int depth, lines;
};

static void put_value(struct writing *writing, struct input *input, unsigned int op,
		      const char *key)
{
	double number;
	char *string;

	switch (op % 8) {
	case 0:
		json_null(&writing->json, key);
		break;
	case 1:
		json_bool(&writing->json, key, take_u8(input) & 1);
		break;
	case 2:
		json_u64(&writing->json, key, take_u64(input));
		break;
	case 3:
		json_s64(&writing->json, key, (__s64)take_u64(input));
		break;
	case 4:
		take_bytes(input, &number, sizeof(number));
		json_double(&writing->json, key, number);
		break;
	case 5:
		json_hex(&writing->json, key, take_u64(input));
		break;
	default:
		string = take_string(input, take_u8(input));
		json_string(&writing->json, key, op & 8 ? string : NULL);
		free(string);
	}
}

static void begin(struct writing *writing, bool object, const char *key)
{
	if (object)
		json_begin_object(&writing->json, key);
	else
		json_begin_array(&writing->json, key);
	writing->object[writing->depth++] = object;
}

static void end(struct writing *writing)
{
	if (writing->object[--writing->depth])
		json_end_object(&writing->json);
	else
		json_end_array(&writing->json);
	writing->lines += !writing->depth;
}

static void step(struct writing *writing, struct input *input)
{
	unsigned int op = take_u8(input);
	bool keyed = writing->depth && writing->object[writing->depth - 1];
	char *key = NULL;

	if (op >= 0xc0 && writing->depth) {
		end(writing);
		return;
	}
	if (keyed)
		key = take_string(input, take_u8(input) % 16);
	if (op >= 0x80 && writing->depth < MAX_OPEN) {
		begin(writing, op & 1, key);
	} else {
		put_value(writing, input, op, key);
		writing->lines += !writing->depth;
	}
	free(key);
}

static void check_program(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct writing writing = { .json = json_writer(&out) };
	struct input input = input_of(data, size);

	while (input_left(&input))
		step(&writing, &input);
	while (writing.depth)
		end(&writing);
	check(!text_error(&out));
	check(check_json_lines(text_str(&out), out.len) == writing.lines);
}

/* The whole input as one string: it reads back, but for bytes that are no UTF-8. */
static void check_bytes(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct json json = json_writer(&out);
	char *back = malloc(3 * size + 1), *at = back;
	struct json_text reader;
	size_t len, length;

	json_bytes(&json, NULL, (const char *)data, size);
	reader = (struct json_text){ text_str(&out), text_str(&out) + out.len };
	len = check_json_string(&reader, back, 3 * size);
	check(json_take(&reader, '\n') && reader.at == reader.end);
	for (; size; size -= length, data += length) {
		length = utf8_length(data, size);
		check(length ? !memcmp(at, data, length) : !memcmp(at, "\xef\xbf\xbd", 3));
		at += length ? length : 3;
		length = length ? length : 1;
	}
	check((size_t)(at - back) == len);
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_program(data, size);
	check_bytes(data, size);
	return 0;
}
