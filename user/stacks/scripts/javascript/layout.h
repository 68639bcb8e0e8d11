/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout: where V8 has what in its objects. The constants that it exports for debuggers (v8dbg_*)
 * say most of it. What they do not say differs by version, and is in a table of the versions that
 * are known.
 */
#ifndef SOCKLEAK_V8_LAYOUT_H
#define SOCKLEAK_V8_LAYOUT_H

#include <linux/types.h>
#include <stdbool.h>

struct interpreter;

/* A pointer to an object has this in its lowest two bits; a small integer has 0 in the lowest. */
#define V8_TAG 1

/*
 * What the constants do not say. From V8's sources at the tag of each version: isolate-data.h and
 * thread-local-top.h (c_entry_fp), shared-function-info.tq, bytecode-array.tq, scope-info.tq,
 * script.tq, code.h and instruction-stream.h.
 */
struct v8_version {
	__u8 major, minor;
	/* Where the thread's Isolate has the frame pointer at which it left for C++. */
	__s32 c_entry_fp;
	__s32 function_data;  /* of SharedFunctionInfo, what is executed */
	__s32 positions;      /* of BytecodeArray, its table of source positions */
	__s32 interpreted;    /* of InterpreterData, its BytecodeArray */
	__s32 script_line;    /* of Script, the line at which its text begins */
	__s32 scope_shift;    /* of ScopeInfo: by how much its first word has its flags shifted */
	__s32 scope_function; /* and the type of a function's scope there */
	/* Of Code, which describes code: of what, its flags, and a table of its positions. */
	__s32 code_of, code_positions, code_flags;
	__s32 code_size, code_start; /* 0 = the instructions follow Code itself */
	__s32 code_stream;	     /* else: the object that they are in */
	/*
	 * What optimized code knows of its calls: literals, and the first call. Then where the
	 * table of its calls has their number, and the bytes that the compiler that optimizes less
	 * has between what the calls are like and the first one.
	 */
	__s32 calls_literals, calls_first, calls_count, calls_more;
	/*
	 * How a call's functions are described: how many opcodes there are; those of functions
	 * are `js_frames` in a row, of which the first `js_with_bytecode` have bytecode; those that
	 * begin a description; the one that has a literal; the last one repeats another description
	 * (V8_NONE: none does).
	 */
	__s32 opcodes, bytecodes;
	__s32 js_first, js_with_bytecode, js_frames, begin, begin_last, literal, repeat;
};
#define V8_NONE (-1)
#define V8_MAX_BYTECODES 256
#define V8_MAX_OPCODES 64

/* What the constants say. All are bytes, but types, and counted from an untagged address. */
struct v8_layout {
	const struct v8_version *version;
	__s32 smi_shift, pointer_tag, tagged_size;
	__s32 c_entry_fp; /* as in the version, but by the build's own code, if that has a symbol */
	__s32 fp_context, fp_function, fp_bytecode, fp_offset;
	__s32 map_type;
	__s32 function_shared;
	__s32 shared_name, shared_script, shared_flags;
	__s32 script_name, script_source, script_line_ends;
	__s32 bytecode_data;
	__s32 array_length, array_data;
	__s32 string_length, one_byte_chars, two_byte_chars, external_resource;
	__s32 cons_first, cons_second, slice_parent, slice_offset, thin_actual;
	__s32 scope_first; /* words before a scope's variables */
	__s32 instructions;
	__s32 kind_baseline;
	__s32 type_shared, type_script, type_bytecode, type_scope, type_code, type_interpreted;
	__s32 type_fixed_array, type_function;
	__s32 type_shared_wrapper; /* V8_NONE: it has none */
	/* What the constants do not say either, but its code's own tables: of each bytecode the
	   bytes, by how wide its operands are; of each opcode of the version the operands. */
	bool has_bytecodes, has_opcodes;
	__u8 bytecode_sizes[3][V8_MAX_BYTECODES];
	__s32 operands[V8_MAX_OPCODES];
};

/* False: the version is not known. */
bool v8_layout_read(const struct interpreter *interpreter, struct v8_layout *ret_layout);

/* NULL: it is not known. */
const struct v8_version *v8_version_find(__s32 major, __s32 minor);

#endif /* SOCKLEAK_V8_LAYOUT_H */
