/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exposition: a writer of Prometheus' text format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), into a struct
 * text. Knows the syntax, nothing of what is measured. Pure.
 *
 * One bad line makes node_exporter drop the whole file. So names are this
 * program's own literals, label values are made valid here whatever their bytes
 * are, no sample has a timestamp, and decimals do not depend on the locale. That
 * no family comes twice, and no label set twice in one, is up to the caller.
 *
 *	struct family family = family_begin(&out, "sweeps_total", FAMILY_COUNTER, "Scans.");
 *
 *	family_of(&family, "result", "ok", 7);		sockleak_sweeps_total{result="ok"} 7
 *
 * Out of memory shows in text_error() of the text alone.
 */
#ifndef SOCKLEAK_EXPOSITION_H
#define SOCKLEAK_EXPOSITION_H

#include <linux/types.h>
#include <stddef.h>

struct text;

enum family_kind {
	FAMILY_GAUGE,
	FAMILY_COUNTER,
};

/* Private but for its size; owns nothing. */
struct family {
	struct text *out;
	const char *name;
};

/* Write its HELP and TYPE. Name (without "sockleak_") and help must outlive the family. */
struct family family_begin(struct text *out, const char *name, enum family_kind kind,
			   const char *help);

/* One sample. `labels` is what label_add() has made; NULL or "" = none. */
void family_u64(const struct family *family, const char *labels, __u64 value);
/* Nanoseconds, written in seconds. */
void family_ns(const struct family *family, const char *labels, __u64 ns);
/* No limit: +Inf. */
void family_infinite(const struct family *family, const char *labels);
/* With a single label. */
void family_of(const struct family *family, const char *label, const char *value, __u64 count);

/*
 * Add a label to a set. The value may be anything another process chose: an
 * invalid byte becomes U+FFFD and a control character \xNN, as in every report
 * (text_add_clean()); then backslash and quote are escaped, the only escapes that
 * readers know beside \n. It is cut, at a character, to what LABEL_MAX_BYTES hold.
 * Two that differ can become one: what is counted by labels is to be counted by
 * the set that was made. NULL is "".
 */
#define LABEL_MAX_BYTES 256
void label_add(struct text *labels, const char *name, const char *value);
/* The same of bytes that may end without a NUL. */
void label_add_bytes(struct text *labels, const char *name, const char *bytes, size_t len);

#endif /* SOCKLEAK_EXPOSITION_H */
