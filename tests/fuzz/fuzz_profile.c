/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes profile_reader.h: a profile, before it is compressed. Its strings lie within it and its
 * values are within their bounds; what is read twice is the same.
 */
#include <zlib.h>

#include "fuzz.h"

#include "report/pprof/profile_reader.h"

struct seen {
	unsigned int samples;
	uint64_t sum;
};

/* Every byte of it can be read. */
static void add_bytes(struct seen *seen, const struct profile_string *string)
{
	check(string->bytes || !string->len);
	for (size_t i = 0; i < string->len; i++)
		seen->sum = seen->sum * 31 + (unsigned char)string->bytes[i];
}

static int see_sample(const struct profile_sample *sample, void *ctx)
{
	struct seen *seen = ctx;

	seen->samples++;
	check(sample->values[PROFILE_OPEN] <= PROFILE_READ_OPEN);
	for (int i = 0; i < PROFILE_VALUES; i++) {
		check(sample->values[i] >= 0);
		seen->sum = seen->sum * 31 + (uint64_t)sample->values[i];
	}
	add_bytes(seen, &sample->site);
	add_bytes(seen, &sample->comm);
	add_bytes(seen, &sample->culprit);
	add_bytes(seen, &sample->function);
	add_bytes(seen, &sample->file);
	add_bytes(seen, &sample->module);
	return 0;
}

/* Stored as it is: what inflating finds is zlib's. */
static struct text stored(const uint8_t *data, size_t size)
{
	z_stream stream = { .next_in = (Bytef *)data, .avail_in = (uInt)size };
	struct text out = TEXT_INIT;
	char *to;

	check(deflateInit2(&stream, 0, Z_DEFLATED, MAX_WBITS + 16, 8, 0) == Z_OK);
	to = text_extend(&out, deflateBound(&stream, size));
	check(to);
	stream.next_out = (Bytef *)to;
	stream.avail_out = (uInt)out.len;
	check(deflate(&stream, Z_FINISH) == Z_STREAM_END);
	text_cut(&out, out.len - stream.avail_out);
	deflateEnd(&stream);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text gzip = stored(data, size), error = TEXT_INIT, again = TEXT_INIT;
	struct seen first = { 0 }, second = { 0 };
	int err = profile_read(gzip.data, gzip.len, see_sample, &first, &error);

	check(profile_is_gzip(gzip.data, gzip.len));
	check(profile_read(gzip.data, gzip.len, see_sample, &second, &again) == err);
	check(first.samples == second.samples && first.sum == second.sum);
	check(!err == !error.len && !strcmp(text_str(&error), text_str(&again)));
	check_clean(text_str(&error), error.len, "");
	text_free(&gzip);
	text_free(&error);
	text_free(&again);
	return 0;
}
