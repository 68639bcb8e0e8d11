/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/perf_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files/access.h"
#include "lib/cleanup.h"
#include "lib/text.h"
#include "stacks/files/jitdump.h"

#define MAX_TEXT (32 * 1024 * 1024)
#define MAX_LINES (1000 * 1000)
#define MAX_NAME 512
#define MAX_OVERLAPS 4096 /* lines that one search looks at */

struct perf_map_entry {
	__u64 start, end;
	__u32 name; /* where it begins in the text: entries of later lines have a higher one */
};

struct perf_map {
	char *text; /* names end with a NUL */
	size_t len;
	struct perf_map_entry *entries; /* by start; of the same start the later line last */
	size_t count, capacity;
	__u64 device, inode, size;
	__u64 longest; /* end - start */
};

/* ---- The format ---- */

/* A hex number in [*at, end), "0x" before it or not; *at is moved behind it. */
static bool parse_hex(const char **at, const char *end, __u64 *ret_number)
{
	const char *digit = *at;
	__u64 number = 0;
	int value;

	if (end - digit > 2 && digit[0] == '0' && (digit[1] | 0x20) == 'x')
		digit += 2;
	*at = digit;
	for (; digit < end; digit++) {
		if (*digit >= '0' && *digit <= '9')
			value = *digit - '0';
		else if ((*digit | 0x20) >= 'a' && (*digit | 0x20) <= 'f')
			value = (*digit | 0x20) - 'a' + 10;
		else
			break;
		if (number >> 60)
			return false;
		number = number << 4 | (__u64)value;
	}
	if (digit == *at)
		return false;
	*at = digit;
	*ret_number = number;
	return true;
}

static bool skip_blanks(const char **at, const char *end)
{
	const char *begin = *at;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	return *at > begin;
}

/* Where a line ends but for blanks and a carriage return. */
static char *trim_line(const char *line, char *end)
{
	while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return end;
}

/* A line, trimmed. False: it names nothing. */
static bool parse_entry(const char *line, const char *end, const char *text,
			struct perf_map_entry *ret)
{
	const char *at = line;
	__u64 start, size;

	skip_blanks(&at, end);
	if (!parse_hex(&at, end, &start) || !skip_blanks(&at, end) || !parse_hex(&at, end, &size) ||
	    !skip_blanks(&at, end) || at == end || !size || start + size < start)
		return false;
	*ret = (struct perf_map_entry){ start, start + size, (__u32)(at - text) };
	return true;
}

/* End the name where the line ends, and make it fit to be shown. */
static void clean_name(char *name, char *end)
{
	if (end > name + MAX_NAME)
		end = name + MAX_NAME;
	for (; name < end; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			*name = '?';
	*end = '\0'; /* at the latest where the newline was */
}

static int add_entry(struct perf_map *map, const struct perf_map_entry *entry)
{
	size_t capacity = map->capacity ? map->capacity * 2 : 256;
	struct perf_map_entry *entries;

	if (map->count == map->capacity) {
		entries = reallocarray(map->entries, capacity, sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		map->entries = entries;
		map->capacity = capacity;
	}
	map->entries[map->count++] = *entry;
	if (entry->end - entry->start > map->longest)
		map->longest = entry->end - entry->start;
	return 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct perf_map_entry *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

/* Takes the text, which has room for a NUL behind len, also on failure. */
static int parse_own(char *text, size_t len, struct perf_map **ret_map)
{
	struct perf_map *map = calloc(1, sizeof(*map));
	char *line, *end, *trimmed;
	struct perf_map_entry entry;
	size_t lines;

	if (!map) {
		free(text);
		return -ENOMEM;
	}
	map->text = text;
	map->len = len;
	for (line = text, lines = 0; line < text + len && lines < MAX_LINES; lines++) {
		end = memchr(line, '\n', (size_t)(text + len - line));
		if (!end)
			break; /* still being written */
		trimmed = trim_line(line, end);
		if (parse_entry(line, trimmed, text, &entry)) {
			if (add_entry(map, &entry)) {
				perf_map__free(map);
				return -ENOMEM;
			}
			clean_name(text + entry.name, trimmed);
		}
		line = end + 1;
	}
	if (map->count)
		qsort(map->entries, map->count, sizeof(*map->entries), compare_entries);
	*ret_map = map;
	return 0;
}

int perf_map__parse(const char *text, size_t len, struct perf_map **ret_map)
{
	char *copy;

	if (len > MAX_TEXT)
		len = MAX_TEXT;
	copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	return parse_own(copy, len, ret_map);
}

const char *perf_map__find(const struct perf_map *map, __u64 address)
{
	const struct perf_map_entry *entry, *best = NULL;
	size_t low = 0, high = map->count, middle, looks;

	while (low < high) { /* the first that starts behind it */
		middle = low + (high - low) / 2;
		if (map->entries[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (looks = 0; low-- && looks < MAX_OVERLAPS; looks++) {
		entry = &map->entries[low];
		if (address - entry->start >= map->longest)
			break; /* no line before it reaches so far */
		if (address < entry->end && (!best || entry->name > best->name))
			best = entry;
	}
	return best ? map->text + best->name : NULL;
}

void perf_map__free(struct perf_map *map)
{
	if (!map)
		return;
	free(map->text);
	free(map->entries);
	free(map);
}

size_t perf_map__memory(const struct perf_map *map)
{
	return sizeof(*map) + map->len + map->capacity * sizeof(*map->entries);
}

/* ---- The file ---- */

/* The file to read: the map, else the dump that the process has mapped (NULL: it has none). */
static int open_code_map(pid_t tgid, const struct mapping *dump, int *ret_fd, bool *ret_is_dump)
{
	int err = access_perf_map(tgid, ret_fd);

	*ret_is_dump = err && dump;
	return *ret_is_dump ? access_mapping(tgid, dump, ret_fd) : err;
}

static int parse_dump(int fd, struct perf_map **ret_map)
{
	_cleanup_text_ struct text lines = TEXT_INIT;
	int err = jitdump_as_map(fd, &lines);

	return err ? err : perf_map__parse(text_str(&lines), lines.len, ret_map);
}

static int parse_file(int fd, size_t size, struct perf_map **ret_map)
{
	size_t len = 0;
	ssize_t n;
	char *text;

	if (size > MAX_TEXT)
		size = MAX_TEXT;
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	while (len < size && (n = read(fd, text + len, size - len)) > 0)
		len += (size_t)n;
	return parse_own(text, len, ret_map);
}

int perf_map__read(pid_t tgid, const struct mapping *dump, struct perf_map **ret_map)
{
	_cleanup_close_ int fd = -1;
	struct perf_map *map;
	struct stat st;
	bool is_dump;
	int err;

	err = open_code_map(tgid, dump, &fd, &is_dump);
	if (err)
		return err;
	if (fstat(fd, &st))
		return -errno;
	err = is_dump ? parse_dump(fd, &map) : parse_file(fd, (size_t)st.st_size, &map);
	if (err)
		return err;
	map->device = st.st_dev;
	map->inode = st.st_ino;
	map->size = (__u64)st.st_size;
	*ret_map = map;
	return 0;
}

bool perf_map__stale(const struct perf_map *map, pid_t tgid, const struct mapping *dump)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	bool is_dump;

	if (open_code_map(tgid, dump, &fd, &is_dump) || fstat(fd, &st))
		return false; /* what was known of a process is still true when it is gone */
	return map->device != st.st_dev || map->inode != st.st_ino ||
	       map->size != (__u64)st.st_size;
}
