/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pprof/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "report/pprof/distinct.h"
#include "report/pprof/profile_fields.h"
#include "report/pprof/profile_frames.h"
#include "report/pprof/protobuf.h"

/* A mapping's range of addresses, 64 GiB: larger files have no addresses. */
#define RANGE_BITS 36
#define RANGE_PAGE 4096

/* Where the sums of an item of `mappings` stand. */
enum mapping_sum {
	MAPPING_END = 0, /* the highest offset that was met, and 1 */
	MAPPING_HAS,	 /* bits of enum mapping_has */
	MAPPING_PATH,	 /* index of the path that came first, of one that goes by its build id */
};

/* Facts that are known for at least one frame. */
enum mapping_has {
	HAS_FUNCTIONS = 1,
	HAS_FILENAMES = 2,
	HAS_LINES = 4,
	HAS_INLINED = 8,
};

struct profile {
	/* Each by the bytes of its message, without what may still change. */
	struct distinct strings, functions, mappings, locations, samples;
	struct distinct comments;
	__u64 max_samples;
	__s64 unlabelled; /* sockets open in samples beyond that */
	bool failed;	  /* no memory */
};

static const struct {
	const char *type, *unit;
} value_types[PROFILE_VALUES] = {
	[PROFILE_CREATED] = { "sockets_created", "count" },
	[PROFILE_AGE_S] = { "age", "seconds" },
	[PROFILE_OPEN] = { "sockets_open", "count" },
};

/* The item's number; 0 without memory, which is remembered. */
static __u64 number_in(struct profile *profile, struct distinct *distinct, const void *bytes,
		       size_t len)
{
	const struct distinct_item *item = distinct_get(distinct, bytes, len);

	profile->failed |= !item;
	return item ? item->number : 0;
}

/* The index of a string of this program, or of one that was cleaned; NULL is "". */
static __u64 string_of(struct profile *profile, const char *string)
{
	return string ? number_in(profile, &profile->strings, string, strlen(string)) : 0;
}

/* Bytes that another process chose: strings of protocol buffers are UTF-8. */
static __u64 clean_string(struct profile *profile, const char *bytes)
{
	_cleanup_text_ struct text clean = TEXT_INIT;

	if (!bytes)
		return 0;
	text_add_clean(&clean, bytes, strlen(bytes));
	profile->failed |= text_error(&clean) != 0;
	return string_of(profile, text_str(&clean));
}

struct profile *profile__new(void)
{
	struct profile *profile = calloc(1, sizeof(*profile));

	if (!profile)
		return NULL;
	profile->max_samples = PROFILE_MAX_SAMPLES;
	string_of(profile, ""); /* the format wants it first */
	return profile;
}

void profile__free(struct profile *profile)
{
	if (!profile)
		return;
	distinct_clear(&profile->strings);
	distinct_clear(&profile->functions);
	distinct_clear(&profile->mappings);
	distinct_clear(&profile->locations);
	distinct_clear(&profile->samples);
	distinct_clear(&profile->comments);
	free(profile);
}

void profile__limit(struct profile *profile, __u64 max_samples)
{
	profile->max_samples = max_samples;
}

/* ---- Locations ---- */

/* Its key is the build id or the path, as it stands in the message. */
static struct distinct_item *mapping_of(struct profile *profile, const struct frame *frame)
{
	_cleanup_text_ struct text key = TEXT_INIT;
	struct distinct_item *item;

	if (!frame->module || !strcmp(frame->module, FRAME_JIT))
		return NULL;
	if (frame->build_id)
		protobuf_add_u64(&key, MAPPING_BUILD_ID, clean_string(profile, frame->build_id));
	else
		protobuf_add_u64(&key, MAPPING_FILENAME, clean_string(profile, frame->module));
	item = text_error(&key) ? NULL : distinct_get(&profile->mappings, key.data, key.len);
	profile->failed |= !item;
	if (item && frame->build_id && !item->sums[MAPPING_PATH])
		item->sums[MAPPING_PATH] = (__s64)clean_string(profile, frame->module);
	return item;
}

static void note_frame(struct distinct_item *mapping, const struct frame *frame)
{
	if (frame->function)
		mapping->sums[MAPPING_HAS] |= HAS_FUNCTIONS;
	if (frame->file)
		mapping->sums[MAPPING_HAS] |= HAS_FILENAMES;
	if (frame->line)
		mapping->sums[MAPPING_HAS] |= HAS_LINES;
	if (frame->inlined)
		mapping->sums[MAPPING_HAS] |= HAS_INLINED;
}

static void add_line(struct profile *profile, struct text *location, const struct frame *frame)
{
	_cleanup_text_ struct text name = TEXT_INIT, function = TEXT_INIT, line = TEXT_INIT;
	__u64 index;

	profile_name_frame(&name, frame);
	index = string_of(profile, text_str(&name));
	protobuf_add_u64(&function, FUNCTION_NAME, index);
	protobuf_add_u64(&function, FUNCTION_SYSTEM_NAME, index);
	protobuf_add_u64(&function, FUNCTION_FILENAME,
			 clean_string(profile, profile_frame_file(frame)));
	protobuf_add_u64(&line, LINE_FUNCTION_ID,
			 number_in(profile, &profile->functions, function.data, function.len) + 1);
	protobuf_add_u64(&line, LINE_LINE, frame->line);
	protobuf_add_bytes(location, LOCATION_LINE, line.data, line.len);
	profile->failed |= text_error(&name) || text_error(&function) || text_error(&line);
}

/*
 * A return address is the instruction behind the call, which may be another line's; one less is
 * within the call.
 */
static void add_address(struct distinct_item *mapping, struct text *location,
			const struct frame *frame)
{
	__u64 offset = frame->offset - (frame->offset && !frame->exact);

	protobuf_add_u64(location, LOCATION_MAPPING_ID, mapping->number + 1);
	if (offset >> RANGE_BITS)
		return;
	protobuf_add_u64(location, LOCATION_ADDRESS, (mapping->number + 1) << RANGE_BITS | offset);
	if (mapping->sums[MAPPING_END] < (__s64)offset + 1)
		mapping->sums[MAPPING_END] = (__s64)offset + 1;
}

/*
 * One location: `count` frames, of which the last has the code and the others are inlined into it.
 * Without a name in a file there is no line, so that pprof may look for the symbol itself.
 */
static __u64 location_of(struct profile *profile, const struct frame *frames, unsigned int count)
{
	_cleanup_text_ struct text location = TEXT_INIT;
	const struct frame *outer = &frames[count - 1];
	struct distinct_item *mapping = mapping_of(profile, outer);

	if (mapping)
		add_address(mapping, &location, outer);
	for (unsigned int i = 0; i < count; i++) {
		if (mapping)
			note_frame(mapping, &frames[i]);
		if (!mapping || count > 1 || frames[i].function)
			add_line(profile, &location, &frames[i]);
	}
	profile->failed |= text_error(&location) != 0;
	return number_in(profile, &profile->locations, location.data, location.len) + 1;
}

/*
 * The ids of a stack's locations, the innermost first. They are looked up from the outermost
 * one, so that a program comes before its libraries: viewers take the first mapping for the
 * program.
 */
static void add_locations(struct profile *profile, const struct stack *stack, struct text *sample)
{
	unsigned int first = profile_first_frame(stack), end = stack->count, count = 0;
	__u64 *ids = calloc(stack->count, sizeof(*ids));

	profile->failed |= !ids;
	while (ids && end > first) {
		unsigned int begin = end - 1;

		while (begin > first && stack->frames[begin - 1].inlined)
			begin--;
		ids[stack->count - ++count] =
			location_of(profile, &stack->frames[begin], end - begin);
		end = begin;
	}
	if (ids)
		protobuf_add_packed(sample, SAMPLE_LOCATION_ID, ids + stack->count - count, count);
	free(ids);
}

/* ---- Samples ---- */

static void add_label(struct profile *profile, struct text *sample,
		      const struct profile_label *label)
{
	_cleanup_text_ struct text message = TEXT_INIT;

	protobuf_add_u64(&message, LABEL_KEY, string_of(profile, label->key));
	if (label->text)
		protobuf_add_u64(&message, LABEL_STR, clean_string(profile, label->text));
	else
		protobuf_add_u64(&message, LABEL_NUM, (__u64)label->number);
	profile->failed |= text_error(&message) != 0;
	protobuf_add_bytes(sample, SAMPLE_LABEL, message.data, message.len);
}

void profile__add(struct profile *profile, const struct stack *stack, const char *no_stack,
		  const struct profile_label *labels, unsigned int n_labels,
		  const __s64 values[PROFILE_VALUES])
{
	struct frame nothing = { .function = (char *)no_stack };
	_cleanup_text_ struct text sample = TEXT_INIT;
	struct distinct_item *item;
	size_t unlabelled;
	__u64 id;

	if (stack && stack->count) {
		add_locations(profile, stack, &sample);
	} else {
		id = location_of(profile, &nothing, 1);
		protobuf_add_packed(&sample, SAMPLE_LOCATION_ID, &id, 1);
	}
	unlabelled = sample.len;
	for (unsigned int i = 0; i < n_labels; i++)
		add_label(profile, &sample, &labels[i]);
	if (profile->samples.count >= profile->max_samples && !text_error(&sample) &&
	    !distinct_find(&profile->samples, sample.data, sample.len)) {
		text_cut(&sample, unlabelled);
		profile->unlabelled += values[PROFILE_OPEN];
	}
	item = text_error(&sample) ? NULL :
				     distinct_get(&profile->samples, sample.data, sample.len);
	profile->failed |= !item;
	for (int i = 0; item && i < PROFILE_VALUES; i++)
		item->sums[i] += values[i];
}
_Static_assert(PROFILE_VALUES <= DISTINCT_SUMS, "a sample has more values than an item has sums");

void profile__comment(struct profile *profile, const char *comment)
{
	number_in(profile, &profile->comments, comment, strlen(comment));
}

/* ---- The file ---- */

static void put_value_type(struct profile *profile, struct text *out, unsigned int field,
			   enum profile_value value)
{
	_cleanup_text_ struct text message = TEXT_INIT;

	protobuf_add_u64(&message, VALUE_TYPE_TYPE, string_of(profile, value_types[value].type));
	protobuf_add_u64(&message, VALUE_TYPE_UNIT, string_of(profile, value_types[value].unit));
	profile->failed |= text_error(&message) != 0;
	protobuf_add_bytes(out, field, message.data, message.len);
}

static void put_samples(const struct profile *profile, struct text *out)
{
	_cleanup_text_ struct text message = TEXT_INIT;

	for (const struct distinct_item *item = profile->samples.items; item;
	     item = item->hh.next) {
		__u64 values[PROFILE_VALUES];

		for (int i = 0; i < PROFILE_VALUES; i++)
			values[i] = (__u64)item->sums[i];
		text_clear(&message);
		text_add_bytes(&message, item->bytes, item->len);
		protobuf_add_packed(&message, SAMPLE_VALUE, values, PROFILE_VALUES);
		protobuf_add_bytes(out, PROFILE_SAMPLE, message.data, message.len);
		out->failed |= text_error(&message) != 0;
	}
}

static void put_mappings(const struct profile *profile, struct text *out)
{
	_cleanup_text_ struct text message = TEXT_INIT;

	for (const struct distinct_item *item = profile->mappings.items; item;
	     item = item->hh.next) {
		__u64 start = (item->number + 1) << RANGE_BITS,
		      has = (__u64)item->sums[MAPPING_HAS];
		__u64 size = ((__u64)item->sums[MAPPING_END] + RANGE_PAGE - 1) & -RANGE_PAGE;

		text_clear(&message);
		protobuf_add_u64(&message, MAPPING_ID, item->number + 1);
		protobuf_add_u64(&message, MAPPING_MEMORY_START, start);
		protobuf_add_u64(&message, MAPPING_MEMORY_LIMIT, start + (size ?: RANGE_PAGE));
		protobuf_add_u64(&message, MAPPING_FILENAME, (__u64)item->sums[MAPPING_PATH]);
		text_add_bytes(&message, item->bytes, item->len);
		protobuf_add_u64(&message, MAPPING_HAS_FUNCTIONS, !!(has & HAS_FUNCTIONS));
		protobuf_add_u64(&message, MAPPING_HAS_FILENAMES, !!(has & HAS_FILENAMES));
		protobuf_add_u64(&message, MAPPING_HAS_LINE_NUMBERS, !!(has & HAS_LINES));
		protobuf_add_u64(&message, MAPPING_HAS_INLINE_FRAMES, !!(has & HAS_INLINED));
		protobuf_add_bytes(out, PROFILE_MAPPING, message.data, message.len);
		out->failed |= text_error(&message) != 0;
	}
}

/* Locations and functions: the message is an id and the bytes. */
static void put_numbered(const struct distinct *distinct, unsigned int field, struct text *out)
{
	_cleanup_text_ struct text message = TEXT_INIT;

	for (const struct distinct_item *item = distinct->items; item; item = item->hh.next) {
		text_clear(&message);
		protobuf_add_u64(&message, NUMBERED_ID, item->number + 1);
		text_add_bytes(&message, item->bytes, item->len);
		protobuf_add_bytes(out, field, message.data, message.len);
		out->failed |= text_error(&message) != 0;
	}
}

static void put_comments(struct profile *profile, struct text *out)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (profile->unlabelled) {
		text_addf(&line, "%lld sockets are without labels: more than %llu samples",
			  (long long)profile->unlabelled, (unsigned long long)profile->max_samples);
		profile__comment(profile, text_str(&line));
		out->failed |= text_error(&line) != 0;
	}
	for (const struct distinct_item *item = profile->comments.items; item; item = item->hh.next)
		protobuf_add_u64(out, PROFILE_COMMENT,
				 number_in(profile, &profile->strings, item->bytes, item->len));
}

static void put_profile(struct profile *profile, __s64 time_ns, struct text *out)
{
	for (int value = 0; value < PROFILE_VALUES; value++)
		put_value_type(profile, out, PROFILE_SAMPLE_TYPE, (enum profile_value)value);
	put_samples(profile, out);
	put_mappings(profile, out);
	put_numbered(&profile->locations, PROFILE_LOCATION, out);
	put_numbered(&profile->functions, PROFILE_FUNCTION, out);
	protobuf_add_u64(out, PROFILE_TIME_NANOS, (__u64)time_ns);
	put_value_type(profile, out, PROFILE_PERIOD_TYPE, PROFILE_OPEN);
	protobuf_add_u64(out, PROFILE_PERIOD, 1);
	put_comments(profile, out);
	protobuf_add_u64(out, PROFILE_DEFAULT_SAMPLE_TYPE,
			 string_of(profile, value_types[PROFILE_OPEN].type));
	/* They come last, when there will be no more of them. */
	for (const struct distinct_item *item = profile->strings.items; item; item = item->hh.next)
		protobuf_add_bytes(out, PROFILE_STRING_TABLE, item->bytes, item->len);
}

/* Without a name and a time in its header, so that equal profiles are equal files. */
static int add_gzip(const struct text *in, struct text *out)
{
	z_stream stream = { .next_in = (Bytef *)in->data, .avail_in = (uInt)in->len };
	size_t bound;
	char *to;
	int result;

	if (in->len > UINT32_MAX / 2)
		return -EFBIG;
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	bound = deflateBound(&stream, in->len);
	to = text_extend(out, bound);
	stream.next_out = (Bytef *)to;
	stream.avail_out = (uInt)bound;
	result = to ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
	if (to)
		text_cut(out, out->len - stream.avail_out);
	deflateEnd(&stream);
	return result == Z_STREAM_END ? 0 : -ENOMEM;
}

int profile__add_gzip(struct profile *profile, __s64 time_ns, struct text *out)
{
	_cleanup_text_ struct text bytes = TEXT_INIT;

	put_profile(profile, time_ns, &bytes);
	if (profile->failed || text_error(&bytes))
		return -ENOMEM;
	return add_gzip(&bytes, out);
}
