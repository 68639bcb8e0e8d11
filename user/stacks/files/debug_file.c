/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/debug_file.h"

#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "host/files/access.h"
#include "host/files/elf_notes.h"
#include "lib/cleanup.h"
#include "lib/regular_file.h"

#define MAX_CRC_BYTES (256 * 1024 * 1024) /* of a debug file that has only a CRC to prove it */
#define DEBUG_DIR "/usr/lib/debug"
#define COMPRESSED_BY_ZSTD 2 /* gABI: ELFCOMPRESS_ZSTD, which older elf.h do not have */

static bool has_build_id(int fd, const char *build_id)
{
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	_cleanup_free_ char *found = NULL;
	const void *bytes;
	ssize_t len;

	len = elf ? dwelf_elf_gnu_build_id(elf, &bytes) : -1;
	if (len > 0 && len <= BUILD_ID_MAX)
		found = build_id_hex(bytes, (size_t)len);
	elf_end(elf);
	return found && !strcmp(found, build_id);
}

/* The checksum that objcopy --add-gnu-debuglink stores is zlib's. */
static bool has_crc(int fd, __u32 wanted)
{
	unsigned char buffer[16384];
	uLong crc = crc32(0, NULL, 0);
	struct stat st;
	ssize_t len;
	off_t at;

	if (fstat(fd, &st) || st.st_size > MAX_CRC_BYTES)
		return false;
	for (at = 0; at < MAX_CRC_BYTES; at += len) {
		len = pread(fd, buffer, sizeof(buffer), at);
		if (len <= 0)
			break;
		crc = crc32(crc, buffer, (uInt)len);
	}
	return crc == wanted;
}

/* Our own directory first: only root writes there. */
static int open_by_build_id(pid_t tgid, const char *build_id, char **ret_path)
{
	char path[sizeof(DEBUG_DIR "/.build-id//.debug") + 2 * BUILD_ID_MAX];
	int fd, i;

	if (!build_id || strlen(build_id) < 4 || strlen(build_id) > 2 * BUILD_ID_MAX)
		return -1;
	snprintf(path, sizeof(path), DEBUG_DIR "/.build-id/%.2s/%s.debug", build_id, build_id + 2);
	for (i = 0; i < 2; i++) {
		if (i ? access_path(tgid, path, &fd) : regular_file_open_stored(path, &fd))
			continue;
		if (has_build_id(fd, build_id)) {
			*ret_path = strdup(path);
			return fd;
		}
		close(fd);
	}
	return -1;
}

/* GDB manual, "Debugging Information in Separate Files": the places for a link's file. */
static int open_by_link(const struct debug_query *query, const char *link, __u32 crc,
			char **ret_path)
{
	static const char *const places[][2] = { { "", "/" },
						 { "", "/.debug/" },
						 { DEBUG_DIR, "/" } };
	const char *slash = query->path ? strrchr(query->path, '/') : NULL;
	char path[PATH_MAX];
	size_t i;
	int fd;

	if (strchr(link, '/') || !slash)
		return -1;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s%.*s%s%s", places[i][0],
				     (int)(slash - query->path), query->path, places[i][1],
				     link) >= sizeof(path))
			continue;
		if (access_path(query->tgid, path, &fd))
			continue;
		if (query->build_id ? has_build_id(fd, query->build_id) : has_crc(fd, crc)) {
			*ret_path = strdup(path);
			return fd;
		}
		close(fd);
	}
	return -1;
}

/* From a debuginfod server, when there is none on this machine. */
static int open_fetched(const char *build_id)
{
	int fd;

	if (!build_id || access_fetched(build_id, &fd))
		return -1;
	if (has_build_id(fd, build_id))
		return fd;
	close(fd);
	return -1;
}

int debug_file_open(const struct debug_query *query, const char *link, __u32 crc, char **ret_path)
{
	int fd;

	*ret_path = NULL;
	fd = open_by_build_id(query->tgid, query->build_id, ret_path);
	if (fd < 0 && link)
		fd = open_by_link(query, link, crc, ret_path);
	return fd < 0 ? open_fetched(query->build_id) : fd;
}

/* By the name in the link. Debian has its dwz files under their names alone. */
static int open_by_name(pid_t tgid, const char *name, const char *build_id, const char *beside)
{
	const char *slash = beside ? strrchr(beside, '/') : NULL;
	char path[PATH_MAX];
	int fd, len;

	if (*name == '/')
		len = snprintf(path, sizeof(path), "%s", name);
	else if (slash)
		len = snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - beside), beside, name);
	else
		return -1;
	if ((size_t)len >= sizeof(path) || access_path(tgid, path, &fd))
		return -1;
	if (has_build_id(fd, build_id))
		return fd;
	close(fd);
	return -1;
}

int debug_file_open_alt(const struct debug_query *query, const char *name, const char *build_id,
			const char *beside)
{
	_cleanup_free_ char *path = NULL;
	int fd = open_by_build_id(query->tgid, build_id, &path);

	if (fd < 0)
		fd = open_by_name(query->tgid, name, build_id, beside);
	return fd < 0 ? open_fetched(build_id) : fd;
}

/* gABI "Compression Header"; before it GNU had "ZLIB" and 8 bytes, the highest first. */
static __u64 inflated_size(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, bool gnu,
			   bool *zstd)
{
	GElf_Chdr compression;
	const unsigned char *bytes;
	Elf_Data *data;
	__u64 size = 0;

	if (header->sh_flags & SHF_COMPRESSED) {
		if (!gelf_getchdr(section, &compression))
			return 0;
		*zstd |= compression.ch_type == COMPRESSED_BY_ZSTD;
		return compression.ch_size;
	}
	data = gnu ? elf_getdata_rawchunk(elf, (int64_t)header->sh_offset, 12, ELF_T_BYTE) : NULL;
	if (!data || data->d_size != 12)
		return 0;
	bytes = data->d_buf;
	for (unsigned int i = 4; i < 12; i++)
		size = size << 8 | bytes[i];
	return size;
}

static __u64 add_saturated(__u64 a, __u64 b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

struct debug_size debug_file_size(Elf *elf)
{
	struct debug_size total = { 0 };
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	const char *name;
	size_t strings;
	__u64 size;
	bool gnu;

	if (elf_getshdrstrndx(elf, &strings))
		return total;
	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(elf, strings, header.sh_name);
		gnu = name && !strncmp(name, ".zdebug_", 8);
		if (!name || (!gnu && strncmp(name, ".debug_", 7)))
			continue;
		size = inflated_size(elf, section, &header, gnu, &total.zstd);
		if (gnu || header.sh_flags & SHF_COMPRESSED)
			total.inflated = add_saturated(total.inflated, size);
		else
			total.mapped = add_saturated(total.mapped, header.sh_size);
	}
	return total;
}
