/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/past_maps.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uthash.h>
#include <utlist.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "lib/time.h"
#include "lib/write_all.h"

#define MAX_ENDED 1024		     /* processes that are kept after their end */
#define TICK_NS (NSEC_PER_SEC / 100) /* /proc has start times in ticks of USER_HZ */

/* A file that was mapped: shared by all mappings of it. */
struct past_file {
	__u64 inode;
	__u32 major, minor;
	__u32 build_id_len;
	__u8 build_id[MAP_RECORD_BUILD_ID];
	unsigned int references;
	UT_hash_handle hh;
	char path[]; /* the key */
};

struct past_mapping {
	__u64 start, end, offset;
	struct past_file *file;
};

struct past_process {
	__u32 tgid;
	bool has_ended;
	struct process_view view;
	struct past_mapping *mappings; /* in the order in which they were made */
	size_t count, capacity;
	struct past_process *prev, *next; /* of those that have ended, the first one first */
	UT_hash_handle hh;
};

struct past_maps {
	file_head_fn read_head;
	void *ctx;
	struct past_process *processes; /* a uthash table by tgid */
	struct past_process *ended;
	unsigned int n_ended;
	struct past_file *files; /* a uthash table by path: the newest of that path */
};

/* ---- Files ---- */

static bool is_file_of(const struct past_file *file, const struct map_record *record)
{
	return file->inode == record->inode && file->major == record->major &&
	       file->minor == record->minor && file->build_id_len == record->build_id_len &&
	       !memcmp(file->build_id, record->build_id, record->build_id_len);
}

static void drop_past_file(struct past_maps *past, struct past_file *file)
{
	struct past_file *known;

	if (--file->references)
		return;
	HASH_FIND_STR(past->files, file->path, known);
	if (known == file)
		HASH_DEL(past->files, file);
	free(file);
}

static struct past_file *add_past_file(struct past_maps *past, const struct map_record *record)
{
	size_t len = strlen(record->path);
	struct past_file *file = calloc(1, sizeof(*file) + len + 1);

	if (!file)
		return NULL;
	memcpy(file->path, record->path, len + 1);
	file->inode = record->inode;
	file->major = record->major;
	file->minor = record->minor;
	file->build_id_len = record->build_id_len;
	memcpy(file->build_id, record->build_id, record->build_id_len);
	HASH_ADD_KEYPTR(hh, past->files, file->path, len, file);
	if (file->hh.tbl)
		return file;
	free(file);
	return NULL;
}

static struct past_file *past_file_of(struct past_maps *past, const struct map_record *record)
{
	struct past_file *file;

	HASH_FIND_STR(past->files, record->path, file);
	if (file && !is_file_of(file, record)) {
		HASH_DEL(past->files, file); /* it has another file's path; its mappings have it */
		file = NULL;
	}
	file = file ?: add_past_file(past, record);
	if (file)
		file->references++;
	return file;
}

/* ---- Processes ---- */

static void forget_mappings(struct past_maps *past, struct past_process *process)
{
	for (size_t i = 0; i < process->count; i++)
		drop_past_file(past, process->mappings[i].file);
	process->count = 0;
}

static void forget_process(struct past_maps *past, struct past_process *process)
{
	if (process->has_ended) {
		DL_DELETE(past->ended, process);
		past->n_ended--;
	}
	HASH_DEL(past->processes, process);
	forget_mappings(past, process);
	free(process->mappings);
	free(process);
}

static struct past_process *past_process_of(const struct past_maps *past, __u32 tgid)
{
	struct past_process *process;

	HASH_FIND(hh, past->processes, &tgid, sizeof(tgid), process);
	return process;
}

static struct past_process *add_past_process(struct past_maps *past, __u32 tgid)
{
	struct past_process *process = past_process_of(past, tgid);

	if (process) /* its number is another's now */
		forget_process(past, process);
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->tgid = tgid;
	HASH_ADD(hh, past->processes, tgid, sizeof(process->tgid), process);
	if (process->hh.tbl)
		return process;
	free(process);
	return NULL;
}

static int mappings_reserve(struct past_process *process, size_t count)
{
	struct past_mapping *mappings;

	if (count <= process->capacity)
		return 0;
	count = count < 16 ? 16 : 2 * count;
	mappings = reallocarray(process->mappings, count, sizeof(*mappings));
	if (!mappings)
		return -ENOMEM;
	process->mappings = mappings;
	process->capacity = count;
	return 0;
}

static int begin_child(struct past_maps *past, const struct map_record *record)
{
	struct past_process *parent = past_process_of(past, record->parent), *child;

	if (!parent || record->parent == record->tgid)
		return 0; /* a stranger, or a thread */
	child = add_past_process(past, record->tgid);
	if (!child)
		return -ENOMEM;
	child->view = parent->view;
	child->view.start_ns = record->time_ns / TICK_NS * TICK_NS;
	if (mappings_reserve(child, parent->count))
		return -ENOMEM;
	if (parent->count)
		memcpy(child->mappings, parent->mappings,
		       parent->count * sizeof(*parent->mappings));
	child->count = parent->count;
	for (size_t i = 0; i < child->count; i++)
		child->mappings[i].file->references++;
	return 0;
}

/* Mappings that it covers are gone; the parts that stick out of it stay. */
static void forget_covered(struct past_maps *past, struct past_process *process, __u64 start,
			   __u64 end)
{
	size_t kept = 0;

	for (size_t i = 0; i < process->count; i++) {
		struct past_mapping mapping = process->mappings[i];

		if (start <= mapping.start && mapping.end <= end) {
			drop_past_file(past, mapping.file);
			continue;
		}
		if (mapping.start < start && start < mapping.end)
			mapping.end = start; /* a rest above it is nearly never code: it is cut */
		else if (mapping.start < end && end < mapping.end) {
			mapping.offset += end - mapping.start;
			mapping.start = end;
		}
		process->mappings[kept++] = mapping;
	}
	process->count = kept;
}

static int map_file(struct past_maps *past, const struct map_record *record)
{
	struct past_process *process = past_process_of(past, record->tgid);
	struct past_file *file;

	if (!process)
		return 0;
	forget_covered(past, process, record->start, record->start + record->len);
	if (record->path[0] != '/' || !strncmp(record->path, "//anon", 6))
		return 0; /* as perf names memory without a file */
	if (mappings_reserve(process, process->count + 1))
		return -ENOMEM;
	file = past_file_of(past, record);
	if (!file)
		return -ENOMEM;
	process->mappings[process->count++] =
		(struct past_mapping){ record->start, record->start + record->len, record->offset,
				       file };
	return 0;
}

static void begin_program(struct past_maps *past, const struct map_record *record)
{
	struct past_process *process = past_process_of(past, record->tgid);

	if (process)
		forget_mappings(past, process);
}

static void end_process(struct past_maps *past, const struct map_record *record)
{
	struct past_process *process = past_process_of(past, record->tgid);

	if (!process || process->has_ended)
		return;
	process->has_ended = true;
	DL_APPEND(past->ended, process);
	if (++past->n_ended > MAX_ENDED)
		forget_process(past, past->ended);
}

struct past_maps *past_maps__new(pid_t tgid, file_head_fn read_head, void *ctx)
{
	struct past_maps *past = calloc(1, sizeof(*past));
	struct past_process *process = past ? add_past_process(past, (__u32)tgid) : NULL;

	if (!process) {
		free(past);
		return NULL;
	}
	past->read_head = read_head;
	past->ctx = ctx;
	process_look(tgid, &process->view); /* else its files are not opened */
	return past;
}

void past_maps__free(struct past_maps *past)
{
	if (!past)
		return;
	while (past->processes)
		forget_process(past, past->processes);
	free(past);
}

int past_maps__take(struct past_maps *past, const struct map_record *record)
{
	switch ((enum map_record_kind)record->kind) {
	case MAP_RECORD_FORK:
		return begin_child(past, record);
	case MAP_RECORD_EXEC:
		begin_program(past, record);
		return 0;
	case MAP_RECORD_MAP:
		return map_file(past, record);
	case MAP_RECORD_EXIT:
		end_process(past, record);
		return 0;
	}
	return 0;
}

/* ---- Giving out ---- */

/* The file of a mapping as it is found now. */
struct found_file {
	__u64 inode; /* 0 = it is not there */
	unsigned int major, minor;
	__u64 header; /* where the process had its first page; 0 = not known */
};

static bool read_program_header(const char *bytes, size_t len, unsigned int i, Elf64_Phdr *ret)
{
	Elf64_Ehdr ehdr;
	__u64 at;

	if (len < sizeof(ehdr))
		return false;
	memcpy(&ehdr, bytes, sizeof(ehdr));
	at = ehdr.e_phoff + (__u64)i * sizeof(*ret);
	if (memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_phentsize != sizeof(*ret) || i >= ehdr.e_phnum || ehdr.e_phoff > len ||
	    at > len - sizeof(*ret))
		return false;
	memcpy(ret, bytes + at, sizeof(*ret));
	return true;
}

/*
 * The first page of a file is mapped without the right to execute, which is not recorded. It
 * follows from where its code is mapped, by the program headers.
 */
static __u64 header_of(const struct past_mapping *mapping, const char *bytes, size_t len)
{
	const __u64 page = (__u64)sysconf(_SC_PAGESIZE);
	Elf64_Phdr segment, first = { .p_type = PT_NULL };

	for (unsigned int i = 0; read_program_header(bytes, len, i, &segment); i++) {
		if (segment.p_type != PT_LOAD)
			continue;
		if (first.p_type != PT_LOAD)
			first = segment;
		if (segment.p_flags & PF_X && mapping->offset >= (segment.p_offset & -page) &&
		    mapping->offset < segment.p_offset + segment.p_filesz && first.p_offset < page)
			return mapping->start - mapping->offset -
			       (segment.p_vaddr - segment.p_offset) +
			       (first.p_vaddr - first.p_offset);
	}
	return 0;
}

/* Has the file the build id of the mapped one, or, if that is not known, its numbers? */
static bool is_mapped_file(const struct past_file *file, const struct file_head *head)
{
	const void *id;
	size_t id_len;

	if (file->inode)
		return file->inode == head->inode && file->major == head->major &&
		       file->minor == head->minor;
	id = process_files_build_id(head->bytes, head->len, &id_len);
	return id && id_len == file->build_id_len && !memcmp(id, file->build_id, id_len);
}

static struct found_file find_mapped_file(const struct past_maps *past,
					  const struct past_mapping *mapping)
{
	struct file_head head;

	if (past->read_head(mapping->file->path, &head, past->ctx) ||
	    !is_mapped_file(mapping->file, &head))
		return (struct found_file){ 0 };
	return (struct found_file){ .inode = head.inode,
				    .major = head.major,
				    .minor = head.minor,
				    .header = header_of(mapping, head.bytes, head.len) };
}

/* A newline is written as the kernel writes it. */
static void add_path(struct text *text, const char *path)
{
	for (; *path; path++)
		if (*path == '\n')
			text_add(text, "\\012");
		else
			text_add_bytes(text, path, 1);
}

static void add_maps_line(struct text *text, const struct past_mapping *mapping, __u64 start,
			  __u64 end, __u64 offset, const struct found_file *found)
{
	text_addf(text, "%llx-%llx r-%cp %08llx %02x:%02x %llu ", start, end,
		  start == mapping->start ? 'x' : '-', offset, found->major, found->minor,
		  found->inode);
	add_path(text, mapping->file->path);
	text_add(text, found->inode ? "\n" : " (deleted)\n"); /* then nothing is opened for it */
}

static void add_mapped(struct text *text, const struct past_maps *past,
		       const struct past_mapping *mapping)
{
	struct found_file found = find_mapped_file(past, mapping);

	if (found.header && found.header < mapping->start)
		add_maps_line(text, mapping, found.header, found.header + 1, 0, &found);
	add_maps_line(text, mapping, mapping->start, mapping->end, mapping->offset, &found);
}

static int by_address(const void *a, const void *b)
{
	const struct past_mapping *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

int past_maps__open(const struct past_maps *past, pid_t tgid, struct process_view *ret_view,
		    int *ret_fd)
{
	struct past_process *process = past_process_of(past, (__u32)tgid);
	_cleanup_text_ struct text text = TEXT_INIT;
	_cleanup_close_ int fd = -1;
	int err;

	if (!process)
		return -ENOENT;
	if (process->count)
		qsort(process->mappings, process->count, sizeof(*process->mappings), by_address);
	for (size_t i = 0; i < process->count; i++)
		add_mapped(&text, past, &process->mappings[i]);
	if (text_error(&text))
		return text_error(&text);
	fd = memfd_create("sockleak", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = text.len ? write_all(fd, text.data, text.len, NULL) : 0;
	if (!err && lseek(fd, 0, SEEK_SET))
		err = -errno;
	if (err)
		return err;
	*ret_view = process->view;
	*ret_fd = TAKE_FD(fd);
	return 0;
}
