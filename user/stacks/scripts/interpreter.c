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
