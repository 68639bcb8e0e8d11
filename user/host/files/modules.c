/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/modules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files/access.h"
#include "lib/cleanup.h"

#define MAX_LINES 65536
#define MAX_TEXT (16 * 1024 * 1024)
#define DELETED " (deleted)"

struct modules {
	struct mapping *mappings; /* by address, as the kernel lists them */
	size_t count, capacity;
};

/* ---- Reading maps ---- */

void modules__free(struct modules *modules)
{
	size_t i;

	if (!modules)
		return;
	for (i = 0; i < modules->count; i++)
		free(modules->mappings[i].path);
	free(modules->mappings);
	free(modules);
}

static bool same_file(const struct mapping *a, const struct mapping *b)
{
	return a->inode == b->inode && a->major == b->major && a->minor == b->minor;
}

/* The kernel writes a newline in a name as \012, and escapes nothing else. */
static void decode_newlines(char *path)
{
	char *to = path;

	while (*path) {
		if (!strncmp(path, "\\012", 4)) {
			*to++ = '\n';
			path += 4;
		} else {
			*to++ = *path++;
		}
	}
	*to = '\0';
}

/* The name at the end of a line, changed in place; NULL = anonymous memory. */
static char *parse_name(char *name, bool *ret_deleted)
{
	size_t len, suffix = strlen(DELETED);

	name += strspn(name, " ");
	len = strcspn(name, "\n");
	name[len] = '\0';
	if (!strcmp(name, "[vdso]") || !strcmp(name, "[vsyscall]"))
		return name;
	if (*name != '/')
		return NULL; /* none, [heap], [stack], [anon:...], anon_inode:... */
	/* A living file may have such a name: it counts as deleted until its build id proves it. */
	if (len > suffix && !strcmp(name + len - suffix, DELETED)) {
		name[len - suffix] = '\0';
		*ret_deleted = true;
	}
	decode_newlines(name);
	return name;
}

/* False: not a line of maps. The path points into the line. */
static bool parse_mapping(char *line, struct mapping *ret_mapping, bool *ret_executable)
{
	unsigned long long start, end, offset, inode;
	struct mapping mapping = { 0 };
	char permissions[8];
	int name = 0;

	if (sscanf(line, "%llx-%llx %7s %llx %x:%x %llu%n", &start, &end, permissions, &offset,
		   &mapping.major, &mapping.minor, &inode, &name) != 7 ||
	    !name || start >= end)
		return false;
	mapping.start = start;
	mapping.end = end;
	mapping.offset = offset;
	mapping.inode = inode;
	mapping.path = parse_name(line + name, &mapping.deleted);
	*ret_mapping = mapping;
	*ret_executable = strchr(permissions, 'x');
	return true;
}

static int add_mapping(struct modules *modules, const struct mapping *mapping)
{
	size_t capacity = modules->capacity ? modules->capacity * 2 : 32;
	struct mapping *mappings;
	char *path = NULL;

	if (modules->count == modules->capacity) {
		mappings = reallocarray(modules->mappings, capacity, sizeof(*mappings));
		if (!mappings)
			return -ENOMEM;
		modules->mappings = mappings;
		modules->capacity = capacity;
	}
	if (mapping->path) {
		path = strdup(mapping->path);
		if (!path)
			return -ENOMEM;
	}
	modules->mappings[modules->count] = *mapping;
	modules->mappings[modules->count++].path = path;
	return 0;
}

static void swap_lines(char **a, size_t *a_size, char **b, size_t *b_size)
{
	char *line = *a;
	size_t size = *a_size;

	*a = *b;
	*a_size = *b_size;
	*b = line;
	*b_size = size;
}

/* Is a mapping, which lies behind another one, the rest of the same file, as it was loaded? */
static bool is_rest_of(const struct mapping *before, const struct mapping *mapping)
{
	return mapping_is_file(before) && mapping_is_file(mapping) && same_file(before, mapping) &&
	       mapping->start - before->start == mapping->offset - before->offset;
}

/*
 * The last mapping of the list is anonymous, and lies between two of a file that have room for
 * just it in the file: it is in the place of the part between them.
 */
static int fill_gap(struct modules *modules, const struct mapping *before,
		    const struct mapping *mapping, __u64 header)
{
	struct mapping *gap = modules->count ? &modules->mappings[modules->count - 1] : NULL;

	if (!gap || gap->path || gap->inode || gap->end != mapping->start ||
	    before->end != gap->start || !is_rest_of(before, mapping))
		return 0;
	gap->path = strdup(mapping->path);
	if (!gap->path)
		return -ENOMEM;
	gap->offset = before->offset + (gap->start - before->start);
	gap->inode = mapping->inode;
	gap->major = mapping->major;
	gap->minor = mapping->minor;
	gap->deleted = mapping->deleted;
	gap->header = header;
	gap->replaced = true;
	return 0;
}

int modules__parse(FILE *maps, struct modules **ret_modules)
{
	struct modules *modules = calloc(1, sizeof(*modules));
	_cleanup_free_ char *line = NULL, *before_line = NULL;
	/* first: the last seen start of a file; before: the last seen mapping of one */
	struct mapping mapping, first = { 0 }, before = { 0 };
	size_t size = 0, before_size = 0, text = 0, lines;
	bool executable;
	ssize_t len;

	if (!modules)
		return -ENOMEM;
	for (lines = 0; lines < MAX_LINES && text < MAX_TEXT; lines++) {
		len = getline(&line, &size, maps);
		if (len < 0)
			break;
		text += len;
		if (!parse_mapping(line, &mapping, &executable))
			continue;
		if (mapping.inode && !mapping.offset)
			first = mapping;
		if (mapping.inode && same_file(&mapping, &first))
			mapping.header = first.start;
		if (fill_gap(modules, &before, &mapping, mapping.header) ||
		    (executable && add_mapping(modules, &mapping))) {
			modules__free(modules);
			return -ENOMEM;
		}
		if (!mapping.path)
			continue;
		before = mapping; /* its path is in the line */
		swap_lines(&line, &size, &before_line, &before_size);
	}
	*ret_modules = modules;
	return 0;
}

int modules__memory_in(FILE *maps, __u64 address, struct memory_range *ret_range)
{
	_cleanup_free_ char *line = NULL;
	unsigned long long start, end;
	size_t size = 0, text = 0, lines;
	ssize_t len;

	for (lines = 0; lines < MAX_LINES && text < MAX_TEXT; lines++) {
		len = getline(&line, &size, maps);
		if (len < 0)
			break;
		text += len;
		if (sscanf(line, "%llx-%llx ", &start, &end) != 2 || address < start ||
		    address >= end)
			continue;
		*ret_range = (struct memory_range){ start, end };
		return 0;
	}
	return -ENOENT;
}

static int open_maps_of(pid_t tgid, FILE **ret_maps)
{
	FILE *maps;
	int fd, err;

	err = access_maps(tgid, &fd);
	if (err)
		return err;
	maps = fdopen(fd, "r");
	if (!maps) {
		close(fd);
		return -ENOMEM;
	}
	*ret_maps = maps;
	return 0;
}

int modules__memory_at(pid_t tgid, __u64 address, struct memory_range *ret_range)
{
	_cleanup_fclose_ FILE *maps = NULL;
	int err = open_maps_of(tgid, &maps);

	return err ? err : modules__memory_in(maps, address, ret_range);
}

int modules__read(pid_t tgid, struct modules **ret_modules)
{
	_cleanup_fclose_ FILE *maps = NULL;
	struct modules *modules;
	int err = open_maps_of(tgid, &maps);

	if (err)
		return err;
	err = modules__parse(maps, &modules);
	if (err)
		return err;
	if (!modules->count) {
		modules__free(modules);
		return -ESRCH;
	}
	*ret_modules = modules;
	return 0;
}

int modules__recall(pid_t tgid, struct process_view *ret_view, struct modules **ret_modules)
{
	_cleanup_fclose_ FILE *maps = NULL;
	int fd, err = access_past(tgid, ret_view, &fd);

	if (err)
		return err;
	maps = fdopen(fd, "r");
	if (maps)
		return modules__parse(maps, ret_modules);
	close(fd);
	return -ENOMEM;
}

size_t modules__count(const struct modules *modules)
{
	return modules->count;
}

const struct mapping *modules__get(const struct modules *modules, size_t index)
{
	return &modules->mappings[index];
}

static bool same_mapping(const struct mapping *a, const struct mapping *b)
{
	if (a->start != b->start || a->end != b->end || a->offset != b->offset ||
	    a->deleted != b->deleted || a->replaced != b->replaced || !same_file(a, b) ||
	    !a->path != !b->path)
		return false;
	return !a->path || !strcmp(a->path, b->path);
}

bool modules__equal(const struct modules *a, const struct modules *b)
{
	size_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (!same_mapping(&a->mappings[i], &b->mappings[i]))
			return false;
	return true;
}

bool modules__include(const struct modules *modules, const struct modules *part)
{
	for (size_t i = 0; i < part->count; i++) {
		const struct mapping *mapping = &part->mappings[i];
		const struct mapping *known = modules__find(modules, mapping->start);

		if (!known || known->start - known->offset != mapping->start - mapping->offset ||
		    !known->path || strcmp(known->path, mapping->path) != 0)
			return false;
	}
	return true;
}

const struct mapping *modules__find(const struct modules *modules, __u64 address)
{
	size_t low = 0, high = modules->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (address < modules->mappings[middle].start)
			high = middle;
		else if (address >= modules->mappings[middle].end)
			low = middle + 1;
		else
			return &modules->mappings[middle];
	}
	return NULL;
}
