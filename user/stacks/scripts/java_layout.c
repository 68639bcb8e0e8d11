/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/scripts/java_layout.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ENTRIES 8192 /* of a table; JDK 21 has 2,100 in all */
#define MAX_STRIDE 128	 /* bytes of an entry */
#define MAX_TEXT 64	 /* bytes of a name with its NUL; none that is wanted is longer */
#define PAGE 4096
#define PAGES 64 /* names of neighbours are neighbours */
#define MAX_OFFSET 480

/* What is read more than once: the pages of names. */
struct pages {
	struct memory *memory;
	__u64 at[PAGES]; /* which page, 0 = none */
	char bytes[PAGES][PAGE];
};

static const char *page_of(struct pages *pages, __u64 address)
{
	__u64 start = address & ~(__u64)(PAGE - 1);
	unsigned int place = start / PAGE % PAGES;

	if (pages->at[place] != start) {
		pages->at[place] = 0;
		if (!memory_read(pages->memory, start, pages->bytes[place], PAGE))
			return NULL;
		pages->at[place] = start;
	}
	return pages->bytes[place] + (address - start);
}

/* A text of the library. False: it cannot be read, or is longer than any that is wanted. */
static bool read_text(struct pages *pages, __u64 address, char ret_text[MAX_TEXT])
{
	for (unsigned int i = 0; i < MAX_TEXT; i++) {
		const char *byte = address ? page_of(pages, address + i) : NULL;

		if (!byte)
			return false;
		ret_text[i] = *byte;
		if (!*byte)
			return true;
	}
	return false;
}

/* ---- What is wanted ---- */

#define AT(member) offsetof(struct java_layout, member)

struct java_member {
	const char *type, *name; /* of a type's size there is no name */
	size_t at;
};

static const struct java_member statics[] = {
	{ "CodeCache", "_heaps", AT(code_heaps) },
	{ "CodeCache", "_heap", AT(code_heap) },
	{ "Abstract_VM_Version", "_vm_major_version", AT(major_version) },
};

/* If a member has two rows, each version has one of them. */
static const struct java_member members[] = {
	{ "GenericGrowableArray", "_len", AT(array_length) },
	{ "GrowableArrayBase", "_len", AT(array_length) },
	{ "GrowableArray<int>", "_data", AT(array_data) },
	{ "CodeHeap", "_memory", AT(heap_memory) },
	{ "CodeHeap", "_segmap", AT(heap_segments) },
	{ "CodeHeap", "_log2_segment_size", AT(heap_log2_segment) },
	{ "VirtualSpace", "_low_boundary", AT(space_low) },
	{ "VirtualSpace", "_high_boundary", AT(space_high) },
	{ "HeapBlock::Header", "_used", AT(block_used) },
	{ "CodeBlob", "_name", AT(blob_name) },
	{ "CodeBlob", "_size", AT(blob_size) },
	{ "CodeBlob", "_frame_size", AT(blob_frame_size) },
	{ "CodeBlob", "_data_offset", AT(blob_data_offset) },
	{ "CodeBlob", "_code_begin", AT(blob_code_begin) },
	{ "CodeBlob", "_code_end", AT(blob_code_end) },
	{ "CodeBlob", "_code_offset", AT(blob_code_offset) },
	{ "CodeBlob", "_mutable_data", AT(blob_mutable_data) },
	{ "CodeBlob", "_relocation_size", AT(blob_relocation_size) },
	{ "nmethod", "_method", AT(compiled_method) },
	{ "CompiledMethod", "_method", AT(compiled_method) },
	{ "nmethod", "_orig_pc_offset", AT(compiled_orig_pc) },
	{ "nmethod", "_metadata_offset", AT(compiled_metadata) },
	{ "nmethod", "_immutable_data", AT(compiled_immutable) },
	{ "CompiledMethod", "_scopes_data_begin", AT(compiled_scopes_begin) },
	{ "nmethod", "_scopes_data_offset", AT(compiled_scopes) },
	{ "nmethod", "_scopes_pcs_offset", AT(compiled_pcs) },
	{ "nmethod", "_dependencies_offset", AT(compiled_pcs_end) },
	{ "CompiledMethod", "_deopt_handler_begin", AT(compiled_deopt_begin) },
	{ "nmethod", "_deopt_handler_offset", AT(compiled_deopt) },
	{ "nmethod", "_deoptimize_offset", AT(compiled_deopt) },
	{ "CompiledMethod", "_deopt_mh_handler_begin", AT(compiled_deopt_mh_begin) },
	{ "nmethod", "_deopt_mh_handler_offset", AT(compiled_deopt_mh) },
	{ "nmethod", "_deoptimize_mh_offset", AT(compiled_deopt_mh) },
	{ "PcDesc", "_pc_offset", AT(pc_offset) },
	{ "PcDesc", "_scope_decode_offset", AT(pc_scope) },
	{ "Method", "_constMethod", AT(method_const) },
	{ "Method", "_access_flags", AT(method_access) },
	{ "Method", "_flags", AT(method_flags) },
	{ "Method", "_intrinsic_id", AT(method_intrinsic) },
	{ "ConstMethod", "_constants", AT(const_constants) },
	{ "ConstMethod", "_flags", AT(const_flags) },
	{ "ConstMethod", "_flags._flags", AT(const_flags) },
	{ "ConstMethod", "_constMethod_size", AT(const_words) },
	{ "ConstMethod", "_code_size", AT(const_code_size) },
	{ "ConstMethod", "_name_index", AT(const_name) },
	{ "ConstantPool", "_pool_holder", AT(pool_holder) },
	{ "ConstantPool", "_length", AT(pool_length) },
	{ "ConstantPool", "_source_file_name_index", AT(pool_source) },
	{ "InstanceKlass", "_constants", AT(class_constants) },
	{ "InstanceKlass", "_source_file_name_index", AT(class_source) },
	{ "Klass", "_name", AT(class_name) },
	{ "Symbol", "_length", AT(symbol_length) },
	{ "Symbol", "_body", AT(symbol_body) },
};

static const struct java_member sizes[] = {
	{ "HeapBlock", NULL, AT(block_size) },
	{ "PcDesc", NULL, AT(pc_size) },
	{ "ConstMethod", NULL, AT(const_size) },
	{ "ConstantPool", NULL, AT(pool_size) },
};

static const struct java_member constants[] = {
	{ NULL, "Method::_hidden", AT(hidden_flag) },
	{ NULL, "ConstMethod::_has_linenumber_table", AT(lines_flag) },
	{ NULL, "ConstMethodFlags::_misc_has_linenumber_table", AT(lines_flag) },
};

/* Without these nothing can be read. The others differ by version. */
static const size_t needed[] = {
	AT(heap_memory),      AT(heap_segments),   AT(heap_log2_segment), AT(space_low),
	AT(space_high),	      AT(block_used),	   AT(block_size),	  AT(blob_name),
	AT(blob_size),	      AT(blob_frame_size), AT(blob_data_offset),  AT(compiled_method),
	AT(compiled_orig_pc), AT(compiled_pcs),	   AT(pc_size),		  AT(pc_offset),
	AT(pc_scope),	      AT(method_const),	   AT(method_access),	  AT(method_intrinsic),
	AT(const_constants),  AT(const_flags),	   AT(const_words),	  AT(const_code_size),
	AT(const_name),	      AT(const_size),	   AT(pool_holder),	  AT(pool_length),
	AT(pool_size),	      AT(class_constants), AT(class_name),	  AT(symbol_length),
	AT(symbol_body),      AT(lines_flag),
};

static __s32 *number_at(struct java_layout *layout, size_t at)
{
	return (__s32 *)((char *)layout + at);
}

static const struct java_member *find_wanted(const struct java_member *wanted, size_t count,
					     const char *type, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if ((!type || !strcmp(wanted[i].type, type)) &&
		    (!name || !strcmp(wanted[i].name, name)))
			return &wanted[i];
	return NULL;
}

/* ---- The tables ---- */

/* One of the library's tables, and where an entry has what. */
struct java_table {
	__u64 at, stride;
	unsigned char entry[MAX_STRIDE];
};

/* A number that the library exports, such as an offset in the entries of a table. */
static bool exported_number(struct interpreter *interpreter, const char *symbol, __u64 *ret_number)
{
	__u64 address;

	return interpreter_address(interpreter, symbol, &address) &&
	       memory_word(interpreter->memory, address, ret_number);
}

static bool read_offset(struct interpreter *interpreter, const char *symbol, __u64 *ret_offset)
{
	return exported_number(interpreter, symbol, ret_offset) &&
	       *ret_offset <= MAX_STRIDE - sizeof(__u64);
}

static bool begin_table(struct interpreter *interpreter, const char *symbol, const char *stride,
			struct java_table *table)
{
	return exported_number(interpreter, symbol, &table->at) &&
	       exported_number(interpreter, stride, &table->stride) && table->stride &&
	       table->stride <= MAX_STRIDE;
}

static bool next_entry(struct interpreter *interpreter, struct java_table *table)
{
	if (!memory_read(interpreter->memory, table->at, table->entry, table->stride))
		return false;
	table->at += table->stride;
	return true;
}

static __u64 entry_word(const struct java_table *table, __u64 offset)
{
	__u64 word;

	memcpy(&word, table->entry + offset, sizeof(word));
	return word;
}

/* A member of a type: its offset, or where a static one is. */
static void take_member(const char *type, const char *name, bool is_static, __u64 offset,
			__u64 address, struct java_layout *layout)
{
	const struct java_member *wanted;

	if (is_static) {
		wanted = find_wanted(statics, sizeof(statics) / sizeof(statics[0]), type, name);
		if (wanted)
			memcpy((char *)layout + wanted->at, &address, sizeof(address));
		return;
	}
	wanted = find_wanted(members, sizeof(members) / sizeof(members[0]), type, name);
	if (wanted && offset < MAX_OFFSET)
		*number_at(layout, wanted->at) = (__s32)offset;
}

static bool read_members(struct interpreter *interpreter, struct pages *pages,
			 struct java_layout *layout)
{
	struct java_table table;
	__u64 type_at, name_at, static_at, offset_at, address_at, last = 0, type_address;
	char type[MAX_TEXT] = "", name[MAX_TEXT];

	if (!begin_table(interpreter, "gHotSpotVMStructs", "gHotSpotVMStructEntryArrayStride",
			 &table) ||
	    !read_offset(interpreter, "gHotSpotVMStructEntryTypeNameOffset", &type_at) ||
	    !read_offset(interpreter, "gHotSpotVMStructEntryFieldNameOffset", &name_at) ||
	    !read_offset(interpreter, "gHotSpotVMStructEntryIsStaticOffset", &static_at) ||
	    !read_offset(interpreter, "gHotSpotVMStructEntryOffsetOffset", &offset_at) ||
	    !read_offset(interpreter, "gHotSpotVMStructEntryAddressOffset", &address_at))
		return false;
	for (unsigned int i = 0; i < MAX_ENTRIES; i++) {
		if (!next_entry(interpreter, &table))
			return false;
		type_address = entry_word(&table, type_at);
		if (!type_address)
			return true;
		if (type_address != last && !read_text(pages, type_address, type))
			type[0] = '\0';
		last = type_address;
		if (type[0] && read_text(pages, entry_word(&table, name_at), name))
			take_member(type, name, (__u32)entry_word(&table, static_at),
				    entry_word(&table, offset_at), entry_word(&table, address_at),
				    layout);
	}
	return false;
}

/* A table of names, each with a number: the symbols that describe it, and what is taken of it. */
struct named_numbers {
	const char *table, *stride, *name_at, *number_at;
	const struct java_member *wanted;
	size_t count;
	bool are_types; /* the names are of types, and the numbers their sizes */
};

static void take_number(const struct named_numbers *numbers, const char *name, __u64 number,
			struct java_layout *layout)
{
	const struct java_member *wanted =
		find_wanted(numbers->wanted, numbers->count, numbers->are_types ? name : NULL,
			    numbers->are_types ? NULL : name);

	if (wanted && (!numbers->are_types || number < MAX_OFFSET))
		*number_at(layout, wanted->at) = (__s32)number;
}

static bool read_numbers(struct interpreter *interpreter, struct pages *pages,
			 const struct named_numbers *numbers, struct java_layout *layout)
{
	struct java_table table;
	__u64 name_at, number_at;
	char name[MAX_TEXT];

	if (!begin_table(interpreter, numbers->table, numbers->stride, &table) ||
	    !read_offset(interpreter, numbers->name_at, &name_at) ||
	    !read_offset(interpreter, numbers->number_at, &number_at))
		return false;
	for (unsigned int i = 0; i < MAX_ENTRIES; i++) {
		if (!next_entry(interpreter, &table))
			return false;
		if (!entry_word(&table, name_at))
			return true;
		if (read_text(pages, entry_word(&table, name_at), name))
			take_number(numbers, name, entry_word(&table, number_at), layout);
	}
	return false;
}

static const struct named_numbers type_sizes = {
	.table = "gHotSpotVMTypes",
	.stride = "gHotSpotVMTypeEntryArrayStride",
	.name_at = "gHotSpotVMTypeEntryTypeNameOffset",
	.number_at = "gHotSpotVMTypeEntrySizeOffset",
	.wanted = sizes,
	.count = sizeof(sizes) / sizeof(sizes[0]),
	.are_types = true,
};

static const struct named_numbers int_constants = {
	.table = "gHotSpotVMIntConstants",
	.stride = "gHotSpotVMIntConstantEntryArrayStride",
	.name_at = "gHotSpotVMIntConstantEntryNameOffset",
	.number_at = "gHotSpotVMIntConstantEntryValueOffset",
	.wanted = constants,
	.count = sizeof(constants) / sizeof(constants[0]),
};

/* ---- What they do not say ---- */

#define HIDDEN_BEFORE_9 (1 << 3)  /* method.hpp: the fourth bit behind the intrinsic's number */
#define HIDDEN_SINCE_21 (1 << 12) /* constMethodFlags.hpp */
#define FIRST_EXCLUDING 20	  /* unsigned5.hpp */

/*
 * JDK 8 has one code heap; its version is HotSpot's, 25. frame_x86.hpp: an interpreted frame has
 * its bytecode's address in the seventh word below the frame pointer; JDK 9 has put the class's
 * mirror before it.
 */
static bool complete_layout(struct interpreter *interpreter, struct java_layout *layout)
{
	bool is_8 = !layout->code_heaps;
	__s32 major = 0;

	if (!layout->major_version ||
	    !memory_read(interpreter->memory, layout->major_version, &major, sizeof(major)))
		return false;
	layout->bytecode = is_8 ? -7 * 8 : -8 * 8;
	layout->excludes_zero = !is_8 && major >= FIRST_EXCLUDING;
	if (layout->hidden_flag != JAVA_NONE)
		return layout->method_flags != JAVA_NONE;
	layout->const_hidden = !is_8;
	layout->hidden_flag = is_8 ? HIDDEN_BEFORE_9 : HIDDEN_SINCE_21;
	if (is_8)
		layout->method_flags = layout->method_intrinsic + 1;
	return is_8 || major >= 21;
}

/* Where calls are described in compiled code, to what ends that. */
static bool has_scopes(const struct java_layout *layout)
{
	if (layout->compiled_scopes != JAVA_NONE)
		return true;
	return layout->compiled_scopes_begin != JAVA_NONE &&
	       layout->compiled_pcs_end != JAVA_NONE && layout->compiled_immutable == JAVA_NONE;
}

bool java_layout_is_complete(const struct java_layout *layout)
{
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (*number_at((struct java_layout *)layout, needed[i]) == JAVA_NONE)
			return false;
	if (!layout->code_heaps && !layout->code_heap)
		return false;
	if (layout->code_heaps &&
	    (layout->array_length == JAVA_NONE || layout->array_data == JAVA_NONE))
		return false;
	if (layout->blob_code_begin == JAVA_NONE && layout->blob_code_offset == JAVA_NONE)
		return false;
	if (!has_scopes(layout))
		return false;
	if (layout->compiled_metadata == JAVA_NONE &&
	    (layout->blob_mutable_data == JAVA_NONE || layout->blob_relocation_size == JAVA_NONE))
		return false;
	return layout->pool_source != JAVA_NONE || layout->class_source != JAVA_NONE;
}

bool java_layout_read(struct interpreter *interpreter, struct java_layout *ret_layout)
{
	struct pages *pages = calloc(1, sizeof(*pages));
	struct java_layout layout;
	bool known;

	if (!pages)
		return false;
	pages->memory = interpreter->memory;
	memset(&layout, 0xff, sizeof(layout)); /* JAVA_NONE in every number */
	layout.code_heaps = layout.code_heap = layout.major_version = 0;
	layout.excludes_zero = layout.const_hidden = false;
	known = read_members(interpreter, pages, &layout) &&
		read_numbers(interpreter, pages, &type_sizes, &layout) &&
		read_numbers(interpreter, pages, &int_constants, &layout) &&
		java_layout_is_complete(&layout) && complete_layout(interpreter, &layout);
	free(pages);
	if (known)
		*ret_layout = layout;
	return known;
}
