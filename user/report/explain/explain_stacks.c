/* SPDX-License-Identifier: BSD-2-Clause */
/* The stacks of a page of explain_page.h, and what the other parts read the file with. */
#include <limits.h>
#include <string.h>

#include "report/explain/explain_parts.h"
#include "stacks/stack.h"

const char *explained_string(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));

	return string && *string ? string : NULL;
}

long long number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

void page_verbatim(struct page *page, const char *text, const char *indent)
{
	const char *end;

	for (; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		text_add(page->out, indent);
		text_add_clean(page->out, text, (size_t)(end - text));
		text_add(page->out, "\n");
	}
}

/* How many elements behind that one are the same string: a recursion. */
static unsigned int count_same(const json_t *stack, unsigned int of)
{
	const char *frame = json_string_value(json_array_get(stack, of)), *next;
	unsigned int i = of + 1;

	while ((next = json_string_value(json_array_get(stack, i))) && !strcmp(next, frame))
		i++;
	return i - of - 1;
}

/* At most so many frames of an object with a stack. */
static void explain_some_frames(struct page *page, const json_t *of, unsigned int most)
{
	const json_t *stack = json_object_get(of, "stack"), *frame;
	_cleanup_text_ struct text line = TEXT_INIT;
	unsigned int repeats;

	for (unsigned int i = 0; i < json_array_size(stack) && i < most; i++) {
		frame = json_array_get(stack, i);
		if (!json_is_string(frame))
			continue;
		text_addf(&line, "  #%-3u", i);
		page_add_clean(&line, json_string_value(frame));
		page_verbatim(page, text_str(&line), ""); /* file:line is what an editor opens */
		text_clear(&line);
		repeats = count_same(stack, i);
		if (repeats < REPEATS_SHORTENED)
			continue;
		i += repeats;
		page_repeats(page, repeats, i);
	}
}

/* All of them. */
static void explain_stack(struct page *page, const json_t *of)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	explain_some_frames(page, of, UINT_MAX);
	if (json_is_true(json_object_get(of, "stack_truncated"))) {
		text_addf(&line, "  ... and further out: %s",
			  stack_end_phrase(stack_end_of(
				  json_string_value(json_object_get(of, "stack_end")))));
		page_line(page, &line, /* bold= */ false);
	}
}

static void explain_source_of(struct text *line, const json_t *of)
{
	const char *source = explained_string(of, "stack_source");

	if (source) {
		text_add(line, ", stack by ");
		page_add_clean(line, source);
	}
	text_add(line, ":");
}

static bool is_partial_way(const json_t *way)
{
	return json_is_true(json_object_get(way, "may_be_another"));
}

/* What is known of one that may be another; false: it is none. */
static bool explain_partial(struct text *line, const json_t *way)
{
	const char *source = explained_string(way, "stack_source");

	if (!is_partial_way(way))
		return false;
	page_add_partial(line, source && !strcmp(source, "call") ?
				       stack_end_phrase(STACK_END_NOT_KEPT) :
				       NULL);
	return true;
}

/* The most frequent of the stacks that lead there. */
static void explain_ways(struct page *page, const json_t *site)
{
	const json_t *ways = json_object_get(site, "ways"), *way;
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t i;

	json_array_foreach(ways, i, way)
	{
		text_addf(&line, " %lld of %lld", number_of(way, "open"), number_of(site, "open"));
		if (explain_partial(&line, way)) {
			page_line(page, &line, /* bold= */ false);
			continue;
		}
		explain_source_of(&line, way);
		page_line(page, &line, /* bold= */ false);
		explain_stack(page, way);
	}
	if (number_of(site, "more_ways") > 0) {
		text_addf(&line, " %lld of %lld by %lld more", number_of(site, "more_ways_open"),
			  number_of(site, "open"), number_of(site, "more_ways"));
		page_line(page, &line, /* bold= */ false);
	}
}

/* How many ways there are, without those that may be another one. */
static long long count_known_ways(const json_t *site)
{
	const json_t *ways = json_object_get(site, "ways"), *way;
	long long count = number_of(site, "more_ways");
	size_t i;

	json_array_foreach(ways, i, way) count += !is_partial_way(way);
	return count;
}

void explain_frames(struct page *page, const json_t *site)
{
	size_t ways = json_array_size(json_object_get(site, "ways"));
	_cleanup_text_ struct text line = TEXT_INIT;

	if (!json_array_size(json_object_get(site, "stack")))
		return;
	page_line(page, &line, /* bold= */ false);
	text_add(&line, "Where they are created");
	if (ways && count_known_ways(site) > 1)
		text_addf(&line, ", by %lld ways:", count_known_ways(site));
	else if (ways)
		text_add(&line, ":");
	else
		explain_source_of(&line, site);
	page_line(page, &line, /* bold= */ true);
	if (ways)
		explain_ways(page, site);
	else
		explain_stack(page, site);
}

void explain_tries(struct page *page, const json_t *site)
{
	const json_t *tries = json_object_get(site, "tries"), *try;
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t i;

	json_array_foreach(tries, i, try)
	{
		const char *where = explained_string(try, "where");
		long long apart = number_of(try, "frames_apart");

		text_addf(&line, " %lld of %lld: ", number_of(try, "open"),
			  number_of(site, "open"));
		page_add_clean(&line, explained_string(try, "call") ?: "a call");
		text_addf(&line, " failed%s", where ? " in " : "");
		page_add_clean(&line, where ?: "");
		page_line(page, &line, /* bold= */ false);
		if (apart < 0 ||
		    apart >= (long long)json_array_size(json_object_get(try, "stack"))) {
			explain_stack(page, try);
			continue;
		}
		explain_some_frames(page, try, (unsigned int)apart);
		text_add(&line, "  ... and further out: as above");
		page_line(page, &line, /* bold= */ false);
	}
}
