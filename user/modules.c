/* SPDX-License-Identifier: BSD-2-Clause */
#include "modules.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAX_LINES 65536
#define MAX_TEXT (16 * 1024 * 1024)
#define DELETED " (deleted)"

#define _cleanup_free_ __attribute__((cleanup(freep)))
#define _cleanup_close_ __attribute__((cleanup(closep)))

struct modules {
	struct mapping *mappings; /* by address, as the kernel lists them */
	size_t count, capacity;
};

static void freep(void *pointer)
{
	free(*(void **)pointer);
}

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

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
	/* A living file of such a name is taken for a deleted one: it must then prove itself. */
	if (len > suffix && !strcmp(name + len - suffix, DELETED)) {
		name[len - suffix] = '\0';
		*ret_deleted = true;
	}
	decode_newlines(name);
	return name;
}

/* False: not a line of maps. The path points into the line. */
static bool parse_line(char *line, struct mapping *ret_mapping, bool *ret_executable)
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

int modules__parse(FILE *maps, struct modules **ret_modules)
{
	struct modules *modules = calloc(1, sizeof(*modules));
	_cleanup_free_ char *line = NULL;
	struct mapping mapping, first = { 0 }; /* first: the last seen start of a file */
	size_t size = 0, text = 0, lines;
	bool executable;
	ssize_t len;

	if (!modules)
		return -ENOMEM;
	for (lines = 0; lines < MAX_LINES && text < MAX_TEXT; lines++) {
		len = getline(&line, &size, maps);
		if (len < 0)
			break;
		text += len;
		if (!parse_line(line, &mapping, &executable))
			continue;
		if (mapping.inode && !mapping.offset)
			first = mapping;
		if (!executable)
			continue;
		if (mapping.inode && same_file(&mapping, &first))
			mapping.header = first.start;
		if (add_mapping(modules, &mapping)) {
			modules__free(modules);
			return -ENOMEM;
		}
	}
	*ret_modules = modules;
	return 0;
}

int modules__read(pid_t tgid, struct modules **ret_modules)
{
	struct modules *modules;
	char path[64];
	FILE *maps;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/maps", tgid);
	maps = fopen(path, "re");
	if (!maps)
		return errno == ENOENT ? -ESRCH : -errno;
	err = modules__parse(maps, &modules);
	fclose(maps);
	if (err)
		return err;
	if (!modules->count) {
		modules__free(modules);
		return -ESRCH;
	}
	*ret_modules = modules;
	return 0;
}

size_t modules__count(const struct modules *modules)
{
	return modules->count;
}

static bool same_mapping(const struct mapping *a, const struct mapping *b)
{
	if (a->start != b->start || a->end != b->end || a->offset != b->offset ||
	    a->deleted != b->deleted || !same_file(a, b) || !a->path != !b->path)
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

bool mapping_is_file(const struct mapping *mapping)
{
	return mapping->inode && mapping->path && mapping->path[0] == '/';
}

/* ---- Opening files ---- */

/*
 * Open for reading what an O_PATH descriptor names, once it is known to be a
 * regular file: an open of a device or a FIFO does things by itself.
 */
static int reopen_regular(int path_fd, int *ret_fd)
{
	char link[64];
	struct stat st;
	int fd;

	if (fstat(path_fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int open_regular(const char *path, int *ret_fd)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return reopen_regular(fd, ret_fd);
}

/*
 * openat2(2), as a plain /proc/PID/root/PATH would follow an absolute symbolic
 * link in it to our own root.
 */
static int open_in_root(pid_t tgid, const char *path, int *ret_fd)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	_cleanup_close_ int root = -1, fd = -1;
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/root", tgid);
	root = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0)
		return -errno;
	return reopen_regular(fd, ret_fd);
}

static int shares_mounts(pid_t tgid, bool *ret_shares)
{
	struct stat ours, theirs;
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/ns/mnt", tgid);
	if (stat("/proc/self/ns/mnt", &ours) || stat(link, &theirs))
		return errno == ENOENT ? -ESRCH : -errno;
	*ret_shares = ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
	return 0;
}

int process_open_path(pid_t tgid, const char *path, int *ret_fd)
{
	bool shares;
	int err;

	err = shares_mounts(tgid, &shares);
	if (err)
		return err;
	/* not by its root: of a process in a chroot the kernel gives us the whole path */
	return shares ? open_regular(path, ret_fd) : open_in_root(tgid, path, ret_fd);
}

/* The build id among the notes at [offset, offset + size) of an ELF file's first bytes. */
static const void *note_build_id(const char *bytes, size_t len, __u64 offset, __u64 size,
				 size_t *ret_len)
{
	Elf64_Nhdr note;
	__u64 desc, next;

	if (offset > len || size > len - offset)
		return NULL;
	size += offset;
	while (size - offset >= sizeof(note)) {
		memcpy(&note, bytes + offset, sizeof(note));
		desc = offset + sizeof(note) + ((note.n_namesz + 3ULL) & ~3ULL);
		next = desc + ((note.n_descsz + 3ULL) & ~3ULL);
		if (next > size)
			return NULL;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(ELF_NOTE_GNU) &&
		    !memcmp(bytes + offset + sizeof(note), ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU))) {
			*ret_len = note.n_descsz;
			return bytes + desc;
		}
		offset = next;
	}
	return NULL;
}

const void *modules_build_id(const char *bytes, size_t len, size_t *ret_len)
{
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	const void *id;
	unsigned int i;

	if (len < sizeof(ehdr))
		return NULL;
	memcpy(&ehdr, bytes, sizeof(ehdr));
	if (memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_phentsize != sizeof(phdr) || ehdr.e_phoff > len)
		return NULL;
	for (i = 0; i < ehdr.e_phnum; i++) {
		if (len - ehdr.e_phoff < (i + 1) * sizeof(phdr))
			return NULL;
		memcpy(&phdr, bytes + ehdr.e_phoff + i * sizeof(phdr), sizeof(phdr));
		if (phdr.p_type != PT_NOTE)
			continue;
		id = note_build_id(bytes, len, phdr.p_offset, phdr.p_filesz, ret_len);
		if (id)
			return id;
	}
	return NULL;
}

/*
 * Does the file begin with the build id that the process has in its memory?
 * -ENODATA when that cannot be told.
 */
static int compare_build_id(pid_t tgid, const struct mapping *mapping, int fd)
{
	char path[64], mapped[4096], stored[4096];
	const void *mapped_id, *stored_id;
	size_t mapped_len, stored_len;
	_cleanup_close_ int memory = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/mem", tgid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	if (memory < 0 || !mapping->header)
		return -ENODATA;
	len = pread(memory, mapped, sizeof(mapped), mapping->header);
	mapped_id = len < 0 ? NULL : modules_build_id(mapped, len, &mapped_len);
	if (!mapped_id)
		return -ENODATA;
	len = pread(fd, stored, sizeof(stored), 0);
	stored_id = len < 0 ? NULL : modules_build_id(stored, len, &stored_len);
	if (!stored_id || mapped_len != stored_len || memcmp(mapped_id, stored_id, mapped_len))
		return -ESTALE;
	return 0;
}

/* 1: by its numbers it is the file of the mapping; 0: it is another, or they differ by design. */
static int same_numbers(const struct mapping *mapping, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return st.st_ino == mapping->inode && major(st.st_dev) == mapping->major &&
	       minor(st.st_dev) == mapping->minor;
}

static int check_identity(pid_t tgid, const struct mapping *mapping, int fd)
{
	int err = same_numbers(mapping, fd);

	if (err)
		return err < 0 ? err : 0;
	/* overlayfs and btrfs number a file differently in maps than in stat */
	err = compare_build_id(tgid, mapping, fd);
	if (err != -ENODATA)
		return err;
	/* Nothing speaks against the file at a path that the kernel says is the mapped one's. */
	return mapping->deleted ? -ESTALE : 0;
}

int mapping_open(pid_t tgid, const struct mapping *mapping, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	char link[96];
	int err;

	if (!mapping_is_file(mapping))
		return -ENOENT;
	snprintf(link, sizeof(link), "/proc/%d/map_files/%llx-%llx", tgid, mapping->start,
		 mapping->end);
	if (!open_regular(link, ret_fd))
		return 0;
	err = process_open_path(tgid, mapping->path, &fd);
	if (err)
		return err;
	err = check_identity(tgid, mapping, fd);
	if (err)
		return err;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int mapping_open_orphan(const struct mapping *mapping, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	int err;

	if (!mapping_is_file(mapping))
		return -ENOENT;
	err = open_regular(mapping->path, &fd);
	if (err)
		return err;
	err = same_numbers(mapping, fd);
	if (err <= 0)
		return err ? err : -ESTALE;
	*ret_fd = fd;
	fd = -1;
	return 0;
}
