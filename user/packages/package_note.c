/* SPDX-License-Identifier: BSD-2-Clause */
#include "packages/package_sources.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PHDRS 128
#define MAX_NOTES 65536	 /* bytes of one segment */
#define MAX_JSON 4096	 /* bytes */
#define MAX_JSON_DEPTH 8 /* of values that are passed over */
#define NT_FDO_PACKAGING 0xcafe1a7e

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_DATA ELFDATA2LSB
#else
#define NATIVE_DATA ELFDATA2MSB
#endif

/* ---- JSON: one flat object of strings, other values are passed over ---- */

struct scanner {
	const char *at, *end;
};

static void skip_space(struct scanner *scanner)
{
	while (scanner->at < scanner->end && strchr(" \t\r\n", *scanner->at) && *scanner->at)
		scanner->at++;
}

static bool take(struct scanner *scanner, char c)
{
	skip_space(scanner);
	if (scanner->at >= scanner->end || *scanner->at != c)
		return false;
	scanner->at++;
	return true;
}

/*
 * A string, into at most size bytes; one with an escape or too long for that is
 * "": no key or value that we look for has any.
 */
static bool take_string(struct scanner *scanner, char *ret_string, size_t size)
{
	bool usable = true;
	size_t len = 0;

	if (!take(scanner, '"'))
		return false;
	for (; scanner->at < scanner->end && *scanner->at != '"'; scanner->at++) {
		if ((unsigned char)*scanner->at < 0x20)
			return false;
		if (*scanner->at == '\\') {
			usable = false;
			if (++scanner->at >= scanner->end)
				return false;
		}
		if (len + 1 < size)
			ret_string[len++] = *scanner->at;
		else
			usable = false;
	}
	ret_string[usable ? len : 0] = '\0';
	return take(scanner, '"');
}

/* A number, true, an object...: up to the comma or brace that ends it. */
static bool skip_value(struct scanner *scanner)
{
	unsigned int depth = 0;
	char string[2];

	for (skip_space(scanner); scanner->at < scanner->end; skip_space(scanner)) {
		if (*scanner->at == '"') {
			if (!take_string(scanner, string, sizeof(string)))
				return false;
			continue;
		}
		if (!depth && (*scanner->at == ',' || *scanner->at == '}'))
			return true;
		if (*scanner->at == '{' || *scanner->at == '[') {
			if (++depth > MAX_JSON_DEPTH)
				return false;
		} else if (*scanner->at == '}' || *scanner->at == ']') {
			if (!depth--)
				return false;
		}
		scanner->at++;
	}
	return false;
}

struct note {
	char type[16], name[128], version[128], arch[32];
};

static bool take_member(struct scanner *scanner, struct note *note)
{
	const struct {
		const char *key;
		char *value;
		size_t size;
	} wanted[] = {
		{ "type", note->type, sizeof(note->type) },
		{ "name", note->name, sizeof(note->name) },
		{ "version", note->version, sizeof(note->version) },
		{ "architecture", note->arch, sizeof(note->arch) },
	};
	char key[32];
	size_t i;

	if (!take_string(scanner, key, sizeof(key)) || !take(scanner, ':'))
		return false;
	skip_space(scanner);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strcmp(key, wanted[i].key) && scanner->at < scanner->end &&
		    *scanner->at == '"')
			return take_string(scanner, wanted[i].value, wanted[i].size);
	return skip_value(scanner);
}

static bool take_object(struct scanner *scanner, struct note *note)
{
	if (!take(scanner, '{'))
		return false;
	if (take(scanner, '}'))
		return true;
	do {
		if (!take_member(scanner, note))
			return false;
	} while (take(scanner, ','));
	return take(scanner, '}');
}

int package_parse_note(const char *json, size_t len, struct package *ret_package)
{
	struct package package = { .source = PACKAGE_FROM_NOTE };
	struct scanner scanner = { json, json + len };
	struct note note = { 0 };
	int err;

	if (len > MAX_JSON)
		return -EINVAL;
	while (scanner.end > json && !scanner.end[-1])
		scanner.end--;
	if (!take_object(&scanner, &note))
		return -EINVAL;
	skip_space(&scanner);
	if (scanner.at != scanner.end ||
	    package_copy_word(package.name, sizeof(package.name), note.name) ||
	    package_copy_word(package.version, sizeof(package.version), note.version) ||
	    package_copy_word(package.arch, sizeof(package.arch), note.arch))
		return -EINVAL;
	if (!strcmp(note.type, "rpm")) {
		package.kind = PACKAGE_RPM;
		err = package_finish_rpm(&package);
	} else if (!strcmp(note.type, "deb")) {
		package.kind = PACKAGE_DEB;
		err = package_debian_debug(package.name, package.name, package.debug,
					   sizeof(package.debug));
	} else {
		return -EINVAL;
	}
	if (!err)
		*ret_package = package;
	return err;
}

/* ---- ELF notes ---- */

static void read_build_id(const unsigned char *desc, size_t len, struct package_file *file)
{
	size_t i;

	if (len > BUILD_ID_MAX)
		return;
	for (i = 0; i < len; i++)
		snprintf(file->build_id + 2 * i, 3, "%02x", desc[i]);
}

/* Notes are padded to 4 bytes, those of a segment aligned to 8 to 8. */
static void read_notes(const char *notes, size_t size, __u64 align, struct package_file *file)
{
	__u64 at = 0, desc, next;
	const char *owner;
	Elf64_Nhdr note;

	align = align == 8 ? 8 : 4;
	while (size - at >= sizeof(note)) {
		memcpy(&note, notes + at, sizeof(note));
		owner = notes + at + sizeof(note);
		desc = (at + sizeof(note) + note.n_namesz + align - 1) & ~(align - 1);
		next = (desc + note.n_descsz + align - 1) & ~(align - 1);
		if (desc + note.n_descsz > size)
			return;
		if (note.n_namesz == 4 && note.n_type == NT_GNU_BUILD_ID &&
		    !memcmp(owner, "GNU", 4))
			read_build_id((const unsigned char *)notes + desc, note.n_descsz, file);
		if (note.n_namesz == 4 && note.n_type == NT_FDO_PACKAGING &&
		    !memcmp(owner, "FDO", 4))
			package_parse_note(notes + desc, note.n_descsz, &file->package);
		if (next > size)
			return;
		at = next;
	}
}

/* All of the bytes, or false. */
static bool read_at(int fd, void *to, size_t size, __u64 offset)
{
	return offset <= INT64_MAX && pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

static bool is_native_elf(const Elf64_Ehdr *ehdr)
{
	return !memcmp(ehdr->e_ident, ELFMAG, SELFMAG) && ehdr->e_ident[EI_CLASS] == ELFCLASS64 &&
	       ehdr->e_ident[EI_DATA] == NATIVE_DATA && ehdr->e_phentsize == sizeof(Elf64_Phdr);
}

/* The notes of one segment; those of one that cannot be read are none. */
static int read_segment(int fd, const Elf64_Phdr *phdr, struct package_file *file)
{
	char *notes;

	if (phdr->p_type != PT_NOTE || phdr->p_filesz > MAX_NOTES)
		return 0;
	notes = malloc(phdr->p_filesz + 1); /* of its own size, for ASan */
	if (!notes)
		return -ENOMEM;
	if (read_at(fd, notes, phdr->p_filesz, phdr->p_offset))
		read_notes(notes, phdr->p_filesz, phdr->p_align, file);
	free(notes);
	return 0;
}

int package_read_file(int fd, struct package_file *ret_file)
{
	struct package_file file = { 0 };
	Elf64_Phdr phdr;
	Elf64_Ehdr ehdr;
	unsigned int i;
	int err;

	if (!read_at(fd, &ehdr, sizeof(ehdr), 0) || !is_native_elf(&ehdr))
		return -ENOEXEC;
	for (i = 0; i < ehdr.e_phnum && i < MAX_PHDRS; i++) {
		if (ehdr.e_phoff > INT64_MAX ||
		    !read_at(fd, &phdr, sizeof(phdr), ehdr.e_phoff + i * sizeof(phdr)))
			break;
		err = read_segment(fd, &phdr, &file);
		if (err)
			return err;
	}
	*ret_file = file;
	return 0;
}
