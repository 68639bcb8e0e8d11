/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json: a streaming JSON writer (RFC 8259) into a struct text. Each top-level
 * value ends in a newline, so a sequence of objects is JSON Lines.
 *
 * The writer puts the commas. Its output is always valid JSON in valid UTF-8, whatever the bytes of
 * strings are. Every value takes a key: NULL inside an array and at the top level, a string inside
 * an object; a mix-up is a bug of the caller and stops the program in assert(). Running out of
 * memory shows in text_error() of the text alone.
 *
 *	struct json json = json_writer(&out);
 *
 *	json_begin_object(&json, NULL);
 *	json_string(&json, "comm", comm);
 *	json_begin_array(&json, "stack");
 *	json_u64(&json, NULL, 1);
 *	json_end_array(&json);
 *	json_end_object(&json);			{"comm":"ruby","stack":[1]}
 */
#ifndef SOCKLEAK_JSON_H
#define SOCKLEAK_JSON_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct text;

#define JSON_MAX_DEPTH 32

/* Private, except for its size. */
struct json {
	struct text *out;
	unsigned int depth;
	__u32 in_object; /* a bit for each depth: what was begun there */
	bool comma;	 /* a value stands before, at this depth */
};

/* A writer that adds to `out`. It owns nothing: there is nothing to free. */
struct json json_writer(struct text *out);

void json_begin_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *key);
void json_end_array(struct json *json);

void json_null(struct json *json, const char *key);
void json_bool(struct json *json, const char *key, bool value);
void json_u64(struct json *json, const char *key, __u64 value);
void json_s64(struct json *json, const char *key, __s64 value);
/* At most 3 decimals, never an exponent; null for NaN and infinity. Any locale. */
void json_double(struct json *json, const char *key, double value);
/* A string, as json_bytes(); null for NULL. */
void json_string(struct json *json, const char *key, const char *value);
/*
 * A string of exactly `len` bytes that another process chose. An invalid byte
 * becomes U+FFFD; control characters, NUL among them, and the others that
 * text_is_unsafe() names become \uNNNN. `bytes` may be NULL when len is 0.
 */
void json_bytes(struct json *json, const char *key, const char *bytes, size_t len);
/* Add members that this writer has written elsewhere, with the comma in front of them. */
void json_members(struct json *json, const char *members, size_t len);
/* Add a value that is JSON already, on one line. */
void json_raw(struct json *json, const char *key, const char *value);
/* Add a 64-bit number as a string of 16 hex digits, for ids that no reader may round. */
void json_hex(struct json *json, const char *key, __u64 value);

#endif /* SOCKLEAK_JSON_H */
