/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/explain/explain_profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "report/pprof/profile.h"
#include "report/pprof/profile_reader.h"

#define MAX_FRAMES 512 /* of a stack; a file of sockleak's own has a quarter of them */
#define INLINED " inlined"
#define AT " at "

DEFINE_CLEANUP(struct profile *, profile__free)
DEFINE_CLEANUP(struct stack *, stack_unref)

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static __s64 count_of_key(const json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	/* a reader takes no more for sockets */
	return number > 0 && number <= PROFILE_READ_OPEN ? (__s64)number : 0;
}

/* The last `what` in a text of `len` bytes; NULL = there is none. */
static const char *last_of(const char *text, size_t len, const char *what)
{
	const char *found = NULL, *next = text;

	while ((next = memmem(next, len - (size_t)(next - text), what, strlen(what))))
		found = next++;
	return found;
}

/*
 * As page_add_stack_frame() wrote it: "open_session (libx.so) at src/a.c:7 inlined". Text of
 * another form is the function.
 */
static void read_frame(const char *text, struct frame *ret_frame)
{
	size_t len = strlen(text), flag = sizeof(INLINED) - 1;
	const char *at, *colon;

	if (len > flag && !memcmp(text + len - flag, INLINED, flag)) {
		ret_frame->inlined = true;
		len -= flag;
	}
	at = last_of(text, len, AT);
	colon = at ? last_of(at, len - (size_t)(at - text), ":") : NULL;
	if (colon && colon > at + sizeof(AT) - 1 && colon[1] >= '0' && colon[1] <= '9') {
		ret_frame->file =
			strndup(at + sizeof(AT) - 1, (size_t)(colon - at) - sizeof(AT) + 1);
		ret_frame->line = (unsigned int)strtoul(colon + 1, NULL, 10);
		len = (size_t)(at - text);
	}
	ret_frame->function = strndup(text, len);
}

/* Without the C library's socket(), as other profiles. NULL: it has no frames. */
static struct stack *stack_of_texts(const json_t *list)
{
	size_t count = json_array_size(list), first;
	const char *innermost = json_string_value(json_array_get(list, 0));
	struct stack *stack;

	if (count > MAX_FRAMES)
		count = MAX_FRAMES;
	first = count > 1 && innermost &&
		(!strncmp(innermost, "__socket (", 10) || !strncmp(innermost, "socket (", 8));
	stack = count ? stack_new((unsigned int)(count - first)) : NULL;
	for (size_t i = first; stack && i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text)
			read_frame(text, &stack->frames[i - first]);
	}
	return stack;
}

struct site_labels {
	struct profile_label list[PROFILE_LABELS];
	unsigned int count;
};

static void add_known_label(struct site_labels *labels, const char *key, const char *text)
{
	if (text && *text)
		labels->list[labels->count++] = (struct profile_label){ .key = key, .text = text };
}

/* The labels that all sockets of the site share. */
static struct site_labels labels_of(const json_t *site)
{
	const json_t *programs = json_object_get(site, "programs");
	const json_t *program = json_array_get(programs, 0);
	json_t *classes = json_object_get(site, "classes");
	struct site_labels labels = { .count = 0 };

	add_known_label(&labels, "site", text_of(site, "site"));
	add_known_label(&labels, "culprit", text_of(site, "function"));
	if (json_object_size(classes) == 1)
		add_known_label(&labels, "class", json_object_iter_key(json_object_iter(classes)));
	if (json_array_size(programs) != 1)
		return labels;
	add_known_label(&labels, "comm", text_of(program, "comm"));
	add_known_label(&labels, "unit", text_of(program, "unit"));
	add_known_label(&labels, "machine", text_of(program, "machine"));
	add_known_label(&labels, "container", text_of(program, "container"));
	add_known_label(&labels, "pod", text_of(program, "pod"));
	return labels;
}

static void add_sample(struct profile *profile, const json_t *frames,
		       const struct site_labels *labels, __s64 open, __s64 created)
{
	const __s64 values[PROFILE_VALUES] = { [PROFILE_OPEN] = open, [PROFILE_CREATED] = created };
	_cleanup_(stack_unref) struct stack *stack = stack_of_texts(frames);

	if (created)
		profile__add(profile, stack, "[no stack]", labels->list, labels->count, values);
}

int explain_profile(const json_t *site, __s64 time_ns, struct text *out)
{
	_cleanup_(profile__free) struct profile *profile = profile__new();
	const json_t *ways = json_object_get(site, "ways"), *way;
	__s64 open = count_of_key(site, "open"),
	      ended = count_of_key(json_object_get(site, "ended"), "sockets");
	struct site_labels labels = labels_of(site);
	size_t i;

	if (!profile)
		return -ENOMEM;
	profile__comment(profile, "sockleak explain: the ages of the sockets are not in the file");
	json_array_foreach(ways, i, way)
	{
		__s64 of_way = count_of_key(way, "open");

		if (of_way > open)
			of_way = open;
		open -= of_way;
		add_sample(profile, json_object_get(way, "stack"), &labels, of_way, of_way);
	}
	add_sample(profile, json_object_get(site, "stack"), &labels, open, open + ended);
	return profile__add_gzip(profile, time_ns, out);
}
