/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/memory_file.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files/access.h"
#include "lib/cleanup.h"

#define MAX_FILE (32 * 1024 * 1024)
#define MAX_VDSO (64 * 1024)

/* Does an entry of the dynamic section have an address that the linker relocates? */
static bool has_address(__s64 tag)
{
	return tag == DT_HASH || tag == DT_STRTAB || tag == DT_SYMTAB || tag == DT_GNU_HASH ||
	       tag == DT_VERSYM || tag == DT_VERDEF || tag == DT_VERNEED || tag == DT_RELA ||
	       tag == DT_JMPREL || tag == DT_PLTGOT;
}

/* Program header number i; false: there is none. */
static bool read_header(const unsigned char *bytes, size_t len, unsigned int i, Elf64_Phdr *ret)
{
	Elf64_Ehdr ehdr;
	__u64 at;

	memcpy(&ehdr, bytes, sizeof(ehdr));
	at = ehdr.e_phoff + (__u64)i * sizeof(*ret);
	if (i >= ehdr.e_phnum || ehdr.e_phentsize != sizeof(*ret) || at < ehdr.e_phoff ||
	    at > len || len - at < sizeof(*ret))
		return false;
	memcpy(ret, bytes + at, sizeof(*ret));
	return true;
}

static void restore_dynamic(unsigned char *bytes, size_t len, const Elf64_Phdr *dynamic, __u64 bias)
{
	Elf64_Dyn entry;

	for (__u64 at = dynamic->p_offset;
	     at >= dynamic->p_offset && at - dynamic->p_offset < dynamic->p_filesz && at <= len &&
	     len - at >= sizeof(entry);
	     at += sizeof(entry)) {
		memcpy(&entry, bytes + at, sizeof(entry));
		if (!has_address(entry.d_tag) || entry.d_un.d_ptr < bias)
			continue;
		entry.d_un.d_ptr -= bias;
		memcpy(bytes + at, &entry, sizeof(entry));
	}
}

bool memory_file_restore(unsigned char *bytes, size_t len, __u64 header)
{
	bool has_bias = false;
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	__u64 bias = 0;

	if (len < sizeof(ehdr))
		return false;
	memcpy(&ehdr, bytes, sizeof(ehdr));
	if (memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_ident[EI_CLASS] != ELFCLASS64)
		return false;
	ehdr.e_shoff = ehdr.e_shnum = ehdr.e_shstrndx = 0;
	memcpy(bytes, &ehdr, sizeof(ehdr));
	for (unsigned int i = 0; read_header(bytes, len, i, &phdr); i++) {
		if (phdr.p_type == PT_LOAD && !has_bias) {
			bias = header - (phdr.p_vaddr - phdr.p_offset);
			has_bias = true;
		}
		if (phdr.p_type == PT_DYNAMIC && bias)
			restore_dynamic(bytes, len, &phdr, bias);
	}
	return true;
}

struct module_symbols *memory_file_open(struct file_cache *cache, pid_t tgid,
					const struct mapping *mapping)
{
	_cleanup_free_ unsigned char *bytes = NULL;
	struct module_symbols *file;
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (!mapping->header || access_image(tgid, mapping, &fd) || fstat(fd, &st) ||
	    st.st_size <= 0 || st.st_size > MAX_FILE)
		return NULL;
	bytes = malloc((size_t)st.st_size);
	if (!bytes || pread(fd, bytes, (size_t)st.st_size, 0) != st.st_size ||
	    !memory_file_restore(bytes, (size_t)st.st_size, mapping->header))
		return NULL;
	file = file_cache__get_bytes(cache, bytes, (size_t)st.st_size);
	if (file)
		module_symbols_seen_in(file, tgid, mapping->path);
	return file;
}

struct module_symbols *memory_file_of_vdso(struct file_cache *files, pid_t tgid,
					   const struct mapping *mapping)
{
	size_t len = mapping->end - mapping->start;
	struct module_symbols *file = NULL;
	char bytes[MAX_VDSO];
	int fd;

	if (len > sizeof(bytes) || access_vdso(tgid, mapping->start, len, &fd))
		return NULL;
	if (pread(fd, bytes, len, 0) == (ssize_t)len)
		file = file_cache__get_bytes(files, bytes, len);
	close(fd);
	return file;
}
