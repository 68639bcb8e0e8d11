/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/jitdump.h"

#include <errno.h>
#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "host/files/access.h"
#include "stacks/names/runtime_frames.h"

#define VERSION 1
#define MAX_RECORDS (1000 * 1000)
#define MAX_LINES_TEXT (32 * 1024 * 1024)
#define MAX_NAME 512
#define CODE_LOAD 0
#define CODE_MOVE 1

struct jitdump_header {
	__u32 magic, version, total_size, machine, pad, pid;
	__u64 timestamp, flags;
};

struct jitdump_record {
	__u32 id, total_size;
	__u64 timestamp;
};

/* Behind the record: of code that was made, then its name with a NUL, then the code. */
struct jitdump_load {
	__u32 pid, tid;
	__u64 vma, address, size, index;
};

struct jitdump_move {
	__u32 pid, tid;
	__u64 vma, old_address, address, size, index;
};

/* The name of code by its index, for when it is moved. */
struct jitdump_code {
	__u64 index;
	size_t name, len; /* in the lines */
	UT_hash_handle hh;
};

/* A window of the file. */
struct jitdump_reader {
	int fd;
	off_t begin; /* of the window */
	size_t len;
	struct jitdump_code *codes;
	unsigned char bytes[64 * 1024];
};

bool jitdump_is_mapped(const struct mapping *mapping)
{
	return mapping_is_file(mapping) && !fnmatch("jit-*.dump", module_name(mapping->path), 0);
}

/* `len` bytes at an offset; at the file's end fewer. *ret_len says how many there are. */
static const void *dump_window(struct jitdump_reader *reader, off_t offset, size_t len,
			       size_t *ret_len)
{
	ssize_t n;

	if (offset < reader->begin || offset + (off_t)len > reader->begin + (off_t)reader->len) {
		n = pread(reader->fd, reader->bytes, sizeof(reader->bytes), offset);
		reader->begin = offset;
		reader->len = n > 0 ? (size_t)n : 0;
	}
	*ret_len = reader->len - (size_t)(offset - reader->begin);
	if (*ret_len > len)
		*ret_len = len;
	return reader->bytes + (offset - reader->begin);
}

static bool read_dump(struct jitdump_reader *reader, off_t offset, void *to, size_t len)
{
	size_t found;
	const void *bytes = dump_window(reader, offset, len, &found);

	if (found == len)
		memcpy(to, bytes, len);
	return found == len;
}

/* Remember the name that was just added, `len` bytes. Without memory a move loses it. */
static void remember_code(struct jitdump_reader *reader, __u64 index, size_t name, size_t len)
{
	struct jitdump_code *code;

	HASH_FIND(hh, reader->codes, &index, sizeof(index), code);
	if (!code) {
		code = calloc(1, sizeof(*code));
		if (!code)
			return;
		code->index = index;
		HASH_ADD(hh, reader->codes, index, sizeof(index), code);
		if (!code->hh.tbl) {
			free(code);
			return;
		}
	}
	code->name = name;
	code->len = len;
}

static void add_map_line(struct text *lines, __u64 address, __u64 size, const char *name,
			 size_t len)
{
	text_addf(lines, "%llx %llx ", (unsigned long long)address, (unsigned long long)size);
	for (; len; len--, name++)
		text_add_bytes(lines, *name == '\n' ? "?" : name, 1);
	text_add(lines, "\n");
}

/* A record's content is `len` bytes at `offset`. */
static void take_load(struct jitdump_reader *reader, off_t offset, size_t len, struct text *lines)
{
	struct jitdump_load load;
	const char *name;
	size_t found;

	if (len <= sizeof(load) || !read_dump(reader, offset, &load, sizeof(load)))
		return;
	len -= sizeof(load);
	name = dump_window(reader, offset + (off_t)sizeof(load), len < MAX_NAME ? len : MAX_NAME,
			   &found);
	found = strnlen(name, found);
	add_map_line(lines, load.address, load.size, name, found);
	remember_code(reader, load.index, lines->len - 1 - found, found);
}

static void take_move(struct jitdump_reader *reader, off_t offset, size_t len, struct text *lines)
{
	const struct jitdump_code *code;
	struct jitdump_move move;
	char name[MAX_NAME];

	if (len < sizeof(move) || !read_dump(reader, offset, &move, sizeof(move)))
		return;
	HASH_FIND(hh, reader->codes, &move.index, sizeof(move.index), code);
	if (!code || text_error(lines))
		return;
	memcpy(name, lines->data + code->name, code->len); /* the text may move */
	add_map_line(lines, move.address, move.size, name, code->len);
}

static void forget_codes(struct jitdump_reader *reader)
{
	struct jitdump_code *code, *next;

	HASH_ITER(hh, reader->codes, code, next) {
		HASH_DEL(reader->codes, code);
		free(code);
	}
}

static int take_records(struct jitdump_reader *reader, off_t offset, struct text *lines)
{
	struct jitdump_record record;
	unsigned char last;

	for (unsigned int i = 0; i < MAX_RECORDS && lines->len < MAX_LINES_TEXT; i++) {
		if (!read_dump(reader, offset, &record, sizeof(record)) ||
		    record.total_size < sizeof(record))
			break;
		/* not whole yet? Then its code is not in use either */
		if (!read_dump(reader, offset + record.total_size - 1, &last, 1))
			break;
		if (record.id == CODE_LOAD)
			take_load(reader, offset + (off_t)sizeof(record),
				  record.total_size - sizeof(record), lines);
		else if (record.id == CODE_MOVE)
			take_move(reader, offset + (off_t)sizeof(record),
				  record.total_size - sizeof(record), lines);
		offset += record.total_size;
	}
	return text_error(lines) ? -ENOMEM : 0;
}

int jitdump_as_map(int fd, struct text *ret_lines)
{
	struct jitdump_reader *reader = calloc(1, sizeof(*reader));
	struct jitdump_header header;
	int err = -ENOEXEC;

	if (!reader)
		return -ENOMEM;
	reader->fd = fd;
	if (read_dump(reader, 0, &header, sizeof(header)) && header.magic == ACCESS_JITDUMP &&
	    header.version == VERSION && header.total_size >= sizeof(header))
		err = take_records(reader, header.total_size, ret_lines);
	forget_codes(reader);
	free(reader);
	return err;
}
