/* SPDX-License-Identifier: BSD-2-Clause */
#include <gelf.h>
#include <string.h>

#include "stacks/scripts/language.h"

/*
 * A section's bytes. NULL: it has none, or is too large to be believed. They are not copied, if the
 * file is mapped; else its holes would become memory.
 */
static Elf_Data *section_data(Elf_Scn *section, GElf_Shdr *ret_header)
{
	if (!section || !gelf_getshdr(section, ret_header) ||
	    ret_header->sh_size > (__u64)INTERPRETER_ENTRIES * sizeof(Elf64_Sym))
		return NULL;
	return elf_getdata(section, NULL);
}

/* Is this the name at an offset in a table of names? No more of the table is read than the name. */
static bool is_name(const Elf_Data *names, size_t at, const char *name)
{
	size_t size = strlen(name) + 1;

	return names && names->d_buf && at < names->d_size && size <= names->d_size - at &&
	       !memcmp((const char *)names->d_buf + at, name, size);
}

/* Look in one table of symbols. */
static bool find_in_table(Elf *elf, Elf_Scn *section, const char *name, unsigned int *left,
			  __u64 *ret_value)
{
	GElf_Shdr header, names_header;
	Elf_Data *data = section_data(section, &header), *names;
	size_t count;
	GElf_Sym symbol;

	if (!data || !header.sh_entsize)
		return false;
	names = section_data(elf_getscn(elf, header.sh_link), &names_header);
	count = header.sh_size / header.sh_entsize;
	for (size_t i = 0; i < count && *left && gelf_getsym(data, (int)i, &symbol); i++) {
		(*left)--;
		if (symbol.st_shndx == SHN_UNDEF || !symbol.st_name ||
		    !is_name(names, symbol.st_name, name))
			continue;
		*ret_value = symbol.st_value;
		return true;
	}
	return false;
}

bool interpreter_symbol(const struct interpreter *interpreter, const char *name, __u64 *ret_value)
{
	static const GElf_Word types[] = { SHT_DYNSYM, SHT_SYMTAB };
	unsigned int left = INTERPRETER_ENTRIES;
	GElf_Shdr header;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		Elf_Scn *section = NULL;

		while ((section = elf_nextscn(interpreter->elf, section)))
			if (gelf_getshdr(section, &header) && header.sh_type == types[i] &&
			    find_in_table(interpreter->elf, section, name, &left, ret_value))
				return true;
	}
	return false;
}

/* The text at an offset of a table of names, which ends in one; "" = there is none. */
static const char *name_at(const Elf_Data *names, size_t at)
{
	const char *text = names ? names->d_buf : NULL;

	return text && at < names->d_size && !text[names->d_size - 1] ? text + at : "";
}

static void each_of_table(Elf *elf, Elf_Scn *section, interpreter_visitor *visit, void *ctx)
{
	unsigned int left = INTERPRETER_ENTRIES;
	GElf_Shdr header, names_header;
	Elf_Data *data = section_data(section, &header), *names;
	size_t count;
	GElf_Sym symbol;

	if (!data || !header.sh_entsize)
		return;
	names = section_data(elf_getscn(elf, header.sh_link), &names_header);
	count = header.sh_size / header.sh_entsize;
	for (size_t i = 0; i < count && left-- && gelf_getsym(data, (int)i, &symbol); i++)
		if (symbol.st_shndx != SHN_UNDEF)
			visit(name_at(names, symbol.st_name), symbol.st_value, ctx);
}

void interpreter_each_symbol(const struct interpreter *interpreter, bool exported,
			     interpreter_visitor *visit, void *ctx)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(interpreter->elf, section)))
		if (gelf_getshdr(section, &header) &&
		    header.sh_type == (exported ? SHT_DYNSYM : SHT_SYMTAB)) {
			each_of_table(interpreter->elf, section, visit, ctx);
			return; /* a file has one of each */
		}
}

/* Which of several names were seen. */
struct which {
	const char *const *names;
	size_t count;
	bool *has, any;
};

static void note_name(const char *name, __u64 value, void *ctx)
{
	struct which *which = ctx;

	(void)value;
	for (size_t i = 0; i < which->count; i++)
		if (which->names[i] && !strcmp(name, which->names[i]))
			which->has[i] = which->any = true;
}

void interpreter_has_symbols(const struct interpreter *interpreter, const char *const names[],
			     size_t count, bool ret_has[])
{
	struct which which = { names, count, ret_has, false };

	memset(ret_has, 0, count * sizeof(*ret_has));
	interpreter_each_symbol(interpreter, /* exported= */ true, note_name, &which);
	if (!which.any)
		interpreter_each_symbol(interpreter, /* exported= */ false, note_name, &which);
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

/* Has a symbol of the table that a section of relocations refers to this name? */
static bool is_relocated(Elf *elf, const GElf_Shdr *relocations, size_t number, const char *name)
{
	GElf_Shdr header, names_header;
	Elf_Data *data = section_data(elf_getscn(elf, relocations->sh_link), &header);
	GElf_Sym symbol;

	return data && gelf_getsym(data, (int)number, &symbol) &&
	       is_name(section_data(elf_getscn(elf, header.sh_link), &names_header), symbol.st_name,
		       name);
}

bool interpreter_module_word(const struct interpreter *interpreter, const char *symbol,
			     __u64 *ret_value)
{
	unsigned int left = INTERPRETER_ENTRIES;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Rela entry;

	while ((section = elf_nextscn(interpreter->elf, section))) {
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_RELA)
			continue;
		data = section_data(section, &header);
		for (int i = 0; data && left && gelf_getrela(data, i, &entry); i++) {
			left--;
			if (GELF_R_TYPE(entry.r_info) != R_X86_64_DTPMOD64 ||
			    (GELF_R_SYM(entry.r_info) && /* 0 = the file itself, which has it */
			     !is_relocated(interpreter->elf, &header, GELF_R_SYM(entry.r_info),
					   symbol)))
				continue;
			*ret_value = entry.r_offset;
			return true;
		}
	}
	return false;
}

/* In the executable itself the linker has put it at a distance from the thread pointer. */
static bool find_in_executable(const struct interpreter *interpreter, __u64 value,
			       struct script_recipe *recipe)
{
	GElf_Phdr header;

	if (!interpreter_header(interpreter, PT_TLS, &header))
		return false;
	recipe->find = SCRIPT_BY_THREAD;
	/* variant II: the block ends at the thread pointer ("ELF Handling For TLS", 3) */
	recipe->storage =
		(__s64)value - (__s64)((header.p_memsz + header.p_align - 1) & -header.p_align);
	return true;
}

bool interpreter_thread_word(const struct interpreter *interpreter, const char *symbol,
			     struct script_recipe *recipe)
{
	__u64 value;

	if (!interpreter_symbol(interpreter, symbol, &value))
		return false;
	if (!interpreter->is_library)
		return find_in_executable(interpreter, value, recipe);
	/* the number of a library's module is in a word that the dynamic linker fills */
	if (!interpreter_module_word(interpreter, symbol, &recipe->start))
		return false;
	recipe->find = SCRIPT_BY_MODULE;
	recipe->storage = (__s64)value;
	recipe->storage_step = interpreter->is_musl ? 8 : 16;
	return true;
}
