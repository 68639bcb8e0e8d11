/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_metrics: a strict reader of Prometheus' text format, for what is to be read by
 * node_exporter: also what that one would not say, such as a series that comes twice.
 */
#ifndef CHECK_METRICS_H
#define CHECK_METRICS_H

#include "fuzz.h"

#define CHECK_METRICS_FAMILIES 256
#define CHECK_METRICS_LABELS 16

struct slice {
	const char *at;
	size_t len;
};

struct metrics_text {
	const char *at, *end;
	struct slice families[CHECK_METRICS_FAMILIES];
	unsigned int n_families;
	bool counter;
	struct slice labels[CHECK_METRICS_LABELS]; /* names, of the family's first sample */
	unsigned int n_labels;
	unsigned int n_samples; /* of the family */
	struct slice *series;	/* "name{labels}" of all samples */
	size_t n_series, room;
};

static UNUSED bool slice_is(struct slice slice, struct slice other)
{
	return slice.len == other.len && !memcmp(slice.at, other.at, slice.len);
}

static UNUSED void take_word(struct metrics_text *text, const char *word)
{
	check((size_t)(text->end - text->at) >= strlen(word));
	check(!memcmp(text->at, word, strlen(word)));
	text->at += strlen(word);
}

static UNUSED struct slice take_metric_name(struct metrics_text *text)
{
	struct slice name = { text->at, 0 };

	while (text->at < text->end && *text->at &&
	       strchr("abcdefghijklmnopqrstuvwxyz_0123456789", *text->at))
		text->at++;
	name.len = (size_t)(text->at - name.at);
	check(name.len && (name.at[0] < '0' || name.at[0] > '9'));
	return name;
}

static UNUSED void take_line_end(struct metrics_text *text)
{
	const char *begin = text->at;

	while (text->at < text->end && *text->at != '\n')
		text->at++;
	check(text->at < text->end && text->at > begin);
	text->at++;
}

static UNUSED void take_family(struct metrics_text *text)
{
	struct slice name, again;
	bool total;

	take_word(text, "# HELP ");
	name = take_metric_name(text);
	take_word(text, " ");
	check(!memchr(text->at, '\\',
		      (size_t)((char *)memchr(text->at, '\n', (size_t)(text->end - text->at)) -
			       text->at)));
	take_line_end(text);
	take_word(text, "# TYPE ");
	again = take_metric_name(text);
	check(slice_is(name, again));
	take_word(text, " ");
	text->counter = *text->at == 'c';
	take_word(text, text->counter ? "counter\n" : "gauge\n");
	total = name.len > 6 && !memcmp(name.at + name.len - 6, "_total", 6);
	check(total == text->counter);
	check(name.len > 9 && !memcmp(name.at, "sockleak_", 9));
	for (unsigned int i = 0; i < text->n_families; i++)
		check(!slice_is(text->families[i], name));
	check(text->n_families < CHECK_METRICS_FAMILIES);
	text->families[text->n_families++] = name;
	text->n_samples = 0;
}

/* A quoted value: valid UTF-8, none but the three escapes, no control character. */
static UNUSED void take_label_value(struct metrics_text *text)
{
	const char *begin;

	take_word(text, "\"");
	begin = text->at;
	while (text->at < text->end && *text->at != '"') {
		if (*text->at == '\\') {
			text->at++;
			check(text->at < text->end && *text->at && strchr("\\\"n", *text->at));
		}
		text->at++;
	}
	check(text->at < text->end);
	check_clean(begin, (size_t)(text->at - begin), "");
	take_word(text, "\"");
}

static UNUSED void take_labels(struct metrics_text *text)
{
	static const char *const reserved[] = { "job",	     "instance", "namespace", "pod",
						"container", "service",	 "endpoint",  "node",
						"le",	     "quantile" };
	unsigned int count = 0;
	struct slice name;

	take_word(text, "{");
	do {
		check(count < CHECK_METRICS_LABELS);
		name = take_metric_name(text);
		for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
			check(name.len != strlen(reserved[i]) ||
			      memcmp(name.at, reserved[i], name.len) != 0);
		for (unsigned int i = 0; i < count; i++)
			check(!text->n_samples || !slice_is(text->labels[i], name));
		if (text->n_samples)
			check(count < text->n_labels && slice_is(text->labels[count], name));
		else
			text->labels[count] = name;
		count++;
		take_word(text, "=");
		take_label_value(text);
	} while (*text->at == ',' && text->at++);
	take_word(text, "}");
	if (!text->n_samples)
		text->n_labels = count;
	check(count == text->n_labels);
}

/* Digits with at most one point in them, or +Inf; and the end of the line. */
static UNUSED void take_value(struct metrics_text *text)
{
	const char *begin = text->at, *point;
	size_t len;

	if (*text->at == '+') {
		take_word(text, "+Inf\n");
		check(!text->counter);
		return;
	}
	take_line_end(text);
	len = (size_t)(text->at - begin) - 1;
	check(strspn(begin, "0123456789.") == len && begin[0] != '.' && begin[len - 1] != '.');
	point = memchr(begin, '.', len);
	check(!point || !memchr(point + 1, '.', len - (size_t)(point + 1 - begin)));
}

static UNUSED void keep_series(struct metrics_text *text, struct slice series)
{
	if (text->n_series == text->room) {
		text->room = text->room ? text->room * 2 : 256;
		text->series = realloc(text->series, text->room * sizeof(*text->series));
		check(text->series);
	}
	text->series[text->n_series++] = series;
}

static UNUSED void take_sample(struct metrics_text *text)
{
	struct slice series = { text->at, 0 }, name = take_metric_name(text);

	check(text->n_families && slice_is(text->families[text->n_families - 1], name));
	if (*text->at == '{')
		take_labels(text);
	else
		check(!text->n_samples);
	series.len = (size_t)(text->at - series.at);
	keep_series(text, series);
	take_word(text, " ");
	take_value(text);
	text->n_samples++;
}

static UNUSED int compare_slices(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Nothing but families and their samples. Returns the number of samples. */
static UNUSED size_t check_metrics(const char *bytes, size_t len)
{
	struct metrics_text text = { .at = bytes, .end = bytes + len };

	while (text.at < text.end) {
		if (*text.at == '#')
			take_family(&text);
		else
			take_sample(&text);
	}
	if (text.n_series)
		qsort(text.series, text.n_series, sizeof(*text.series), compare_slices);
	for (size_t i = 1; i < text.n_series; i++)
		check(!slice_is(text.series[i - 1], text.series[i]));
	free(text.series);
	return text.n_series;
}

#endif /* CHECK_METRICS_H */
