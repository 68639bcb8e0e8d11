/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/symbol_at.h"

#include <string.h>

#include "stacks/names/function_name.h"

static bool is_function(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	return type == STT_FUNC || type == STT_NOTYPE || type == STT_GNU_IFUNC;
}

/* Is the symbol of size 0 one of hand-written code, in a table that has all symbols? */
static bool accepts_sizeless(Elf *elf, GElf_Word section_index)
{
	bool executable = false, symtab = false;
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			return false;
		if (header.sh_type == SHT_SYMTAB)
			symtab = true;
		if (elf_ndxscn(section) == section_index)
			executable = header.sh_flags & SHF_EXECINSTR;
	}
	return executable && symtab;
}

bool symbol_at(Dwfl_Module *module, Dwarf_Addr address, struct symbol *ret_symbol)
{
	Dwarf_Addr bias;
	GElf_Word section;
	const char *name;
	GElf_Off offset;
	GElf_Sym symbol;
	Elf *elf;

	/* libdwfl: a sized symbol that holds the address, or one of size 0 with nothing between */
	name = dwfl_module_addrinfo(module, address, &offset, &symbol, &section, &elf, &bias);
	if (!name || !is_function(&symbol))
		return false;
	if (symbol.st_size ? offset >= symbol.st_size : !accepts_sizeless(elf, section))
		return false;
	*ret_symbol = (struct symbol){ name, elf, address - offset,
				       GELF_ST_BIND(symbol.st_info) == STB_LOCAL };
	return true;
}

/* The name as the source has it: a copy or a part of a function is no other function. */
static bool is_of_one_name(const char *a, const char *b)
{
	size_t len = symbol_name_len(a);

	return !strncmp(a, b, len) && symbol_name_len(b) == len;
}

static char *without_folders(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strdup(slash ? slash + 1 : path);
}

/*
 * Walk the functions of the symbol's name. With `own` NULL: the file that the one at its address is
 * local to. Else any that is not local to that file, "" if it is not local. NULL: there is none.
 */
static const char *find_file(Dwfl_Module *module, const struct symbol *symbol, const char *own)
{
	int count = dwfl_module_getsymtab(module);
	const char *file = NULL, *name;
	GElf_Addr address;
	GElf_Sym entry;

	/* libdwfl gives the local symbols of each table first, each file's behind its entry */
	for (int i = 1; i < count; i++) {
		name = dwfl_module_getsym_info(module, i, &entry, &address, NULL, NULL, NULL);
		if (!name)
			continue;
		if (GELF_ST_TYPE(entry.st_info) == STT_FILE)
			file = name;
		else if (!is_function(&entry) || !is_of_one_name(symbol->name, name))
			continue;
		else if (!own && address == symbol->start)
			return file;
		else if (own && GELF_ST_BIND(entry.st_info) != STB_LOCAL)
			return "";
		else if (own && file != own)
			return file;
	}
	return NULL;
}

char *symbol_local_to(Dwfl_Module *module, const struct symbol *symbol)
{
	const char *own = symbol->is_local ? find_file(module, symbol, NULL) : NULL;

	/* two files may have one base name: then both functions are of it */
	if (!own || !*own || !find_file(module, symbol, own))
		return NULL;
	return without_folders(own);
}
