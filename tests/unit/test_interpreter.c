/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols of an interpreter, in files that are made to take long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/language.h"

#define TABLES 4
#define NAME "\0_PyRuntime"

/* An ELF file with tables of symbols, all of which have the names at the end. */
struct file {
	Elf64_Ehdr header;
	Elf64_Shdr sections[TABLES + 2]; /* the first one is empty, the last one has the names */
	char names[16];
	Elf64_Sym
		symbols[INTERPRETER_ENTRIES + 2]; /* the second one is the one that is asked for */
};

static struct file *make(void)
{
	struct file *file = calloc(1, sizeof(*file));

	assert_non_null(file);
	memcpy(file->header.e_ident, ELFMAG, SELFMAG);
	file->header.e_ident[EI_CLASS] = ELFCLASS64;
	file->header.e_ident[EI_DATA] = ELFDATA2LSB;
	file->header.e_ident[EI_VERSION] = EV_CURRENT;
	file->header.e_type = ET_DYN;
	file->header.e_machine = EM_X86_64;
	file->header.e_version = EV_CURRENT;
	file->header.e_shoff = offsetof(struct file, sections);
	file->header.e_ehsize = sizeof(file->header);
	file->header.e_shentsize = sizeof(file->sections[0]);
	file->header.e_shnum = TABLES + 2;
	file->sections[TABLES + 1] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
						   .sh_offset = offsetof(struct file, names),
						   .sh_size = sizeof(NAME) };
	memcpy(file->names, NAME, sizeof(NAME));
	file->symbols[1] = (Elf64_Sym){ .st_name = 1, .st_shndx = 1, .st_value = 0x1234 };
	return file;
}

/* A table that begins with a symbol has so many. */
static void add_table(struct file *file, unsigned int number, unsigned int first, size_t count)
{
	file->sections[number] = (Elf64_Shdr){
		.sh_type = SHT_SYMTAB,
		.sh_offset = offsetof(struct file, symbols) + first * sizeof(Elf64_Sym),
		.sh_size = count * sizeof(Elf64_Sym),
		.sh_entsize = sizeof(Elf64_Sym),
		.sh_link = TABLES + 1,
		.sh_addralign = 8,
	};
}

static bool finds(struct file *file)
{
	struct interpreter interpreter = { 0 };
	__u64 value = 0;
	bool found;

	elf_version(EV_CURRENT);
	interpreter.elf = elf_memory((char *)file, sizeof(*file));
	assert_non_null(interpreter.elf);
	found = interpreter_symbol(&interpreter, "_PyRuntime", &value);
	assert_int_equal(value, found ? 0x1234 : 0);
	elf_end(interpreter.elf);
	free(file);
	return found;
}

static void a_symbol_is_found(void **state)
{
	struct file *file = make();

	(void)state;
	add_table(file, 1, 0, 2);
	assert_true(finds(file));
}

static void a_name_beyond_the_end(void **state)
{
	struct file *file = make();

	(void)state;
	add_table(file, 1, 0, 2);
	file->sections[TABLES + 1].sh_size--; /* its NUL is outside */
	assert_false(finds(file));
	file = make();
	add_table(file, 1, 0, 2);
	file->symbols[1].st_name = 0xfffffff0;
	assert_false(finds(file));
}

static void a_table_that_is_too_large(void **state)
{
	struct file *file = make();

	(void)state;
	add_table(file, 1, 0, INTERPRETER_ENTRIES);
	assert_true(finds(file));
	file = make();
	add_table(file, 1, 0, INTERPRETER_ENTRIES + 1);
	assert_false(finds(file));
}

static void tables_that_are_too_many(void **state)
{
	struct file *file = make();

	(void)state;
	add_table(file, 1, 2, INTERPRETER_ENTRIES / 2);
	add_table(file, 2, 2, INTERPRETER_ENTRIES / 2 - 2);
	add_table(file, 3, 0, 2);
	assert_true(finds(file));
	file = make();
	add_table(file, 1, 2, INTERPRETER_ENTRIES / 2);
	add_table(file, 2, 2, INTERPRETER_ENTRIES / 2);
	add_table(file, 3, 0, 2);
	assert_false(finds(file));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_symbol_is_found),
		cmocka_unit_test(a_name_beyond_the_end),
		cmocka_unit_test(a_table_that_is_too_large),
		cmocka_unit_test(tables_that_are_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
