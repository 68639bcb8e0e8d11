/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/metrics/exposition.h"

#include <string.h>

#include "lib/text.h"
#include "lib/time.h"

#define PREFIX "sockleak_"

struct family family_begin(struct text *out, const char *name, enum family_kind kind,
			   const char *help)
{
	text_addf(out, "# HELP " PREFIX "%s %s\n", name, help);
	text_addf(out, "# TYPE " PREFIX "%s %s\n", name,
		  kind == FAMILY_COUNTER ? "counter" : "gauge");
	return (struct family){ out, name };
}

/* What stands before the value. */
static void begin_sample(const struct family *family, const char *labels)
{
	text_addf(family->out, PREFIX "%s", family->name);
	if (labels && *labels)
		text_addf(family->out, "{%s}", labels);
	text_add(family->out, " ");
}

void family_u64(const struct family *family, const char *labels, __u64 value)
{
	begin_sample(family, labels);
	text_addf(family->out, "%llu\n", (unsigned long long)value);
}

void family_ns(const struct family *family, const char *labels, __u64 ns)
{
	unsigned int part = (unsigned int)(ns % NSEC_PER_SEC), width = 9;

	begin_sample(family, labels);
	text_addf(family->out, "%llu", (unsigned long long)(ns / NSEC_PER_SEC));
	for (; part && part % 10 == 0; part /= 10)
		width--;
	if (part)
		text_addf(family->out, ".%0*u", (int)width, part);
	text_add(family->out, "\n");
}

void family_infinite(const struct family *family, const char *labels)
{
	begin_sample(family, labels);
	text_add(family->out, "+Inf\n");
}

void family_of(const struct family *family, const char *label, const char *value, __u64 count)
{
	_cleanup_text_ struct text labels = TEXT_INIT;

	label_add(&labels, label, value);
	if (text_error(&labels))
		family->out->failed = true;
	family_u64(family, text_str(&labels), count);
}

/* As many bytes of clean text as may stand in a label, whole characters alone. */
static size_t cut(const char *clean, size_t len)
{
	if (len <= LABEL_MAX_BYTES)
		return len;
	len = LABEL_MAX_BYTES;
	while (len && ((unsigned char)clean[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void label_add_bytes(struct text *labels, const char *name, const char *bytes, size_t len)
{
	_cleanup_text_ struct text clean = TEXT_INIT;
	const char *at;
	size_t left;

	text_add_clean(&clean, bytes, len);
	if (text_error(&clean))
		labels->failed = true;
	text_addf(labels, "%s%s=\"", labels->len ? "," : "", name);
	at = text_str(&clean);
	for (left = cut(at, clean.len); left; left--, at++) {
		if (*at == '\\' || *at == '"')
			text_add(labels, "\\");
		text_add_bytes(labels, at, 1);
	}
	text_add(labels, "\"");
}

void label_add(struct text *labels, const char *name, const char *value)
{
	label_add_bytes(labels, name, value ? value : "", value ? strlen(value) : 0);
}
