/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/files/go_table.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/names/function_name.h"
#include "stacks/files/go_program.h"

#define MAX_NAME 4096	   /* bytes of a name or a path */
#define MAX_STEPS 100000   /* of one table of values; a function of 1 MiB has that many */
#define INLINE_VALUES 2	   /* the table of values with a position's place in the inline tree */
#define INLINE_TREE 3	   /* the data of a function that is its inline tree */
#define NO_FILE 0xffffffff /* Go's mark of a file that no code of the unit is from */

/* ---- Reading ---- */

static bool take_u32(const struct go_table *table, __u64 at, __u32 *ret_value)
{
	if (at > table->len || table->len - at < sizeof(*ret_value))
		return false;
	memcpy(ret_value, table->bytes + at, sizeof(*ret_value));
	return true;
}

/* As wide as an address. */
static bool take_address(const struct go_table *table, __u64 at, __u64 *ret_value)
{
	*ret_value = 0;
	if (at > table->len || table->len - at < table->word)
		return false;
	memcpy(ret_value, table->bytes + at, table->word);
	return true;
}

/* A string that ends within the table and MAX_NAME; NULL: there is none, or it is empty. */
static const char *string_at(const struct go_table *table, __u64 at)
{
	const char *string;
	size_t room;

	if (at >= table->len)
		return NULL;
	string = (const char *)table->bytes + at;
	room = table->len - at < MAX_NAME ? table->len - at : MAX_NAME;
	return *string && memchr(string, '\0', room) ? string : NULL;
}

static bool take_varint(const struct go_table *table, __u64 *at, __u32 *ret_value)
{
	__u32 value = 0;

	for (unsigned int shift = 0; shift < 35 && *at < table->len; shift += 7) {
		unsigned char byte = table->bytes[(*at)++];

		value |= (__u32)(byte & 0x7f) << (shift & 31);
		if (byte & 0x80)
			continue;
		*ret_value = value;
		return true;
	}
	return false;
}

/* ---- The header ---- */

static bool go_layout_of(__u32 magic, enum go_layout *ret_layout)
{
	static const __u32 magics[] = {
		[GO_1_16] = 0xfffffffa, [GO_1_18] = 0xfffffff0, [GO_1_20] = 0xfffffff1
	};

	for (unsigned int i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (magics[i] == magic) {
			*ret_layout = (enum go_layout)i;
			return true;
		}
	return false;
}

/* Two zeros, what program counters are multiples of, and the width of an address. */
static bool is_header(const unsigned char *bytes)
{
	return !bytes[4] && !bytes[5] && (bytes[6] == 1 || bytes[6] == 2 || bytes[6] == 4) &&
	       (bytes[7] == 4 || bytes[7] == 8);
}

/* The words of the header behind its first 8 bytes. */
static bool read_words(struct go_table *table)
{
	__u64 files, at = 8,
		     *const words[] = {
			     &table->count, &files,	   &table->text,   &table->names,
			     &table->units, &table->files, &table->values, &table->functions,
		     };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i] == &table->text && table->layout == GO_1_16)
			continue;
		if (!take_address(table, at, words[i]))
			return false;
		at += table->word;
	}
	return true;
}

/* An entry of the list of functions: where it begins, and where its description is. */
static unsigned int entry_size(const struct go_table *table)
{
	return table->layout == GO_1_16 ? 2 * table->word : 2 * sizeof(__u32);
}

bool go_table_of_bytes(const unsigned char *bytes, size_t len, __u64 address,
		       struct go_table *ret_table)
{
	struct go_table table = { .bytes = bytes, .len = len, .address = address };
	__u32 magic;

	if (len < 8)
		return false;
	memcpy(&magic, bytes, sizeof(magic));
	if (!go_layout_of(magic, &table.layout) || !is_header(bytes))
		return false;
	table.quantum = bytes[6];
	table.word = bytes[7];
	if (!read_words(&table) || !table.count || table.functions > len ||
	    table.count >= (len - table.functions) / entry_size(&table))
		return false;
	*ret_table = table;
	return true;
}

bool go_table_open(const struct elf_file *file, struct go_table *ret_table)
{
	struct go_program program;
	struct go_table table;

	if (!go_program_find(file, &program) ||
	    !go_table_of_bytes(program.table, program.len, program.address, &table))
		return false;
	go_program_complete(file, &program, &table);
	*ret_table = table;
	return true;
}

/* ---- Functions ---- */

struct go_function {
	__u64 entry;
	__u32 name;	    /* from the names on */
	__u32 files, lines; /* tables of values, from the values on */
	__u32 unit;
	__u32 n_tables, n_data; /* more tables; and data that is not in the table */
	__u64 tables;		/* where they begin in the table */
};

/* Where function number `i` begins; number `count` is the end of the last one. */
static bool function_entry(const struct go_table *table, __u64 i, __u64 *ret_entry)
{
	__u64 at = table->functions + i * entry_size(table);
	__u32 offset;

	if (table->layout == GO_1_16)
		return take_address(table, at, ret_entry);
	if (!take_u32(table, at, &offset))
		return false;
	*ret_entry = table->text + offset;
	return true;
}

/* The number of the function that holds an address; false: none does. */
static bool find_go_function(const struct go_table *table, __u64 address, __u64 *ret_i)
{
	__u64 low = 0, high = table->count, middle, entry;

	if (!function_entry(table, 0, &entry) || address < entry ||
	    !function_entry(table, table->count, &entry) || address >= entry)
		return false;
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (!function_entry(table, middle, &entry))
			return false;
		if (entry <= address)
			low = middle;
		else
			high = middle;
	}
	*ret_i = low;
	return true;
}

static bool read_function(const struct go_table *table, __u64 i, struct go_function *ret)
{
	/* of the members behind the entry, in words of 4 bytes */
	enum { NAME, ARGS, DEFER, STACK, FILES, LINES, TABLES, UNIT, START_LINE, MEMBERS };
	bool is_old = table->layout == GO_1_16, has_start = table->layout == GO_1_20;
	unsigned int members = has_start ? MEMBERS : START_LINE;
	__u64 at = table->functions + i * entry_size(table);
	__u32 offset = 0, member[MEMBERS] = { 0 }, flags;
	__u64 place = 0;

	if (!function_entry(table, i, &ret->entry) ||
	    !(is_old ? take_address(table, at + table->word, &place) :
		       take_u32(table, at + sizeof(offset), &offset)))
		return false;
	at = table->functions + (is_old ? place : offset) + (is_old ? table->word : 4);
	if (at < table->functions)
		return false;
	for (unsigned int n = 0; n < members; n++, at += sizeof(__u32))
		if (!take_u32(table, at, &member[n]))
			return false;
	if (!take_u32(table, at, &flags))
		return false;
	ret->name = member[NAME];
	ret->files = member[FILES];
	ret->lines = member[LINES];
	ret->n_tables = member[TABLES];
	ret->unit = member[UNIT];
	ret->n_data = flags >> 24;
	ret->tables = at + sizeof(flags);
	return true;
}

/*
 * The value that a table has for an address: pairs of how much the value changes and up to where it
 * holds then. -1: none, which is also how Go writes it.
 */
static __s32 value_at(const struct go_table *table, const struct go_function *function,
		      __u32 values, __u64 address)
{
	__u64 at = table->values + values, pc = function->entry;
	__u32 change, distance;
	__s32 value = -1;

	if (!values)
		return -1;
	for (unsigned int i = 0; i < MAX_STEPS; i++) {
		if (!take_varint(table, &at, &change) || (!change && i) ||
		    !take_varint(table, &at, &distance))
			return -1;
		value = (__s32)((__u32)value + (change & 1 ? ~(change >> 1) : change >> 1));
		pc += (__u64)distance * table->quantum;
		if (address < pc)
			return value;
	}
	return -1;
}

/* ---- Inlining ---- */

/* Where the inline tree of a function begins; NULL: it has none. */
static const unsigned char *inline_tree(const struct go_table *table,
					const struct go_function *function, size_t *ret_len)
{
	__u64 at = function->tables + 4ULL * function->n_tables, offset = UINT64_MAX;
	__u32 number;

	if (function->n_data <= INLINE_TREE || function->n_tables > table->len)
		return NULL;
	if (table->layout == GO_1_16) { /* addresses, aligned as such */
		at += (table->address + at) & (table->word - 1);
		if (!take_address(table, at + INLINE_TREE * table->word, &offset))
			return NULL;
		offset -= table->inlining_address;
	} else if (take_u32(table, at + INLINE_TREE * sizeof(number), &number)) {
		offset = number == NO_FILE ? UINT64_MAX : number;
	}
	if (!table->inlining || offset > table->inlining_len)
		return NULL;
	*ret_len = table->inlining_len - offset;
	return table->inlining + offset;
}

/*
 * The function that is inlined at an address: its name, and an address that stands for the place in
 * the function around it. False: nothing is.
 */
static bool inlined_at(const struct go_table *table, const struct go_function *function,
		       __u64 address, const char **ret_name, __u64 *ret_parent)
{
	bool is_short = table->layout == GO_1_20;
	size_t size = is_short ? 16 : 20, len;
	const unsigned char *tree;
	__u32 values, name, parent;
	__s32 place;

	if (function->n_tables <= INLINE_VALUES ||
	    !take_u32(table, function->tables + INLINE_VALUES * sizeof(values), &values))
		return false;
	place = value_at(table, function, values, address);
	tree = place < 0 ? NULL : inline_tree(table, function, &len);
	if (!tree || (size_t)place >= len / size)
		return false;
	memcpy(&name, tree + (size_t)place * size + (is_short ? 4 : 12), sizeof(name));
	memcpy(&parent, tree + (size_t)place * size + (is_short ? 8 : 16), sizeof(parent));
	*ret_name = string_at(table, table->names + name);
	*ret_parent = function->entry + parent;
	return *ret_name;
}

/* ---- Names ---- */

static void set_position(const struct go_table *table, const struct go_function *function,
			 __u64 address, struct code_name *name)
{
	__s32 file = value_at(table, function, function->files, address);
	__s32 line = value_at(table, function, function->lines, address);
	__u64 at = table->units + 4 * ((__u64)function->unit + (__u32)file);
	const char *path;
	__u32 offset;

	if (file < 0 || line <= 0 || !take_u32(table, at, &offset) || offset == NO_FILE)
		return;
	path = string_at(table, table->files + offset);
	name->file = path ? strndup(path, PATH_MAX - 1) : NULL;
	name->line = name->file ? (unsigned int)line : 0;
}

/* One more name of an address in a function. */
static void add_go_name(const struct go_table *table, const struct go_function *function,
			__u64 address, const char *name, struct code *code)
{
	struct code_name *next = &code->names[code->count++];

	*next = (struct code_name){ .function = function_name(name, LANGUAGE_GO) };
	set_position(table, function, address, next);
}

bool go_table_at(const struct go_table *table, __u64 address, struct code *ret_code)
{
	struct go_function function;
	const char *name, *inlined;
	__u64 i, parent;

	if (!find_go_function(table, address, &i) || !read_function(table, i, &function))
		return false;
	name = string_at(table, table->names + function.name);
	if (!name) /* code of another language that was linked in */
		return false;
	ret_code->start = function.entry;
	while (ret_code->count < LINES_MAX_INLINED &&
	       inlined_at(table, &function, address, &inlined, &parent)) {
		add_go_name(table, &function, address, inlined, ret_code);
		address = parent;
	}
	add_go_name(table, &function, address, name, ret_code);
	return true;
}
