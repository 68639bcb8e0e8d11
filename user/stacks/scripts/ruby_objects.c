/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats: include/ruby/internal/core/rstring.h and rarray.h of CRuby, internal/imemo.h, method.h;
 * symbol.h and symbol.c (rb_symbols_t, get_id_serial_entry()).
 */
#include "stacks/scripts/ruby_objects.h"

#include <string.h>

#define TYPE_MASK 0x1f
#define T_STRING 5
#define T_ARRAY 7
#define T_IMEMO 26
#define USER_SHIFT 12	       /* flags from there on mean what the type says */
#define NOEMBED (1U << 13)     /* of a string */
#define ARRAY_EMBED (1U << 13) /* the reverse, of an array, */
#define ARRAY_LENGTH_SHIFT 15  /* whose length follows: 2 bits up to 3.1, 7 since then */
#define MAX_STRING (1U << 20)

/* Read the first words of an object of a type. False: it is another one. */
static bool read_object(struct ruby *ruby, __u64 address, unsigned int type, __u64 words[RUBY_HEAD])
{
	return !(address & 7) && memory_read(ruby->memory, address, words, RUBY_HEAD * RUBY_WORD) &&
	       (words[0] & TYPE_MASK) == type;
}

bool ruby_internal(struct ruby *ruby, __u64 address, enum ruby_internal type,
		   __u64 words[RUBY_HEAD])
{
	return read_object(ruby, address, T_IMEMO, words) &&
	       (words[0] >> USER_SHIFT & 0xf) == (unsigned int)type;
}

/* An embedded string's length is a flag where the string begins at once, else the word before. */
static __u64 embedded_length(const struct ruby *ruby, const __u64 words[RUBY_HEAD])
{
	return ruby->offsets->string_embedded == 2 * RUBY_WORD ? words[0] >> 14 & 0x1f : words[2];
}

bool ruby_string(struct ruby *ruby, __u64 address, char ret_text[SCRIPT_NAME_MAX])
{
	__u64 words[RUBY_HEAD], len, from;

	if (!read_object(ruby, address, T_STRING, words))
		return false;
	if (words[0] & NOEMBED) {
		len = words[2];
		from = words[3];
	} else {
		len = embedded_length(ruby, words);
		from = address + ruby->offsets->string_embedded;
	}
	if (len > MAX_STRING)
		return false;
	if (len >= SCRIPT_NAME_MAX)
		len = SCRIPT_NAME_MAX - 1;
	ret_text[len] = '\0';
	return !len || memory_read(ruby->memory, from, ret_text, len);
}

bool ruby_element(struct ruby *ruby, __u64 array, __u64 number, __u64 *ret_value)
{
	__u64 words[RUBY_HEAD], len, from;

	if (!read_object(ruby, array, T_ARRAY, words))
		return false;
	if (words[0] & ARRAY_EMBED) {
		len = words[0] >> ARRAY_LENGTH_SHIFT &
		      (ruby->offsets->string_embedded == 16 ? 3 : 0x7f);
		from = array + 2 * RUBY_WORD;
	} else {
		len = words[2];
		if (!memory_word(ruby->memory, array + 4 * RUBY_WORD, &from))
			return false;
	}
	return number < len && memory_word(ruby->memory, from + number * RUBY_WORD, ret_value);
}

/* ---- Symbols ---- */

/* rb_symbols_t: the last number that was given (32 bits), a table, and an array of arrays. */
struct ruby_symbols {
	__u64 last, table, ids, more;
};
#define MAX_SYMBOLS (1U << 26)
#define IDS_IN_ARRAY 512
#define WORDS_OF_ID 2 /* the name, and the symbol */

/* Operators have their characters or small numbers, other names a number above bits of their own.
 */
#define LAST_OPERATOR 1024 /* there are some 200 */
#define SCOPE_SHIFT 4

static bool may_be_symbols(const struct ruby_symbols *symbols)
{
	return symbols->last > 256 && symbols->last < MAX_SYMBOLS && symbols->table &&
	       symbols->ids && symbols->more &&
	       !((symbols->table | symbols->ids | symbols->more) & 7);
}

/* Has the array of arrays as many as it takes for all numbers? */
static bool are_symbols(struct ruby *ruby, const struct ruby_symbols *symbols)
{
	__u64 first, last, entry;

	return ruby_element(ruby, symbols->ids, 0, &first) &&
	       ruby_element(ruby, symbols->ids, symbols->last / IDS_IN_ARRAY, &last) &&
	       ruby_element(ruby, first, IDS_IN_ARRAY * WORDS_OF_ID - 1, &entry) &&
	       ruby_element(ruby, last, symbols->last % IDS_IN_ARRAY * WORDS_OF_ID, &entry);
}

#define CHUNK 4096
#define MAX_DATA (1U << 20) /* bytes of variables that are looked through; 100 KiB is usual */

/* Its variables that are not zero at first, of which the table is one, have no name if stripped. */
static __u64 search_symbols(struct ruby *ruby, __u64 begin, __u64 len)
{
	unsigned char bytes[CHUNK + sizeof(struct ruby_symbols)];
	struct ruby_symbols found;

	if (len > MAX_DATA)
		len = MAX_DATA;
	for (__u64 at = 0; at + sizeof(found) <= len; at += CHUNK) {
		size_t size = len - at < sizeof(bytes) ? len - at : sizeof(bytes);

		if (!memory_read(ruby->memory, begin + at, bytes, size))
			return 0;
		for (size_t i = 0; i + sizeof(found) <= size; i += RUBY_WORD) {
			memcpy(&found, bytes + i, sizeof(found));
			if (may_be_symbols(&found) && are_symbols(ruby, &found))
				return begin + at + i;
		}
	}
	return 0;
}

__u64 ruby_find_symbols(struct interpreter *interpreter, const struct ruby_offsets *offsets)
{
	struct ruby ruby = { .offsets = offsets, .memory = interpreter->memory };
	GElf_Phdr header;
	__u64 address = 0;
	size_t count;

	if (interpreter_address(interpreter, "ruby_global_symbols", &address))
		return address;
	if (elf_getphdrnum(interpreter->elf, &count))
		return 0;
	for (size_t i = 0; i < count && !address; i++)
		if (gelf_getphdr(interpreter->elf, (int)i, &header) && header.p_type == PT_LOAD &&
		    header.p_flags & PF_W)
			address = search_symbols(&ruby,
						 (header.p_vaddr + interpreter->bias + 7) & ~7ULL,
						 header.p_filesz);
	return address;
}

/* ---- Methods ---- */

#define ENTRY_DEFINITION 2 /* word of rb_method_entry_t */
#define DEFINITION_NAME 32 /* of rb_method_definition_t: the number of the name */

static bool name_of_id(struct ruby *ruby, __u64 id, char ret_text[SCRIPT_NAME_MAX])
{
	struct ruby_symbols symbols;
	__u64 array, name;

	if (id > LAST_OPERATOR)
		id >>= SCOPE_SHIFT;
	return memory_read(ruby->memory, ruby->symbols, &symbols, sizeof(symbols)) &&
	       may_be_symbols(&symbols) && id <= symbols.last &&
	       ruby_element(ruby, symbols.ids, id / IDS_IN_ARRAY, &array) &&
	       ruby_element(ruby, array, id % IDS_IN_ARRAY * WORDS_OF_ID, &name) &&
	       ruby_string(ruby, name, ret_text);
}

bool ruby_method_entry(struct ruby *ruby, __u64 entry, bool is_local, __u64 *ret_entry)
{
	__u64 words[RUBY_HEAD];

	/* variables like $~ of a method's own frame are before it then */
	if (is_local && ruby_internal(ruby, entry, RUBY_SVAR, words))
		entry = words[1];
	if (!ruby_internal(ruby, entry, RUBY_METHOD, words))
		return false;
	*ret_entry = entry;
	return true;
}

bool ruby_method_name(struct ruby *ruby, __u64 entry, char ret_text[SCRIPT_NAME_MAX])
{
	__u64 words[RUBY_HEAD], id;

	return ruby_internal(ruby, entry, RUBY_METHOD, words) &&
	       memory_word(ruby->memory, words[ENTRY_DEFINITION] + DEFINITION_NAME, &id) &&
	       name_of_id(ruby, id, ret_text);
}
