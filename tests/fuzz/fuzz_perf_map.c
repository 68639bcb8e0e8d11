/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /tmp/perf-PID.map, which a process writes as it likes. The names that are found
 * are compared with those of a plain search from the last line to the first.
 */
#include "fuzz.h"

#include <ctype.h>
#include <errno.h>

#include "stacks/files/perf_map.h"

#define MAX_NAME 512
#define MAX_LINES 4096 /* of overlapping lines no more are looked at */
#define BLANKS " \t"

struct line {
	unsigned long long start, end;
	const char *name; /* in the text, as it stands there */
	size_t len;
};

static bool read_hex(char **at, unsigned long long *ret_number)
{
	char *begin = *at;

	if (!isxdigit((unsigned char)*begin))
		return false;
	errno = 0;
	*ret_number = strtoull(begin, at, 16);
	return !errno;
}

/* START SIZE name; false: not of that form. */
static bool read_line(char *text, struct line *ret_line)
{
	unsigned long long size;
	char *at = text + strspn(text, BLANKS);

	if (!read_hex(&at, &ret_line->start) || !strspn(at, BLANKS))
		return false;
	at += strspn(at, BLANKS);
	if (!read_hex(&at, &size) || !strspn(at, BLANKS))
		return false;
	at += strspn(at, BLANKS);
	ret_line->end = ret_line->start + size;
	ret_line->name = at;
	return size && ret_line->end > ret_line->start;
}

static size_t trimmed(const char *name, size_t len)
{
	while (len && strchr(BLANKS "\r", name[len - 1]) && name[len - 1])
		len--;
	return len < MAX_NAME ? len : MAX_NAME;
}

/* The lines that end; those of no such form have an end of 0. */
static size_t read_lines(char *text, size_t size, struct line *lines)
{
	char *end, *rest = text + size;
	size_t count = 0;

	for (; text < rest && (end = memchr(text, '\n', (size_t)(rest - text))); text = end + 1) {
		struct line *line = &lines[count++];

		check(count < MAX_LINES);
		*end = '\0';
		if (!read_line(text, line) || line->name >= end)
			line->end = 0;
		else
			line->len = trimmed(line->name, (size_t)(end - line->name));
		if (!line->len)
			line->end = 0; /* it names nothing */
	}
	return count;
}

static void check_find(const struct perf_map *map, const struct line *lines, size_t count,
		       __u64 address)
{
	const char *name = perf_map__find(map, address);

	while (count && !(address >= lines[count - 1].start && address < lines[count - 1].end))
		count--;
	check(!name == !count);
	if (!name)
		return;
	check(strlen(name) == lines[count - 1].len);
	for (size_t i = 0; name[i]; i++) {
		unsigned char c = (unsigned char)lines[count - 1].name[i];

		check(c < ' ' || c == 0x7f ? name[i] == '?' : (unsigned char)name[i] == c);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct line lines[MAX_LINES];
	struct perf_map *map = NULL;
	size_t count, i;
	char *copy;

	if (size >= MAX_LINES)
		return 0;
	check(!perf_map__parse((const char *)data, size, &map));
	check(map && perf_map__memory(map) >= size);
	copy = calloc(1, size + 1);
	memcpy(copy, data, size);
	memset(lines, 0, sizeof(lines[0]) * (size + 1 < MAX_LINES ? size + 1 : MAX_LINES));
	count = read_lines(copy, size, lines);
	for (i = 0; i < count && i < 64; i++) {
		check_find(map, lines, count, lines[i].start - 1);
		check_find(map, lines, count, lines[i].start);
		check_find(map, lines, count, lines[i].end - 1);
		check_find(map, lines, count, lines[i].end);
	}
	check_find(map, lines, count, 0);
	check_find(map, lines, count, UINT64_MAX);
	perf_map__free(map);
	free(copy);
	return 0;
}
