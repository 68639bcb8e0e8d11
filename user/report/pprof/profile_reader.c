/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pprof/profile_reader.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "report/pprof/profile_fields.h"
#include "sockleak.h"

/* Bytes that are still to be read. */
struct span {
	const unsigned char *at, *end;
};

struct field {
	unsigned int number;
	bool is_bytes;
	__u64 value;	   /* of a number */
	struct span bytes; /* otherwise */
};

/* A row of a table that is looked up by its id. */
struct numbered {
	__u64 id;
	__u64 first, second, third; /* what the table keeps of it */
};

struct table {
	struct numbered *rows;
	size_t count, room;
};

struct reader {
	struct profile_string *strings;
	size_t n_strings, strings_room;
	struct table functions;	     /* index of the name, of the file */
	struct table locations;	     /* id of the mapping, of the innermost function; its line */
	struct table mappings;	     /* index of the path */
	__u64 types[PROFILE_VALUES]; /* the place of each value in a sample, and 1; 0 = none */
	size_t n_types, n_samples;
	__s64 *values; /* of one sample; as many as there are types */
};

/* ---- The wire format ---- */

static bool read_varint(struct span *span, __u64 *ret_value)
{
	__u64 value = 0;

	for (unsigned int shift = 0; span->at < span->end && shift < 64; shift += 7) {
		unsigned char byte = *span->at++;

		value |= (__u64)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		*ret_value = value;
		return true;
	}
	return false;
}

/* 1, 0 at the end, or -EPROTO. */
static int take_field(struct span *span, struct field *ret_field)
{
	__u64 tag, len;

	if (span->at == span->end)
		return 0;
	if (!read_varint(span, &tag) || tag >> 3 > UINT32_MAX)
		return -EPROTO;
	*ret_field = (struct field){ .number = (unsigned int)(tag >> 3), .is_bytes = true };
	switch (tag & 7) {
	case 0:
		ret_field->is_bytes = false;
		return read_varint(span, &ret_field->value) ? 1 : -EPROTO;
	case 1:
		len = 8;
		break;
	case 2:
		if (!read_varint(span, &len))
			return -EPROTO;
		break;
	case 5:
		len = 4;
		break;
	default:
		return -EPROTO;
	}
	if (len > (size_t)(span->end - span->at))
		return -EPROTO;
	ret_field->bytes = (struct span){ span->at, span->at + len };
	span->at += len;
	return 1;
}

/*
 * Keep those numbers of a message whose fields are `fields`; the first ones, when there are
 * several.
 */
static int take_numbers(struct span span, const unsigned int *fields, unsigned int count,
			__u64 *ret_values)
{
	struct field field;
	int more;

	memset(ret_values, 0, count * sizeof(*ret_values));
	while ((more = take_field(&span, &field)) > 0)
		for (unsigned int i = 0; i < count; i++)
			if (field.number == fields[i] && !field.is_bytes && !ret_values[i])
				ret_values[i] = field.value;
	return more;
}

/* ---- Tables ---- */

/* The items with room for one more, or NULL with -ENOMEM or -EFBIG. */
static void *with_room(void *items, size_t count, size_t *room, size_t size, int *ret_err)
{
	size_t wanted = *room ? *room * 2 : 64;
	void *bigger;

	*ret_err = count < PROFILE_READ_ENTRIES ? -ENOMEM : -EFBIG;
	if (*ret_err == -EFBIG)
		return NULL;
	if (count < *room)
		return items;
	bigger = realloc(items, wanted * size);
	if (bigger)
		*room = wanted;
	return bigger;
}

static int add_row(struct table *table, const struct numbered *row)
{
	int err = 0;
	struct numbered *rows =
		with_room(table->rows, table->count, &table->room, sizeof(*rows), &err);

	if (!rows)
		return err;
	table->rows = rows;
	rows[table->count++] = *row;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void sort_rows(struct table *table)
{
	if (table->count)
		qsort(table->rows, table->count, sizeof(*table->rows), by_id);
}

/* NULL: there is none of this id. */
static const struct numbered *find_numbered(const struct table *table, __u64 id)
{
	const struct numbered key = { .id = id };

	return table->count ?
		       bsearch(&key, table->rows, table->count, sizeof(*table->rows), by_id) :
		       NULL;
}

static int add_string(struct reader *reader, const struct span *bytes)
{
	int err = 0;
	struct profile_string *strings = with_room(reader->strings, reader->n_strings,
						   &reader->strings_room, sizeof(*strings), &err);

	if (!strings)
		return err;
	reader->strings = strings;
	strings[reader->n_strings++] = (struct profile_string){ (const char *)bytes->at,
								(size_t)(bytes->end - bytes->at) };
	return 0;
}

/* Empty if the index is out of range, or the string is "". */
static struct profile_string indexed_string(const struct reader *reader, __u64 index)
{
	if (index >= reader->n_strings || !reader->strings[index].len)
		return (struct profile_string){ 0 };
	return reader->strings[index];
}

static bool string_is(struct profile_string string, const char *name)
{
	return string.bytes && string.len == strlen(name) &&
	       !memcmp(string.bytes, name, string.len);
}

static int add_function_row(struct reader *reader, struct span span)
{
	static const unsigned int fields[] = { NUMBERED_ID, FUNCTION_NAME, FUNCTION_FILENAME };
	__u64 values[3];
	int err = take_numbers(span, fields, 3, values);

	return err   ?:
		       add_row(&reader->functions,
			       &(struct numbered){ values[0], values[1], values[2], 0 });
}

static int add_mapping_row(struct reader *reader, struct span span)
{
	static const unsigned int fields[] = { MAPPING_ID, MAPPING_FILENAME };
	__u64 values[2];
	int err = take_numbers(span, fields, 2, values);

	return err ?: add_row(&reader->mappings, &(struct numbered){ values[0], values[1], 0, 0 });
}

/* If there are several lines, the first is the innermost one. */
static int add_location_row(struct reader *reader, struct span span)
{
	static const unsigned int fields[] = { NUMBERED_ID, LOCATION_MAPPING_ID },
				  of_line[] = { LINE_FUNCTION_ID, LINE_LINE };
	__u64 values[2], line[2] = { 0 };
	int err = take_numbers(span, fields, 2, values), more = 1;
	struct field field;

	while (!err && !line[0] && (more = take_field(&span, &field)) > 0)
		if (field.number == LOCATION_LINE && field.is_bytes)
			err = take_numbers(field.bytes, of_line, 2, line);
	return err   ?:
		       add_row(&reader->locations,
			       &(struct numbered){ values[0], values[1], line[0], line[1] });
}

/* ---- The profile ---- */

/* Everything but the samples, which mean nothing before the rest is known. */
static int read_tables(struct reader *reader, struct span span)
{
	struct field field;
	int more, err = 0;

	while (!err && (more = take_field(&span, &field)) > 0) {
		if (!field.is_bytes)
			continue;
		if (field.number == PROFILE_STRING_TABLE)
			err = add_string(reader, &field.bytes);
		else if (field.number == PROFILE_FUNCTION)
			err = add_function_row(reader, field.bytes);
		else if (field.number == PROFILE_MAPPING)
			err = add_mapping_row(reader, field.bytes);
		else if (field.number == PROFILE_LOCATION)
			err = add_location_row(reader, field.bytes);
	}
	sort_rows(&reader->functions);
	sort_rows(&reader->mappings);
	sort_rows(&reader->locations);
	return err ?: more;
}

/* Where each value stands in a sample. */
static int read_types(struct reader *reader, struct span span)
{
	static const char *const names[PROFILE_VALUES] = {
		[PROFILE_CREATED] = "sockets_created",
		[PROFILE_AGE_S] = "age",
		[PROFILE_OPEN] = "sockets_open",
	};
	static const unsigned int fields[] = { VALUE_TYPE_TYPE };
	struct field field;
	__u64 type;
	int more;

	while ((more = take_field(&span, &field)) > 0) {
		if (field.number != PROFILE_SAMPLE_TYPE || !field.is_bytes)
			continue;
		if (take_numbers(field.bytes, fields, 1, &type) ||
		    reader->n_types >= PROFILE_READ_ENTRIES)
			return -EPROTO;
		reader->n_types++;
		for (int i = 0; i < PROFILE_VALUES; i++)
			if (!reader->types[i] && string_is(indexed_string(reader, type), names[i]))
				reader->types[i] = reader->n_types;
	}
	return more;
}

static int read_label(const struct reader *reader, struct span span, struct profile_sample *sample)
{
	static const unsigned int fields[] = { LABEL_KEY, LABEL_STR };
	__u64 values[2];
	int err = take_numbers(span, fields, 2, values);
	struct profile_string key = indexed_string(reader, values[0]),
			      text = indexed_string(reader, values[1]);

	if (err || !text.bytes)
		return err;
	if (string_is(key, "site"))
		sample->site = text;
	else if (string_is(key, "comm"))
		sample->comm = text;
	else if (string_is(key, "culprit"))
		sample->culprit = text;
	return 0;
}

/* Add the numbers of a field, packed or not, to an array that has `room` of them. */
static int take_repeated(struct field *field, __s64 *ret_values, size_t room, size_t *count)
{
	__u64 value = field->value;

	if (!field->is_bytes) {
		if (*count < room)
			ret_values[*count] = (__s64)value;
		(*count)++;
		return 0;
	}
	while (field->bytes.at < field->bytes.end) {
		if (!read_varint(&field->bytes, &value))
			return -EPROTO;
		if (*count < room)
			ret_values[*count] = (__s64)value;
		(*count)++;
	}
	return 0;
}

static bool is_same(struct profile_string a, struct profile_string b)
{
	return a.bytes && a.len == b.len &&
	       (a.bytes == b.bytes || !memcmp(a.bytes, b.bytes, a.len));
}

/* Reads what is known of a location. False: it is not the culprit's. */
static bool find_frame(const struct reader *reader, __u64 location_id,
		       struct profile_sample *sample)
{
	const struct numbered *location = find_numbered(&reader->locations, location_id), *function,
			      *mapping;

	if (!location)
		return false;
	mapping = find_numbered(&reader->mappings, location->first);
	function = find_numbered(&reader->functions, location->second);
	sample->module = indexed_string(reader, mapping ? mapping->first : 0);
	sample->function = indexed_string(reader, function ? function->first : 0);
	sample->file = indexed_string(reader, function ? function->second : 0);
	sample->line = function ? location->third : 0;
	return is_same(sample->culprit, sample->function);
}

/* Reads locations, the innermost first. */
static void find_culprit(const struct reader *reader, const __s64 *locations, size_t count,
			 struct profile_sample *sample)
{
	if (!count || find_frame(reader, (__u64)locations[0], sample))
		return;
	for (size_t i = 1; i < count; i++) {
		struct profile_sample outer = *sample;

		if (!find_frame(reader, (__u64)locations[i], &outer))
			continue;
		*sample = outer;
		return;
	}
}

static int read_sample(const struct reader *reader, struct span span,
		       struct profile_sample *ret_sample)
{
	size_t n_values = 0, n_locations = 0;
	__s64 locations[SOCKLEAK_STACK_DEPTH];
	struct field field;
	int more, err = 0;

	while (!err && (more = take_field(&span, &field)) > 0) {
		if (field.number == SAMPLE_LOCATION_ID)
			err = take_repeated(&field, locations, SOCKLEAK_STACK_DEPTH, &n_locations);
		else if (field.number == SAMPLE_VALUE)
			err = take_repeated(&field, reader->values, reader->n_types, &n_values);
		else if (field.number == SAMPLE_LABEL && field.is_bytes)
			err = read_label(reader, field.bytes, ret_sample);
	}
	if (err || more < 0 || n_values != reader->n_types)
		return -EPROTO;
	for (int i = 0; i < PROFILE_VALUES; i++) {
		if (reader->types[i])
			ret_sample->values[i] = reader->values[reader->types[i] - 1];
		if (ret_sample->values[i] < 0)
			return -EPROTO;
	}
	if (ret_sample->values[PROFILE_OPEN] > PROFILE_READ_OPEN)
		return -EPROTO;
	if (n_locations > SOCKLEAK_STACK_DEPTH)
		n_locations = SOCKLEAK_STACK_DEPTH;
	find_culprit(reader, locations, n_locations, ret_sample);
	return 0;
}

static int read_samples(struct reader *reader, struct span span, profile_sample_fn on_sample,
			void *ctx)
{
	struct field field;
	int more, err = 0;

	while (!err && (more = take_field(&span, &field)) > 0) {
		struct profile_sample sample = { 0 };

		if (field.number != PROFILE_SAMPLE || !field.is_bytes)
			continue;
		if (++reader->n_samples > PROFILE_READ_ENTRIES)
			return -EFBIG;
		err = read_sample(reader, field.bytes, &sample);
		if (!err)
			err = on_sample(&sample, ctx);
	}
	return err ?: more;
}

static int read_profile(struct reader *reader, struct span span, profile_sample_fn on_sample,
			void *ctx, struct text *ret_error)
{
	int err = read_tables(reader, span);

	if (!err)
		err = read_types(reader, span);
	if (!err && !reader->types[PROFILE_OPEN]) {
		text_add(ret_error, "a profile of something else: it has no sockets_open");
		return -EPROTO;
	}
	if (err)
		return err;
	reader->values = calloc(reader->n_types, sizeof(*reader->values));
	return reader->values ? read_samples(reader, span, on_sample, ctx) : -ENOMEM;
}

/* ---- The file ---- */

bool profile_is_gzip(const void *bytes, size_t len)
{
	return len >= 2 && !memcmp(bytes, "\x1f\x8b", 2);
}

/* The first member of a gzip file, as long as the input or the limit lasts. */
static int inflate_bounded(const void *bytes, size_t len, struct text *out)
{
	z_stream stream = { .next_in = (Bytef *)bytes,
			    .avail_in = (uInt)(len < UINT32_MAX ? len : UINT32_MAX) };
	unsigned char piece[16384];
	int result;

	if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK)
		return -ENOMEM;
	do {
		stream.next_out = piece;
		stream.avail_out = sizeof(piece);
		result = inflate(&stream, Z_NO_FLUSH);
		text_add_bytes(out, piece, sizeof(piece) - stream.avail_out);
	} while (result == Z_OK && out->len <= PROFILE_READ_BYTES && !text_error(out));
	inflateEnd(&stream);
	if (result == Z_MEM_ERROR || text_error(out))
		return -ENOMEM;
	if (out->len > PROFILE_READ_BYTES)
		return -EFBIG;
	return result == Z_STREAM_END ? 0 : -EPROTO;
}

int profile_read(const void *bytes, size_t len, profile_sample_fn on_sample, void *ctx,
		 struct text *ret_error)
{
	_cleanup_text_ struct text plain = TEXT_INIT;
	struct reader reader = { 0 };
	int err = inflate_bounded(bytes, len, &plain);
	const unsigned char *begin = (const unsigned char *)text_str(&plain);

	if (!err)
		err = read_profile(&reader, (struct span){ begin, begin + plain.len }, on_sample,
				   ctx, ret_error);
	if (err == -EPROTO && !ret_error->len)
		text_add(ret_error, "a broken profile");
	if (err == -EFBIG && !ret_error->len)
		text_add(ret_error, "a profile that is larger than those of sockleak");
	free(reader.strings);
	free(reader.functions.rows);
	free(reader.locations.rows);
	free(reader.mappings.rows);
	free(reader.values);
	return err;
}
