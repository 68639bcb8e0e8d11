/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "stacks/names/function_name.h"

#define MAX_DEPTH 64	 /* scopes in each other */
#define MAX_REFERENCES 8 /* from a copy to what it is a copy of */
#define MAX_SCOPES 8192	 /* bytes of their names */
#define MAX_DIES 1000000 /* looked at for one address; a large unit of C++ has 300,000 */

void code_clear(struct code *code)
{
	for (unsigned int i = 0; i < code->count; i++) {
		free(code->names[i].function);
		free(code->names[i].file);
	}
	free(code->local_to);
	code->local_to = NULL;
	code->count = 0;
}

/*
 * The compilation unit of an address. libdwfl finds it by .debug_aranges alone, which clang does
 * not write. Where only other units have them, elfutils 0.188 answers with the one before the
 * address, though it does not hold it (0.192 does not). In both cases each unit is asked.
 */
static Dwarf_Die *find_unit(Dwfl_Module *module, Dwarf_Addr address, Dwarf_Addr *ret_bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, ret_bias);

	if (unit && dwarf_haspc(unit, address - *ret_bias) > 0)
		return unit;
	unit = NULL; /* from the first one on */
	while ((unit = dwfl_module_nextcu(module, unit, ret_bias)))
		if (dwarf_haspc(unit, address - *ret_bias) > 0)
			return unit;
	return NULL;
}

/* Is it all that the compiler left of a unit in the program, and the rest is in a .dwo file? */
static bool is_split(Dwarf_Die *unit)
{
	return dwarf_tag(unit) == DW_TAG_skeleton_unit || dwarf_hasattr(unit, DW_AT_dwo_name) ||
	       dwarf_hasattr(unit, DW_AT_GNU_dwo_name);
}

static void set_line(struct code_name *name, const char *file, int line)
{
	if (!file || line <= 0) /* line 0: code that stands in no line */
		return;
	name->file = strndup(file, PATH_MAX - 1);
	if (name->file)
		name->line = (unsigned int)line;
}

static bool may_hold_functions(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
	       tag == DW_TAG_enumeration_type;
}

/* The DIE that declares what this one is a copy or the definition of. */
static Dwarf_Die declaration_of(const Dwarf_Die *die)
{
	Dwarf_Die declaration = *die, next;
	Dwarf_Attribute attribute;

	for (int i = 0; i < MAX_REFERENCES; i++) {
		if (!dwarf_attr(&declaration, DW_AT_abstract_origin, &attribute) &&
		    !dwarf_attr(&declaration, DW_AT_specification, &attribute))
			break;
		if (!dwarf_formref_die(&attribute, &next))
			break;
		declaration = next;
	}
	return declaration;
}

/* The child of a DIE that is or holds another. DIEs stand in the order of their offsets. */
static bool find_holder(Dwarf_Die *parent, Dwarf_Off wanted, unsigned int *left,
			Dwarf_Die *ret_child)
{
	Dwarf_Die next;

	if (dwarf_child(parent, ret_child))
		return false;
	for (; *left; --*left) {
		if (dwarf_siblingof(ret_child, &next) || dwarf_dieoffset(&next) > wanted)
			return dwarf_dieoffset(ret_child) <= wanted;
		*ret_child = next;
	}
	return false;
}

static bool is_c(Dwarf_Die *unit)
{
	int language = dwarf_srclang(unit);

	return language == DW_LANG_C89 || language == DW_LANG_C || language == DW_LANG_C99 ||
	       language == DW_LANG_C11;
}

static char *die_name(Dwarf_Die *die, bool is_go, int depth);

/* Add what a scope gives to the name of all that is declared in it. */
static void add_scope(struct text *text, Dwarf_Die *scope, bool is_go, int depth)
{
	int tag = dwarf_tag(scope);
	const char *name = NULL;
	char *function = NULL;

	if (tag == DW_TAG_subprogram) { /* it has its own scopes */
		name = function = die_name(scope, is_go, depth + 1);
		text_clear(text);
	} else if (may_hold_functions(tag)) {
		name = dwarf_diename(scope);
		if (!name)
			name = tag == DW_TAG_namespace ? "(anonymous namespace)" :
							 "(anonymous class)";
	}
	if (name) {
		text_add(text, name);
		text_add(text, "::");
	}
	free(function);
}

/*
 * The namespaces, classes and functions that a function is declared in, as a
 * demangler writes them; NULL = none.
 */
static char *scopes_of(Dwarf_Die *die, bool is_go, int depth)
{
	Dwarf_Die declaration = declaration_of(die), parent, child;
	Dwarf_Off wanted = dwarf_dieoffset(&declaration);
	_cleanup_text_ struct text text = TEXT_INIT;
	unsigned int left = MAX_DIES;

	if (depth > MAX_REFERENCES || !dwarf_diecu(&declaration, &parent, NULL, NULL) ||
	    is_c(&parent))
		return NULL;
	for (int i = 0; i < MAX_DEPTH && find_holder(&parent, wanted, &left, &child); i++) {
		if (dwarf_dieoffset(&child) == wanted)
			return text.len && text.len < MAX_SCOPES && !text_error(&text) ?
				       strdup(text_str(&text)) :
				       NULL;
		add_scope(&text, &child, is_go, depth);
		parent = child;
	}
	return NULL;
}

/* GNAT writes the whole name, as the linker has it, where others write the last part. */
static bool is_ada(Dwarf_Die *die)
{
	Dwarf_Die unit;

	if (!dwarf_diecu(die, &unit, NULL, NULL))
		return false;
	return dwarf_srclang(&unit) == DW_LANG_Ada95 || dwarf_srclang(&unit) == DW_LANG_Ada83;
}

/* As the linker knows it; NULL = it is called there what it is called here, or it is not there. */
static const char *linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
		return dwarf_formstring(&attribute);
	return NULL;
}

/* By the linkage name, which compilers leave out of functions that only one unit knows. */
static enum mangling die_mangling(Dwarf_Die *die)
{
	const char *linkage = linkage_name(die);
	Dwarf_Die unit;

	if (linkage)
		return mangling_of(linkage);
	if (!dwarf_diecu(die, &unit, NULL, NULL))
		return 0;
	switch (dwarf_srclang(&unit)) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
		return MANGLING_CPP;
	case DW_LANG_Rust:
		return MANGLING_RUST;
	case DW_LANG_Go:
		return MANGLING_GO;
	default:
		return MANGLING_NONE;
	}
}

/* With all that it is declared in, which the linkage name tells where there is one. */
static char *die_name(Dwarf_Die *die, bool is_go, int depth)
{
	const char *linkage = linkage_name(die), *plain;
	char *name, *scopes, *qualified = NULL;

	if (linkage)
		return function_name(linkage, is_go);
	plain = dwarf_diename(die);
	if (plain && is_ada(die))
		return function_name(plain, LANGUAGE_ADA);
	name = plain ? function_name(plain, is_go) : NULL;
	scopes = name && !is_go ? scopes_of(die, is_go, depth) : NULL;
	if (!scopes)
		return name;
	if (asprintf(&qualified, "%s%s", scopes, name) < 0)
		qualified = NULL;
	free(scopes);
	if (!qualified)
		return name;
	free(name);
	return qualified;
}

static const char *call_file(Dwarf_Die *unit, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	Dwarf_Word number;
	size_t count;

	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &number) ||
	    dwarf_getsrcfiles(unit, &files, &count) || number >= count)
		return NULL;
	return dwarf_filesrc(files, number, NULL, NULL);
}

static int call_line(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Word number;

	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &number) ||
	    number > INT32_MAX)
		return 0;
	return (int)number;
}

/* A search among DIEs, which a hostile file may have without end. */
struct function_search {
	Dwarf_Addr address;
	unsigned int left; /* DIEs that may still be looked at */
};

/*
 * The function at an address. dwarf_getscopes() does not look into namespaces,
 * where Rust has all its functions.
 */
static bool find_function_die(struct function_search *search, Dwarf_Die *parent, int depth,
			      Dwarf_Die *ret_die)
{
	Dwarf_Die child;

	if (depth > MAX_DEPTH || dwarf_child(parent, &child))
		return false;
	do {
		int tag = dwarf_tag(&child);

		if (!search->left)
			return false;
		search->left--;
		if (tag == DW_TAG_subprogram && dwarf_haspc(&child, search->address) > 0) {
			*ret_die = child;
			return true;
		}
		if (may_hold_functions(tag) &&
		    find_function_die(search, &child, depth + 1, ret_die))
			return true;
	} while (!dwarf_siblingof(&child, &child));
	return false;
}

/* The part of a scope that holds the address; false: nothing smaller does. */
static bool find_inner(struct function_search *search, Dwarf_Die *outer, Dwarf_Die *ret_die)
{
	Dwarf_Die child;

	if (dwarf_child(outer, &child))
		return false;
	do {
		int tag = dwarf_tag(&child);

		if (!search->left)
			return false;
		search->left--;
		if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
		     tag == DW_TAG_try_block || tag == DW_TAG_catch_block) &&
		    dwarf_haspc(&child, search->address) > 0) {
			*ret_die = child;
			return true;
		}
	} while (!dwarf_siblingof(&child, &child));
	return false;
}

/* The scopes around an address, the innermost first; at most MAX_DEPTH. Returns their number. */
static int scopes_at(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die *ret_scopes)
{
	struct function_search search = { .address = address, .left = MAX_DIES };
	Dwarf_Die outermost_first[MAX_DEPTH];
	int count = 0;

	if (!find_function_die(&search, unit, 0, &outermost_first[0]))
		return 0;
	for (count = 1; count < MAX_DEPTH; count++)
		if (!find_inner(&search, &outermost_first[count - 1], &outermost_first[count]))
			break;
	for (int i = 0; i < count; i++)
		ret_scopes[i] = outermost_first[count - 1 - i];
	return count;
}

void lines_at(Dwfl_Module *module, Dwarf_Addr address, bool is_go, struct code *ret_code)
{
	Dwarf_Die scopes[MAX_DEPTH];
	Dwarf_Addr bias;
	Dwarf_Die *unit = find_unit(module, address, &bias);
	struct code_name *name = &ret_code->names[0];
	int i, tag, count, number = 0;
	Dwarf_Line *line;

	if (!unit)
		return;
	ret_code->is_split = is_split(unit);
	if (ret_code->is_split)
		return;
	ret_code->count = 1;
	line = dwarf_getsrc_die(unit, address - bias);
	if (line && !dwarf_lineno(line, &number))
		set_line(name, dwarf_linesrc(line, NULL, NULL), number);
	count = scopes_at(unit, address - bias, scopes);
	for (i = 0; i < count; i++) {
		tag = dwarf_tag(&scopes[i]);
		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		free(name->function); /* of what was inlined too deep */
		name->function = die_name(&scopes[i], is_go, 0);
		name->mangling = die_mangling(&scopes[i]);
		if (tag == DW_TAG_subprogram)
			return;
		if (ret_code->count <= LINES_MAX_INLINED) {
			name = &ret_code->names[ret_code->count++];
		} else {
			free(name->file);
			name->file = NULL;
			name->line = 0;
		}
		set_line(name, call_file(unit, &scopes[i]), call_line(&scopes[i]));
	}
}
