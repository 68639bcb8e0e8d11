/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/go_program.h"

#include <gelf.h>
#include <string.h>

#define TABLE_ALIGNMENT 8
#define R_RELATIVE_X86_64 8
#define R_RELATIVE_AARCH64 1027

/* Words of the moduledata: Go's runtime/symtab.go. */
#define WORD_NAMES 1   /* where the names are that the table has */
#define WORD_FIRST 20  /* where the first function begins */
#define WORD_TEXT 22   /* what functions are counted from */
#define WORD_RODATA 37 /* where data that is never written begins; */
#define WORD_INLINING                                                              \
	38 /* where what is known of inlining begins: both two words later in 1.20 \
	    */

/* ---- Addresses ---- */

/* The segment that an address lies in, as far as it is in the file: its bytes; NULL: there is none.
 */
static const unsigned char *segment_at(const struct elf_file *file, __u64 address, __u64 *ret_start,
				       size_t *ret_len)
{
	size_t count;
	GElf_Phdr phdr;

	if (elf_getphdrnum(file->elf, &count))
		return NULL;
	for (size_t i = 0; i < count && gelf_getphdr(file->elf, (int)i, &phdr); i++) {
		if (phdr.p_type != PT_LOAD || address - phdr.p_vaddr >= phdr.p_filesz)
			continue;
		*ret_start = phdr.p_vaddr;
		*ret_len = phdr.p_filesz;
		return elf_file_bytes(file, phdr.p_offset, phdr.p_filesz);
	}
	return NULL;
}

/* The bytes of the file at an address, up to the end of its segment; NULL: none. */
static const unsigned char *bytes_at(const struct elf_file *file, __u64 address, size_t *ret_len)
{
	const unsigned char *segment;
	__u64 start;

	segment = segment_at(file, address, &start, ret_len);
	if (!segment)
		return NULL;
	*ret_len -= address - start;
	return segment + (address - start);
}

/* Is it a relocation that writes the load address and its addend, and nothing else? */
static bool is_relative(const GElf_Rela *rela)
{
	__u64 type = GELF_R_TYPE(rela->r_info);

	return type == R_RELATIVE_X86_64 || type == R_RELATIVE_AARCH64;
}

/*
 * The first relocation that writes at an address (by_value: that writes a value). *ret_other is
 * the value, or the address. False: there is none.
 */
static bool find_relocation(const struct elf_file *file, __u64 wanted, bool by_value,
			    __u64 *ret_other)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Rela rela;
	Elf_Data *data;

	while ((section = elf_nextscn(file->elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_RELA ||
		    !(header.sh_flags & SHF_ALLOC) || !header.sh_entsize)
			continue;
		data = elf_getdata(section, NULL);
		for (size_t i = 0; data && i < data->d_size / header.sh_entsize &&
				   gelf_getrela(data, (int)i, &rela);
		     i++) {
			if (!is_relative(&rela) ||
			    wanted != (by_value ? (__u64)rela.r_addend : rela.r_offset))
				continue;
			*ret_other = by_value ? rela.r_offset : (__u64)rela.r_addend;
			return true;
		}
	}
	return false;
}

/* An address that the file has at an address; 0 = none. */
static __u64 word_at(const struct elf_file *file, unsigned int word, __u64 address)
{
	const unsigned char *bytes;
	__u64 value = 0;
	size_t len;

	bytes = bytes_at(file, address, &len);
	if (!bytes || len < word)
		return 0;
	memcpy(&value, bytes, word);
	if (!value && !find_relocation(file, address, /* by_value= */ false, &value))
		return 0;
	return value;
}

/* ---- The table ---- */

static bool begins_table(const unsigned char *bytes, size_t len, __u64 address)
{
	struct go_table table;

	return go_table_of_bytes(bytes, len, address, &table);
}

/* In a section of a name; `within`: anywhere in it, where the linker has put several together. */
static bool find_in(const struct elf_file *file, const char *wanted, bool within,
		    struct go_program *ret)
{
	Elf_Scn *section = NULL;
	size_t strings, step;
	const unsigned char *bytes;
	const char *name;
	GElf_Shdr header;

	if (elf_getshdrstrndx(file->elf, &strings))
		return false;
	while ((section = elf_nextscn(file->elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(file->elf, strings, header.sh_name);
		bytes = name && !strcmp(name, wanted) ?
				elf_file_bytes(file, header.sh_offset, header.sh_size) :
				NULL;
		step = within ? TABLE_ALIGNMENT : header.sh_size;
		for (size_t at = 0; bytes && step && at < header.sh_size; at += step) {
			if (!begins_table(bytes + at, header.sh_size - at, header.sh_addr + at))
				continue;
			*ret = (struct go_program){ bytes + at, header.sh_size - at,
						    header.sh_addr + at };
			return true;
		}
	}
	return false;
}

bool go_program_find(const struct elf_file *file, struct go_program *ret_program)
{
	return file->elf && (find_in(file, ".gopclntab", false, ret_program) ||
			     find_in(file, ".data.rel.ro.gopclntab", false, ret_program) ||
			     find_in(file, ".data.rel.ro", true, ret_program) ||
			     find_in(file, ".rodata", true, ret_program));
}

/* ---- The moduledata ---- */

/* Does it begin there? It points to the table, and then to the names in it. */
static bool begins_module(const struct elf_file *file, const struct go_table *table, __u64 address)
{
	return word_at(file, table->word, address) == table->address &&
	       word_at(file, table->word, address + WORD_NAMES * table->word) ==
		       table->address + table->names;
}

/* Among data that the program can write. 0 = not found. */
static __u64 find_module(const struct elf_file *file, const struct go_table *table)
{
	Elf_Scn *section = NULL;
	const unsigned char *bytes;
	GElf_Shdr header;
	__u64 word, address;

	if (find_relocation(file, table->address, /* by_value= */ true, &address))
		return begins_module(file, table, address) ? address : 0;
	while ((section = elf_nextscn(file->elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_PROGBITS ||
		    !(header.sh_flags & SHF_WRITE))
			continue;
		bytes = elf_file_bytes(file, header.sh_offset, header.sh_size);
		for (size_t at = 0;
		     bytes && header.sh_size - at >= table->word && at < header.sh_size;
		     at += table->word) {
			word = 0;
			memcpy(&word, bytes + at, table->word);
			if (word == table->address &&
			    begins_module(file, table, header.sh_addr + at))
				return header.sh_addr + at;
		}
	}
	return 0;
}

/* The inline trees of 1.18 and later: counted from a word of the moduledata. */
static void set_inlining(const struct elf_file *file, __u64 module, struct go_table *table)
{
	unsigned int later = table->layout == GO_1_20 ? 2 : 0;
	__u64 rodata = word_at(file, table->word, module + (WORD_RODATA + later) * table->word);
	__u64 inlining = word_at(file, table->word, module + (WORD_INLINING + later) * table->word);

	/* another version of Go may have other words there */
	if (!rodata || inlining < rodata)
		return;
	table->inlining = bytes_at(file, inlining, &table->inlining_len);
}

void go_program_complete(const struct elf_file *file, const struct go_program *program,
			 struct go_table *table)
{
	__u64 module;

	if (table->layout == GO_1_16) { /* in the segment that the table is in */
		table->inlining = segment_at(file, program->address, &table->inlining_address,
					     &table->inlining_len);
		return;
	}
	/* the header's own word is a relocation too, or not used any more */
	if (!table->text)
		table->text = word_at(file, table->word, program->address + 8 + 2 * table->word);
	module = find_module(file, table);
	if (!module)
		return;
	if (!table->text)
		table->text = word_at(file, table->word, module + WORD_TEXT * table->word);
	set_inlining(file, module, table);
}
