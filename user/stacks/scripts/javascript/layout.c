/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/scripts/javascript/layout.h"

#include <stddef.h>
#include <string.h>

#include "stacks/scripts/language.h"

#define PREFIX "v8dbg_"
#define ROOT_BIAS 128 /* generated code has the Isolate's address and this in a register */

static const struct v8_version v8_versions[] = {
	{ .major = 10,
	  .minor = 2, /* Node 18 */
	  .c_entry_fp = 0x4538,
	  .function_data = 8,
	  .positions = 32,
	  .interpreted = 8,
	  .script_line = 24,
	  .scope_shift = 32,
	  .scope_function = 2,
	  .code_of = 16,
	  .code_positions = 24,
	  .code_flags = 48,
	  .code_size = 40,
	  .calls_literals = 2,
	  .calls_first = 11,
	  .calls_more = 8,
	  .opcodes = 28,
	  .bytecodes = 198,
	  .js_first = 18,
	  .js_with_bytecode = 1,
	  .js_frames = 3,
	  .begin = 3,
	  .begin_last = 3,
	  .literal = 22,
	  .repeat = V8_NONE },
	{ .major = 11,
	  .minor = 3, /* Node 20 */
	  .c_entry_fp = 0x180,
	  .function_data = 8,
	  .positions = 32,
	  .interpreted = 8,
	  .script_line = 24,
	  .scope_shift = 32,
	  .scope_function = 2,
	  .code_of = 16,
	  .code_positions = 24,
	  .code_flags = 48,
	  .code_size = 56,
	  .code_start = 40,
	  .code_stream = 32,
	  .calls_literals = 2,
	  .calls_first = 11,
	  .calls_more = 8,
	  .opcodes = 36,
	  .bytecodes = 198,
	  .js_first = 23,
	  .js_with_bytecode = 2,
	  .js_frames = 4,
	  .begin = 2,
	  .begin_last = 3,
	  .literal = 29,
	  .repeat = 35 },
	{ .major = 12,
	  .minor = 4, /* Node 22 */
	  .c_entry_fp = 0x110,
	  .function_data = 8,
	  .positions = 24,
	  .interpreted = 8,
	  .script_line = 24,
	  .scope_shift = 32,
	  .scope_function = 2,
	  .code_of = 8,
	  .code_positions = 16,
	  .code_flags = 48,
	  .code_size = 52,
	  .code_start = 40,
	  .code_stream = 32,
	  .calls_literals = 2,
	  .calls_first = 11,
	  .calls_more = 8,
	  .opcodes = 40,
	  .bytecodes = 203,
	  .js_first = 0,
	  .js_with_bytecode = 2,
	  .js_frames = 4,
	  .begin = 12,
	  .begin_last = 13,
	  .literal = 33,
	  .repeat = 39 },
	{ .major = 13,
	  .minor = 6, /* Node 24 */
	  .c_entry_fp = 0x140,
	  .function_data = 8,
	  .positions = 24,
	  .interpreted = 8,
	  .script_line = 24,
	  .scope_shift = 0,
	  .scope_function = 4,
	  .code_of = 8,
	  .code_positions = 16,
	  .code_flags = 52,
	  .code_size = 56,
	  .code_start = 40,
	  .code_stream = 32,
	  .calls_literals = 3,
	  .calls_first = 12,
	  .calls_count = 4,
	  .calls_more = 4,
	  .opcodes = 45,
	  .bytecodes = 208,
	  .js_first = 0,
	  .js_with_bytecode = 2,
	  .js_frames = 4,
	  .begin = 14,
	  .begin_last = 15,
	  .literal = 38,
	  .repeat = 44 },
};

#define AT(member) offsetof(struct v8_layout, member)

/*
 * The constants, by the beginning of their names: how a name ends is the type of the member, which
 * changes from version to version.
 */
static const struct {
	const char *name;
	size_t at;
} constants[] = {
	{ "SmiShiftSize", AT(smi_shift) },
	{ "HeapObjectTag", AT(pointer_tag) },
	{ "SystemPointerSize", AT(tagged_size) },
	{ "off_fp_context", AT(fp_context) },
	{ "off_fp_function", AT(fp_function) },
	{ "off_fp_bytecode_array", AT(fp_bytecode) },
	{ "off_fp_bytecode_offset", AT(fp_offset) },
	{ "class_Map__instance_type__", AT(map_type) },
	{ "class_JSFunction__shared__", AT(function_shared) },
	{ "class_SharedFunctionInfo__name_or_scope_info__", AT(shared_name) },
	{ "class_SharedFunctionInfo__script", AT(shared_script) },
	{ "class_SharedFunctionInfo__flags__", AT(shared_flags) },
	{ "class_Script__name__", AT(script_name) },
	{ "class_Script__source__", AT(script_source) },
	{ "class_Script__line_ends__", AT(script_line_ends) },
	{ "class_BytecodeArray__data__", AT(bytecode_data) },
	{ "class_FixedArrayBase__length__", AT(array_length) },
	{ "class_FixedArray__data__", AT(array_data) },
	{ "class_String__length__", AT(string_length) },
	{ "class_SeqOneByteString__chars__", AT(one_byte_chars) },
	{ "class_SeqTwoByteString__chars__", AT(two_byte_chars) },
	{ "class_ExternalString__resource__", AT(external_resource) },
	{ "class_ConsString__first__", AT(cons_first) },
	{ "class_ConsString__second__", AT(cons_second) },
	{ "class_SlicedString__parent__", AT(slice_parent) },
	{ "class_SlicedString__offset__", AT(slice_offset) },
	{ "class_ThinString__actual__", AT(thin_actual) },
	{ "class_Code__instruction_start__uintptr_t", AT(instructions) },
	{ "class_InstructionStream__instruction_start__", AT(instructions) },
	{ "scopeinfo_idx_first_vars", AT(scope_first) },
	{ "CodeKindBaseline", AT(kind_baseline) },
	{ "type_SharedFunctionInfo__", AT(type_shared) },
	{ "type_Script__", AT(type_script) },
	{ "type_BytecodeArray__", AT(type_bytecode) },
	{ "type_ScopeInfo__", AT(type_scope) },
	{ "type_Code__", AT(type_code) },
	{ "type_InterpreterData__", AT(type_interpreted) },
	{ "type_FixedArray__", AT(type_fixed_array) },
	{ "type_JSFunction__", AT(type_function) },
	{ "type_SharedFunctionInfoWrapper__", AT(type_shared_wrapper) },
};
#define CONSTANTS (sizeof(constants) / sizeof(constants[0]))
#define MAX_CONSTANT 0xffff

/* Where V8 has more than constants. */
enum place_of {
	OF_MAJOR,
	OF_MINOR,
	OF_BYTECODES,
	OF_OPCODES,
	PLACES,
};
static const char *const place_names[PLACES] = {
	[OF_MAJOR] = "_ZN2v88internal7Version6major_E",
	[OF_MINOR] = "_ZN2v88internal7Version6minor_E",
	[OF_BYTECODES] = "_ZN2v88internal11interpreter9Bytecodes14kBytecodeSizesE",
	[OF_OPCODES] = "_ZZN2v88internal29TranslationOpcodeOperandCountENS0_"
		       "17TranslationOpcodeEE6counts",
};

/* What is being read, in one pass through the symbols: 80,000 are exported. */
struct reading {
	const struct interpreter *interpreter;
	struct v8_layout *layout;
	bool has[CONSTANTS];
	__u64 places[PLACES]; /* addresses; 0 = there is none */
};

static __s32 *constant_of(struct v8_layout *layout, size_t number)
{
	return (__s32 *)((char *)layout + constants[number].at);
}

static void read_symbol(const char *name, __u64 value, void *ctx)
{
	struct reading *reading = ctx;

	for (size_t i = 0; i < PLACES && *name == '_'; i++)
		if (!reading->places[i] && !strcmp(name, place_names[i]))
			reading->places[i] = value + reading->interpreter->bias;
	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return;

	for (size_t i = 0; i < CONSTANTS; i++) {
		if (strncmp(name + strlen(PREFIX), constants[i].name, strlen(constants[i].name)))
			continue;
		if (reading->has[i] && strcmp(name + strlen(PREFIX), constants[i].name) != 0)
			continue; /* a longer name, such as off_fp_context_or_frame_type */
		reading->has[i] = memory_read(reading->interpreter->memory,
					      value + reading->interpreter->bias,
					      constant_of(reading->layout, i), sizeof(__s32));
	}
}

static bool read_place(const struct reading *reading, enum place_of place, __s32 *ret)
{
	return reading->places[place] &&
	       memory_read(reading->interpreter->memory, reading->places[place], ret, sizeof(*ret));
}

const struct v8_version *v8_version_find(__s32 major, __s32 minor)
{
	for (size_t i = 0; i < sizeof(v8_versions) / sizeof(v8_versions[0]); i++)
		if (v8_versions[i].major == major && v8_versions[i].minor == minor)
			return &v8_versions[i];
	return NULL;
}

/* One of several that a version has, or none. */
static bool may_lack(size_t number)
{
	return constants[number].at == AT(instructions) ||
	       constants[number].at == AT(type_shared_wrapper);
}

/* Are all constants there, and what the code of this file takes for granted? */
static bool is_as_known(const struct reading *reading)
{
	const struct v8_layout *layout = reading->layout;

	for (size_t i = 0; i < CONSTANTS; i++)
		if ((!reading->has[i] && !may_lack(i)) ||
		    *constant_of(reading->layout, i) < -MAX_CONSTANT ||
		    *constant_of(reading->layout, i) > MAX_CONSTANT)
			return false;
	return layout->smi_shift == 31 && layout->pointer_tag == V8_TAG &&
	       layout->tagged_size == 8 && layout->instructions && layout->fp_context == -8 &&
	       layout->fp_function == -16 && layout->fp_bytecode == -32 && layout->fp_offset == -40;
}

/* Tables of V8's code, which is the same for the whole version: without them some lines lack. */
static void read_code_tables(const struct reading *reading, struct v8_layout *layout)
{
	struct memory *memory = reading->interpreter->memory;
	size_t bytecodes = (size_t)layout->version->bytecodes;
	__u8 sizes[3 * V8_MAX_BYTECODES];

	if (reading->places[OF_BYTECODES] &&
	    memory_read(memory, reading->places[OF_BYTECODES], sizes, 3 * bytecodes)) {
		for (size_t i = 0; i < 3; i++)
			memcpy(layout->bytecode_sizes[i], sizes + i * bytecodes, bytecodes);
		layout->has_bytecodes = true;
	}
	layout->has_opcodes =
		reading->places[OF_OPCODES] &&
		memory_read(memory, reading->places[OF_OPCODES], layout->operands,
			    (size_t)layout->version->opcodes * sizeof(layout->operands[0]));
}

/*
 * Each code that C++ calls JavaScript by begins with these instructions, and then pushes the word
 * in question (builtins-x64.cc, Generate_JSEntryVariant).
 */
static __s32 read_c_entry(const struct reading *reading, const struct v8_layout *layout)
{
	static const unsigned char entry[] = {
		0x55,			/* push %rbp */
		0x48, 0x89, 0xe5,	/* mov %rsp,%rbp */
		0x6a, 0x02,		/* push $2 */
		0x48, 0x83, 0xec, 0x08, /* sub $8,%rsp */
		0x41, 0x54, 0x41, 0x55, /* push %r12, %r13, */
		0x41, 0x56, 0x41, 0x57, /* %r14, %r15, */
		0x53,			/* %rbx */
		0x4c, 0x8b, 0xef,	/* mov %rdi,%r13 */
		0x41, 0xff, 0xb5,	/* push OFFSET(%r13) */
	};
	struct memory *memory = reading->interpreter->memory;
	unsigned char code[sizeof(entry)];
	__u64 address;
	__s32 offset;

	/* before V8 11 it is behind a table that builds of one version have in several lengths */
	if (layout->version->major > 10 ||
	    !interpreter_address(reading->interpreter, "Builtins_JSEntry", &address) ||
	    !memory_read(memory, address, code, sizeof(code)) ||
	    memcmp(code, entry, sizeof(entry)) != 0 ||
	    !memory_read(memory, address + sizeof(entry), &offset, sizeof(offset)))
		return layout->version->c_entry_fp;
	return offset + ROOT_BIAS;
}

static bool has_places(const struct reading *reading)
{
	for (size_t i = 0; i < PLACES; i++)
		if (!reading->places[i])
			return false;
	return true;
}

bool v8_layout_read(const struct interpreter *interpreter, struct v8_layout *ret_layout)
{
	struct v8_layout layout = { .type_shared_wrapper = V8_NONE };
	struct reading reading = { .interpreter = interpreter, .layout = &layout };
	__s32 major, minor;

	interpreter_each_symbol(interpreter, /* exported= */ true, read_symbol, &reading);
	if (!has_places(&reading))
		interpreter_each_symbol(interpreter, /* exported= */ false, read_symbol, &reading);
	if (!read_place(&reading, OF_MAJOR, &major) || !read_place(&reading, OF_MINOR, &minor))
		return false;
	layout.version = v8_version_find(major, minor);
	if (!layout.version || !is_as_known(&reading))
		return false;
	read_code_tables(&reading, &layout);
	layout.c_entry_fp = read_c_entry(&reading, &layout);
	*ret_layout = layout;
	return true;
}
