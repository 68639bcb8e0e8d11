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

/* Is it a name of these bytes, as the source has it? A copy or a part of a function is the same. */
static bool is_of_name(const char *name, const char *wanted, size_t len)
{
	return !strncmp(name, wanted, len) && symbol_name_len(name) == len;
}

static char *without_folders(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strdup(slash ? slash + 1 : path);
}

/* The result of a walk over the table. A function that is not local is of the file "". */
struct namesakes {
	const char *own;   /* the file of the function at the symbol's address */
	const char *other; /* that of the first one elsewhere */
	bool differ;	   /* there is one elsewhere of a third file */
};

static void find_namesakes(Dwfl_Module *module, const struct symbol *symbol,
			   struct namesakes *namesakes)
{
	int count = dwfl_module_getsymtab(module);
	size_t len = symbol_name_len(symbol->name);
	const char *file = NULL, *of, *name;
	GElf_Addr address;
	GElf_Sym entry;

	/* libdwfl gives the local symbols of each table first, each file's behind its entry */
	for (int i = 1; i < count; i++) {
		name = dwfl_module_getsym_info(module, i, &entry, &address, NULL, NULL, NULL);
		if (!name)
			continue;
		if (GELF_ST_TYPE(entry.st_info) == STT_FILE)
			file = name;
		if (!is_function(&entry) || !is_of_name(name, symbol->name, len))
			continue;
		of = GELF_ST_BIND(entry.st_info) == STB_LOCAL ? file : "";
		if (address == symbol->start)
			namesakes->own = of;
		else if (!namesakes->other)
			namesakes->other = of;
		else
			namesakes->differ |= of != namesakes->other;
	}
}

char *symbol_local_to(Dwfl_Module *module, const struct symbol *symbol)
{
	struct namesakes namesakes = { 0 };

	if (!symbol->is_local)
		return NULL;
	find_namesakes(module, symbol, &namesakes);
	/* two files may have one base name: then both functions are of it */
	if (!namesakes.own || !*namesakes.own || !namesakes.other ||
	    (namesakes.other == namesakes.own && !namesakes.differ))
		return NULL;
	return without_folders(namesakes.own);
}
