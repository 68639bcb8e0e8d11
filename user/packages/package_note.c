/* SPDX-License-Identifier: BSD-2-Clause */
#include "packages/package_sources.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "host/files/elf_notes.h"
#include "lib/cleanup.h"

#define MAX_PHDRS 128
#define MAX_NOTES 65536 /* bytes of one segment */
#define MAX_JSON 4096	/* bytes */
#define NT_FDO_PACKAGING 0xcafe1a7e

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_DATA ELFDATA2LSB
#else
#define NATIVE_DATA ELFDATA2MSB
#endif

/* ---- What a note says ---- */

/* A member of the object, if it is a string; else it is passed over, as if it were empty. */
static const char *note_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

static int take_note(const json_t *note, struct package *ret_package)
{
	struct package package = { .source = PACKAGE_FROM_NOTE };
	const char *type = note_string(note, "type");
	int err;

	if (package_copy_word(package.name, sizeof(package.name), note_string(note, "name")) ||
	    package_copy_word(package.version, sizeof(package.version),
			      note_string(note, "version")) ||
	    package_copy_word(package.arch, sizeof(package.arch),
			      note_string(note, "architecture")))
		return -EINVAL;
	if (!strcmp(type, "rpm")) {
		package.kind = PACKAGE_RPM;
		err = package_finish_rpm(&package);
	} else if (!strcmp(type, "deb")) {
		package.kind = PACKAGE_DEB;
		err = package_debian_debug(package.name, package.name, NULL, package.debug,
					   sizeof(package.debug));
	} else {
		err = -EINVAL;
	}
	if (err)
		return err;
	*ret_package = package;
	return 0;
}

int package_parse_note(const char *json, size_t len, struct package *ret_package)
{
	json_t *note;
	int err;

	if (len > MAX_JSON)
		return -EINVAL;
	while (len && !json[len - 1])
		len--;
	note = json_loadb(json, len, JSON_REJECT_DUPLICATES, /* error= */ NULL);
	err = take_note(note, ret_package);
	json_decref(note);
	return err;
}

/* ---- ELF notes ---- */

static int read_build_id(const struct elf_note *note, struct package_file *file)
{
	_cleanup_free_ char *hex = build_id_hex(note->desc, note->desc_size);

	if (!hex)
		return -ENOMEM;
	memcpy(file->build_id, hex, strlen(hex) + 1);
	return 0;
}

static int read_notes(const void *notes, size_t size, __u64 align, struct package_file *file)
{
	struct elf_note note;
	__u64 at = 0;
	int err = 0;

	while (!err && elf_note_next(notes, size, align, &at, &note)) {
		if (elf_note_is_build_id(&note))
			err = read_build_id(&note, file);
		else if (elf_note_is(&note, "FDO", NT_FDO_PACKAGING))
			package_parse_note(note.desc, note.desc_size, &file->package);
	}
	return err;
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
	_cleanup_free_ char *notes = NULL;

	if (phdr->p_type != PT_NOTE || phdr->p_filesz > MAX_NOTES)
		return 0;
	notes = malloc(phdr->p_filesz + 1); /* of its own size, for ASan */
	if (!notes)
		return -ENOMEM;
	if (!read_at(fd, notes, phdr->p_filesz, phdr->p_offset))
		return 0;
	return read_notes(notes, phdr->p_filesz, phdr->p_align, file);
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
