/* SPDX-License-Identifier: BSD-2-Clause */
#include <gelf.h>
#include <string.h>

#include "stacks/scripts/language.h"

/* Look in one table of symbols. */
static bool find_in_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name,
			  __u64 *ret_value)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	const char *found;
	GElf_Sym symbol;

	for (size_t i = 0; data && i < count && gelf_getsym(data, (int)i, &symbol); i++) {
		if (symbol.st_shndx == SHN_UNDEF || !symbol.st_name)
			continue;
		found = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (!found || strcmp(found, name) != 0)
			continue;
		*ret_value = symbol.st_value;
		return true;
	}
	return false;
}

bool interpreter_symbol(const struct interpreter *interpreter, const char *name, __u64 *ret_value)
{
	static const GElf_Word types[] = { SHT_DYNSYM, SHT_SYMTAB };
	GElf_Shdr header;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		Elf_Scn *section = NULL;

		while ((section = elf_nextscn(interpreter->elf, section)))
			if (gelf_getshdr(section, &header) && header.sh_type == types[i] &&
			    find_in_table(interpreter->elf, section, &header, name, ret_value))
				return true;
	}
	return false;
}

bool interpreter_address(const struct interpreter *interpreter, const char *name,
			 __u64 *ret_address)
{
	__u64 value;

	if (!interpreter_symbol(interpreter, name, &value))
		return false;
	*ret_address = value + interpreter->bias;
	return true;
}

bool interpreter_header(const struct interpreter *interpreter, GElf_Word type,
			GElf_Phdr *ret_header)
{
	size_t count;

	if (elf_getphdrnum(interpreter->elf, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(interpreter->elf, (int)i, ret_header) &&
		    ret_header->p_type == type)
			return true;
	return false;
}

/* The name of a symbol of the table that a section of relocations refers to. */
static const char *relocated_name(Elf *elf, const GElf_Shdr *relocations, size_t number)
{
	Elf_Scn *section = elf_getscn(elf, relocations->sh_link);
	GElf_Shdr header;
	GElf_Sym symbol;

	if (!section || !gelf_getshdr(section, &header) ||
	    !gelf_getsym(elf_getdata(section, NULL), (int)number, &symbol))
		return NULL;
	return elf_strptr(elf, header.sh_link, symbol.st_name);
}

bool interpreter_module_word(const struct interpreter *interpreter, const char *symbol,
			     __u64 *ret_value)
{
	Elf_Scn *section = NULL;
	const char *name;
	GElf_Shdr header;
	GElf_Rela entry;

	while ((section = elf_nextscn(interpreter->elf, section))) {
		Elf_Data *data = elf_getdata(section, NULL);

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_RELA)
			continue;
		for (int i = 0; gelf_getrela(data, i, &entry); i++) {
			if (GELF_R_TYPE(entry.r_info) != R_X86_64_DTPMOD64)
				continue;
			name = relocated_name(interpreter->elf, &header, GELF_R_SYM(entry.r_info));
			if (!name || strcmp(name, symbol) != 0)
				continue;
			*ret_value = entry.r_offset;
			return true;
		}
	}
	return false;
}
